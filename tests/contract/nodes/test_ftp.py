"""FTP and SFTP against real servers (pyftpdlib with and without MLSD, OpenSSH): one suite for all."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.contract.nodes.bench import HERE, Bench, around, outputs_of, prepare
from tests.servers.ftpd import FtpServer as Ftpd
from tests.servers.sshd import SshdServer

from tapbot.errors import LimitExceeded, UpstreamRejected, UpstreamUnavailable
from tapbot.nodes.ftp.node import FtpParams, step_kind
from tapbot.upstream import OutgoingPolicy
from tapbot.upstream.ftp import FtpServer, open_ftp
from tapbot.upstream.remote_files import Entry, read_facts, read_line
from tapbot.workflow.types import StepKind

pytestmark = pytest.mark.asyncio(loop_scope="package")
FILE = {"data": base64.b64encode(b"\x00\xff").decode(), "mimeType": "application/octet-stream", "fileName": "a.bin"}
NOW = datetime(2026, 3, 5, 4, 30, tzinfo=UTC)


@dataclass
class Place:
    """A server of one of the protocols, and a folder that it shows."""

    protocol: str
    fields: dict[str, str]
    folder: Path
    root: str


@pytest.fixture(params=["ftpd", "old_ftpd", "sshd"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "sshd":
        sshd: SshdServer = request.getfixturevalue("sshd")
        fields = {"host": "127.0.0.1", "port": str(sshd.port), "username": sshd.user, "privateKey": sshd.private_key}
        yield Place("sftp", fields, tmp_path, str(tmp_path))
        return
    ftpd: Ftpd = request.getfixturevalue(request.param)
    folder = ftpd.folder / tmp_path.name
    folder.mkdir()
    fields = {"host": "127.0.0.1", "port": str(ftpd.port), "username": "aya", "password": ftpd.password}
    yield Place("ftp", fields, folder, f"/{tmp_path.name}")


async def run(bench: Bench, place: Place, parameters: dict[str, Any], *items: Any, **more: Any) -> Any:
    settings = {"credentials": await bench.enter({place.protocol: place.fields}), **more}
    given = [item if "binary" in item else {"json": item} for item in items or [{}]]
    case = {"parameters": {"protocol": place.protocol, **parameters}, "settings": settings, "inputs": [given]}
    return await bench.run(prepare(around("n8n-nodes-base.ftp", case)), "Start", [{"json": {}}])


async def items(bench: Bench, place: Place, parameters: dict[str, Any], *given: Any, **more: Any) -> Any:
    outcome = await run(bench, place, parameters, *given, **more)
    assert outcome.error is None, outcome.error
    return outputs_of(outcome, "Node")[0]


async def test_files_are_sent_fetched_listed_renamed_and_deleted(bench: Bench, place: Place) -> None:
    upload = {"operation": "upload", "path": f"={place.root}/жаңа/{{{{ $json.n }}}}.bin"}
    given = [{"json": {"n": number}, "binary": {"data": FILE}} for number in (1, 2)]
    assert [item["json"] for item in await items(bench, place, upload, *given)] == [{"n": 1}, {"n": 2}]
    text = {"operation": "upload", "path": f"{place.root}/a b.txt", "binaryData": False, "fileContent": "сәлем"}
    await items(bench, place, text)
    assert (place.folder / "жаңа" / "2.bin").read_bytes() == b"\x00\xff"
    assert (place.folder / "a b.txt").read_text("utf-8") == "сәлем"

    [got] = await items(bench, place, {"path": f"{place.root}/a b.txt", "binaryPropertyName": "file"}, {"kept": 1})
    assert (got["json"], got["binary"]["file"]["fileName"]) == ({"kept": 1}, "a b.txt")
    assert base64.b64decode(got["binary"]["file"]["data"]).decode() == "сәлем"

    listed = [item["json"] for item in await items(bench, place, {"operation": "list", "path": place.root})]
    assert [(one["type"], one["name"], one["path"]) for one in listed] == [
        ("-", "a b.txt", f"{place.root}/a b.txt"),
        ("d", "жаңа", f"{place.root}/жаңа"),
    ]
    assert (listed[0]["size"], listed[0]["rights"]["user"]) == (10, "rw")
    assert listed[0]["modifyTime"].endswith("Z")
    everything = await items(bench, place, {"operation": "list", "path": place.root, "recursive": True})
    assert [item["json"]["name"] for item in everything] == ["a b.txt", "жаңа", "1.bin", "2.bin"]

    rename = {"operation": "rename", "oldPath": f"{place.root}/a b.txt", "newPath": f"{place.root}/x/y/c.txt"}
    assert "error" in (await items(bench, place, rename, onError="continueRegularOutput"))[0]["json"]
    made = await items(bench, place, {**rename, "options": {"createDirectories": True}})
    assert made[0]["json"] == {"success": True}
    assert (place.folder / "x" / "y" / "c.txt").exists()

    await items(bench, place, {"operation": "delete", "path": f"{place.root}/x/y/c.txt"})
    assert not (place.folder / "x" / "y" / "c.txt").exists()
    folder = {"operation": "delete", "path": f"{place.root}/жаңа", "options": {"folder": True}}
    assert (await run(bench, place, folder)).error is not None, "it is not empty"
    await items(bench, place, {**folder, "options": {"folder": True, "recursive": True}})
    assert not (place.folder / "жаңа").exists()


async def test_a_link_is_told_and_not_followed(bench: Bench, place: Place, tmp_path_factory: Any) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "kept").write_text("x")
    (place.folder / "in").mkdir()
    (place.folder / "in" / "link").symlink_to(outside)
    if place.protocol == "ftp":
        pytest.skip("this server hides links that lead outside")
    listed = await items(bench, place, {"operation": "list", "path": place.root, "recursive": True})
    assert [item["json"]["type"] for item in listed] == ["d", "l"]
    delete = {"operation": "delete", "path": f"{place.root}/in", "options": {"folder": True, "recursive": True}}
    await items(bench, place, delete)
    assert (outside / "kept").exists()


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({"operation": "list", "path": " "}, "'path' is missing"),
        ({"operation": "rename", "oldPath": "a"}, "'newPath' is missing"),
        ({"operation": "download", "path": "no/such"}, "o such "),
        ({"operation": "list", "path": "/no/such"}, "o such "),
        ({"operation": "delete", "path": "no/such"}, "o such "),
        ({"operation": "upload", "path": "/x"}, "binary file 'data'"),
    ],
)
async def test_what_does_not_fit_is_named(bench: Bench, place: Place, parameters: dict[str, Any], problem: str) -> None:
    outcome = await run(bench, place, parameters)
    assert outcome.error is not None
    assert problem in outcome.error["message"], outcome.error


async def test_a_path_is_one_line(bench: Bench, ftpd: Ftpd) -> None:
    fields = {"host": "127.0.0.1", "port": str(ftpd.port), "username": "aya", "password": ftpd.password}
    place = Place("ftp", fields, ftpd.folder, "/")
    (ftpd.folder / "victim").write_text("x")
    outcome = await run(bench, place, {"path": "={{ 'a\\r\\nDELE victim' }}"})
    assert "stands on one line" in outcome.error["message"]
    assert (ftpd.folder / "victim").exists()


async def test_an_item_that_fails_does_not_stop_the_others(bench: Bench, place: Place) -> None:
    (place.folder / "here").write_text("x")
    download = {"path": f"={place.root}/{{{{ $json.f }}}}"}
    made = await items(bench, place, download, {"f": "away"}, {"f": "here"}, onError="continueRegularOutput")
    assert "o such " in made[0]["json"]["error"]
    assert made[1]["json"] == {"f": "here"}


async def test_whoever_may_not_log_in_and_who_is_not_there(bench: Bench, place: Place) -> None:
    listing = {"operation": "list", "path": place.root}
    refused = Place(place.protocol, {**place.fields, "username": "nobody1"}, place.folder, place.root)
    told = (await run(bench, refused, listing)).error["message"]
    assert told == f"{'FTP' if place.protocol == 'ftp' else 'SSH'} did not accept the credential 'case'."
    for port, problem in (("1", "could not be reached"), ("x", "is none")):
        away = Place(place.protocol, {**place.fields, "port": port}, place.folder, place.root)
        assert problem in (await run(bench, away, listing)).error["message"]


async def test_limits_hold_and_the_connection_goes_on(ftpd: Ftpd) -> None:
    server = FtpServer("127.0.0.1", ftpd.port, "aya", ftpd.password, name="case")
    with pytest.raises(UpstreamRejected, match="private or reserved"):
        async with open_ftp(OutgoingPolicy(), server, silence_seconds=5):
            pass
    (ftpd.folder / "large").write_bytes(b"x" * 3_000_000)
    (ftpd.folder / "small").write_bytes(b"y")
    async with open_ftp(HERE, server, silence_seconds=5) as files:
        with pytest.raises(LimitExceeded, match="more than 1000 bytes"):
            await files.read("/large", limit_bytes=1000)
        assert await files.read("/small", limit_bytes=1000) == b"y"


async def test_a_server_that_is_silent_or_hangs_up_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        nobody = FtpServer("127.0.0.1", silent.getsockname()[1], "a", "b")
        with pytest.raises(UpstreamUnavailable, match="broke off"):
            async with open_ftp(HERE, nobody, silence_seconds=0.2):
                pass

    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        gone = FtpServer("127.0.0.1", server.sockets[0].getsockname()[1], "a", "b")
        with pytest.raises(UpstreamUnavailable, match="broke off"):
            async with open_ftp(HERE, gone, silence_seconds=5):
                pass


@pytest.mark.parametrize(
    ("line", "entry"),
    [
        ("-rw-r--r--   1 aya  users  12 Mar  4 09:30 a b.txt",
         Entry("a b.txt", "-", 12, datetime(2026, 3, 4, 9, 30, tzinfo=UTC), None, "rw-r--r--", "aya", "users")),
        ("drwxr-xr-x   2 0    0    4096 Dec 31 23:59 x",
         Entry("x", "d", 4096, datetime(2025, 12, 31, 23, 59, tzinfo=UTC), None, "rwxr-xr-x", "0", "0")),
        ("lrwxrwxrwx   1 0    0       4 Jan  1  2020 l -> there",
         Entry("l", "l", 4, datetime(2020, 1, 1, tzinfo=UTC), None, "rwxrwxrwx", "0", "0")),
        ("03-04-26  09:30PM       <DIR>          Мои файлы",
         Entry("Мои файлы", "d", 0, datetime(2026, 3, 4, 21, 30, tzinfo=UTC))),
        ("03-04-2026  09:30AM             1024 a.txt",
         Entry("a.txt", "-", 1024, datetime(2026, 3, 4, 9, 30, tzinfo=UTC))),
        ("total 12", None),
        ("drwxr-xr-x 2 0 0 4096 Jan  1  2020 ..", None),
    ],
)  # fmt: skip
async def test_lines_of_old_servers_are_read(line: str, entry: Entry | None) -> None:
    assert read_line(line, NOW) == entry


async def test_facts_are_read() -> None:
    facts = {"type": "file", "size": "7", "modify": "20260304093000.123", "unix.mode": "0640"}
    moment = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
    assert read_facts("a", facts) == Entry("a", "-", 7, moment, None, "rw-r-----")
    assert read_facts(".", {"type": "cdir"}) is None
    assert read_facts("x", {"type": "OS.unix=symlink"}) == Entry("x", "l", 0)


async def test_only_what_comes_to_the_same_may_run_twice() -> None:
    kinds = {name: step_kind(FtpParams.model_validate({"operation": name})) for name in ("list", "upload", "delete")}
    assert kinds == {"list": StepKind.SAFE, "upload": StepKind.SAFE, "delete": StepKind.NEVER}
