"""SSH against a real server (OpenSSH), and against one with passwords."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from tests.contract.nodes.bench import HERE, Bench, around, outputs_of, prepare
from tests.servers.sshd import SshdServer

from tapbot.errors import LimitExceeded, UpstreamRejected, UpstreamUnavailable
from tapbot.nodes.ssh.node import SshParams, step_kind
from tapbot.upstream import OutgoingPolicy
from tapbot.upstream.ssh import SshServer, open_ssh, read_file, run_on_server
from tapbot.workflow.types import StepKind

pytestmark = pytest.mark.asyncio(loop_scope="package")
FILE = {"data": base64.b64encode(b"\x00\xff").decode(), "mimeType": "application/octet-stream", "fileName": "a b.bin"}


@pytest.fixture
def place(sshd: SshdServer) -> dict[str, str]:
    """A credential with a key."""
    where = {"host": "127.0.0.1", "port": str(sshd.port), "username": sshd.user}
    return {**where, "privateKey": sshd.private_key, "hostKey": sshd.host_key}


async def run(bench: Bench, place: dict[str, str], parameters: dict[str, Any], *items: Any, **more: Any) -> Any:
    kind = "sshPassword" if "privateKey" not in place else "sshPrivateKey"
    settings = {"credentials": await bench.enter({kind: place}), **more}
    how = "password" if kind == "sshPassword" else "privateKey"
    given = [item if "binary" in item else {"json": item} for item in items or [{}]]
    case = {"parameters": {"authentication": how, **parameters}, "settings": settings, "inputs": [given]}
    return await bench.run(prepare(around("n8n-nodes-base.ssh", case)), "Start", [{"json": {}}])


async def items(bench: Bench, place: dict[str, str], parameters: dict[str, Any], *given: Any, **more: Any) -> Any:
    outcome = await run(bench, place, parameters, *given, **more)
    assert outcome.error is None, outcome.error
    return outputs_of(outcome, "Node")[0]


async def test_commands_run_in_their_folder_and_tell_how_they_ended(
    bench: Bench, place: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "it's here"
    folder.mkdir()
    command = "pwd; echo {{ $json.n }} сәлем >&2; exit {{ $json.n }}"
    made = await items(bench, place, {"command": f"={command}", "cwd": str(folder)}, {"n": 0}, {"n": 3})
    assert [item["json"] for item in made] == [
        {"code": 0, "signal": None, "stdout": str(folder), "stderr": "0 сәлем"},
        {"code": 3, "signal": None, "stdout": str(folder), "stderr": "3 сәлем"},
    ]
    [home] = await items(bench, place, {"command": "pwd", "cwd": "~"})
    assert home["json"]["stdout"] == str(Path.home())
    [root] = await items(bench, place, {"command": "pwd"})
    assert root["json"]["stdout"] == "/"


async def test_nothing_runs_where_the_folder_is_not_there(bench: Bench, place: dict[str, str], tmp_path: Path) -> None:
    [item] = await items(bench, place, {"command": f"touch {tmp_path}/made", "cwd": "/no/such; true"})
    assert item["json"]["code"] == 1
    assert not (tmp_path / "made").exists()
    [killed] = await items(bench, place, {"command": "kill -9 $$"})
    assert (killed["json"]["code"], killed["json"]["signal"]) == (None, "KILL")


async def test_files_are_sent_and_fetched(bench: Bench, place: dict[str, str], tmp_path: Path) -> None:
    upload = {"resource": "file", "operation": "upload", "path": str(tmp_path)}
    item = {"json": {"id": 1}, "binary": {"data": FILE}}
    assert [made["json"] for made in await items(bench, place, upload, item)] == [{"success": True}]
    assert (tmp_path / "a b.bin").read_bytes() == b"\x00\xff"
    await items(bench, place, {**upload, "options": {"fileName": "../../other.bin"}}, item)
    assert (tmp_path / "other.bin").exists(), "a name is no path"
    download = {"resource": "file", "operation": "download", "path": f"={tmp_path}/{{{{ $json.f }}}}"}
    [got] = await items(bench, place, download, {"f": "a b.bin"})
    assert (got["json"], got["binary"]["data"]["fileName"]) == ({"f": "a b.bin"}, "a b.bin")
    assert base64.b64decode(got["binary"]["data"]["data"]) == b"\x00\xff"
    renamed = {**download, "binaryPropertyName": "file", "options": {"fileName": "c.txt"}}
    [got] = await items(bench, place, renamed, {"f": "other.bin"})
    assert got["binary"]["file"]["fileName"] == "c.txt"


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({"command": " "}, "'command' is missing"),
        ({"resource": "file", "operation": "download"}, "'path' is missing"),
        ({"resource": "file", "operation": "execute", "path": "/"}, "has no operation"),
        ({"command": "x", "operation": "upload"}, "has no operation"),
        ({"resource": "file", "operation": "download", "path": "/no/such"}, "No such file"),
        ({"resource": "file", "operation": "download", "path": "/"}, "SFTP: "),
        ({"resource": "file", "operation": "upload", "path": "/"}, "binary file 'data'"),
    ],
)
async def test_what_does_not_fit_is_named(
    bench: Bench, place: dict[str, str], parameters: dict[str, Any], problem: str
) -> None:
    outcome = await run(bench, place, parameters)
    assert outcome.error is not None
    assert problem in outcome.error["message"], outcome.error


async def test_an_item_that_fails_does_not_stop_the_others(bench: Bench, place: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "here").write_text("x")
    download = {"resource": "file", "operation": "download", "path": f"={tmp_path}/{{{{ $json.f }}}}"}
    given = ({"f": "away"}, {"f": "here"})
    made = await items(bench, place, download, *given, onError="continueRegularOutput")
    assert "No such file" in made[0]["json"]["error"]
    assert made[1]["json"] == {"f": "here"}


async def test_another_server_than_the_one_that_is_meant_is_refused(bench: Bench, place: dict[str, str]) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    outcome = await run(bench, {**place, "hostKey": other}, {"command": "true"})
    assert "has another key than the credential 'case' says" in outcome.error["message"]
    trusting = {name: value for name, value in place.items() if name != "hostKey"}
    [item] = await items(bench, trusting, {"command": "echo in"})
    assert item["json"]["stdout"] == "in"


async def test_whoever_may_not_log_in_and_who_is_not_there(bench: Bench, place: dict[str, str]) -> None:
    stranger = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    for refused in ({**place, "privateKey": stranger}, {**place, "username": "nobody1"}):
        outcome = await run(bench, refused, {"command": "true"})
        assert outcome.error["message"] == "SSH did not accept the credential 'case'."
    assert "cannot be read" in (await run(bench, {**place, "privateKey": "x"}, {"command": "true"})).error["message"]
    assert "could not be reached" in (await run(bench, {**place, "port": "1"}, {"command": "true"})).error["message"]
    assert "is none" in (await run(bench, {**place, "port": "x"}, {"command": "true"})).error["message"]
    folded = {**place, "privateKey": place["privateKey"].replace("\n", "\\n")}
    assert (await items(bench, folded, {"command": "true"}))[0]["json"]["code"] == 0


class Passwords(asyncssh.SSHServer):
    """Lets in one user, by password."""

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("aya", "құпия 1")


async def talk(process: Any) -> None:
    process.stdout.write("hello")
    process.exit(0)


@asynccontextmanager
async def password_server() -> AsyncIterator[int]:
    key = asyncssh.generate_private_key("ssh-ed25519")
    listening = await asyncssh.listen(
        "127.0.0.1", 0, server_factory=Passwords, server_host_keys=[key], process_factory=talk
    )
    async with listening:
        yield listening.get_port()


async def test_a_password_opens_too(bench: Bench) -> None:
    async with password_server() as port:
        place = {"host": "127.0.0.1", "port": str(port), "username": "aya", "password": "құпия 1"}
        [item] = await items(bench, place, {"command": "true"})
        assert item["json"]["stdout"] == "hello"
        outcome = await run(bench, {**place, "password": "hidden1"}, {"command": "true"})
        assert outcome.error["message"] == "SSH did not accept the credential 'case'."


async def test_limits_hold(sshd: SshdServer, tmp_path: Path) -> None:
    server = SshServer("127.0.0.1", sshd.port, sshd.user, private_key=sshd.private_key, name="case")
    with pytest.raises(UpstreamRejected, match="private or reserved"):
        async with open_ssh(OutgoingPolicy(), server, timeout_seconds=5):
            pass
    async with open_ssh(HERE, server, timeout_seconds=5) as connection:
        with pytest.raises(LimitExceeded, match="wrote more than 1000 bytes"):
            await run_on_server(connection, "yes", limit_bytes=1000, timeout_seconds=5)
        with pytest.raises(LimitExceeded, match=r"longer than 0\.2 s"):
            await run_on_server(connection, "sleep 60", limit_bytes=1000, timeout_seconds=0.2)
        (tmp_path / "large").write_bytes(b"x" * 2000)
        async with connection.start_sftp_client() as files:
            with pytest.raises(LimitExceeded, match="more than 1000 bytes"):
                await read_file(files, str(tmp_path / "large"), limit_bytes=1000)


async def test_a_server_that_is_silent_or_no_ssh_server_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        nobody = SshServer("127.0.0.1", silent.getsockname()[1], "a", "b")
        with pytest.raises(UpstreamUnavailable, match="broke off"):
            async with open_ssh(HERE, nobody, timeout_seconds=0.2):
                pass

    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        gone = SshServer("127.0.0.1", server.sockets[0].getsockname()[1], "a", "b")
        with pytest.raises(UpstreamUnavailable, match="broke off"):
            async with open_ssh(HERE, gone, timeout_seconds=5):
                pass


async def test_a_command_is_never_repeated_and_a_file_may_be() -> None:
    assert step_kind(SshParams()) is StepKind.NEVER
    assert step_kind(SshParams(resource="file", operation="upload")) is StepKind.SAFE
