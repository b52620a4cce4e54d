"""The direct way in: the same answers and the same rows as the long way, without a task a request."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import pytest
import pytest_asyncio
import uvicorn
from tests.chaos.rooms import Room, make_project, open_room, workflow

from tapbot.api.direct import DirectWay
from tapbot.api.edge import WebhookEdge
from tapbot.api.middleware import SAFE_HEADERS
from tapbot.app.listening import QuietServer, listen
from tapbot.app.web import configure
from tapbot.storage.database import DatabaseBusy

pytestmark = pytest.mark.asyncio(loop_scope="module")

LONG_WAY = "Idempotency-Key: "
"""A header that makes a request go the long way, and changes nothing when it is empty."""


def hook(path: str, **parameters: Any) -> dict[str, Any]:
    given = {"path": path, "httpMethod": "POST", "responseMode": "lastNode", **parameters}
    return {"name": "Hook", "type": "n8n-nodes-base.webhook", "typeVersion": 2, "parameters": given}


def field(name: str, value: str, kind: str = "object") -> dict[str, Any]:
    return {"id": name, "name": name, "value": value, "type": kind}


def setting(*fields: dict[str, Any]) -> dict[str, Any]:
    parameters = {"assignments": {"assignments": list(fields)}, "options": {}}
    return {"name": "Echo", "type": "n8n-nodes-base.set", "typeVersion": 3.4, "parameters": parameters}


ECHO = setting(field("body", "={{ $json.body }}"), field("query", "={{ $json.query }}"))
FAR = setting(field("headers", "={{ $json.headers }}"), field("url", "={{ $json.webhookUrl }}", "string"))
SCRIPT = setting(field("body", "={{ Object.keys($json.body).map((name) => name.toUpperCase()) }}", "array"))
SOMETIMES = setting(field("body", "={{ $json.body.amount * 2 }}", "number"))
FAILING = {
    "name": "Stop", "type": "n8n-nodes-base.stopAndError", "typeVersion": 1, "parameters": {"errorMessage": "no"},
}  # fmt: skip


class Watched:
    """A direct way that counts what it takes."""

    def __init__(self, inner: DirectWay) -> None:
        self.taken: list[bool] = []
        self._inner = inner

    def take(self, *given: Any) -> bool:
        self.taken.append(self._inner.take(*given))
        return self.taken[-1]


@dataclass
class House:
    room: Room
    port: int
    direct: Watched
    server: uvicorn.Server

    async def send(self, *pieces: bytes, answers: int = 1) -> bytes:
        """What comes back until so many answers are whole, or the server closes the connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.02)
        answer = b""
        without_body = pieces[0].startswith(b"HEAD")
        while _count_whole(answer, without_body) < answers and (part := await asyncio.wait_for(reader.read(65536), 30)):
            answer += part
        writer.close()
        return answer

    async def ask(self, path: str, body: object = None, *headers: str, method: str = "POST") -> tuple[bytes, bool]:
        """The answer, and whether it was given directly."""
        self.direct.taken.clear()
        answer = await self.send(request(path, body, *headers, method=method))
        return answer, self.direct.taken == [True]


def _count_whole(answers: bytes, without_body: bool) -> int:
    """Answers that came to their end; those to HEAD, and 100 Continue, have no body."""
    count = 0
    while b"\r\n\r\n" in answers:
        head, _, rest = answers.partition(b"\r\n\r\n")
        found = re.search(rb"content-length: (\d+)", head.lower())
        length = int(found[1]) if found and not without_body else 0
        if len(rest) < length:
            break
        answers = rest[length:]
        count += b" 100 " not in head
    return count


def request(path: str, body: object = None, *headers: str, method: str = "POST") -> bytes:
    content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json"]
    return "\r\n".join([*lines, f"Content-Length: {len(content)}", *headers, "", ""]).encode() + content


def parts(answer: bytes) -> tuple[str, dict[str, str], bytes]:
    """Status line, headers that do not change from request to request, and body."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return status, {name: value for name, value in headers.items() if name not in {"date", "x-request-id"}}, body


@asynccontextmanager
async def serving(room: Room) -> AsyncIterator[House]:
    api = cast(WebhookEdge, room.api)
    watched = Watched(api.direct)
    api.direct = cast(DirectWay, watched)
    listening = listen("127.0.0.1", 0)
    server: uvicorn.Server = QuietServer(configure(api, room.app.settings))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve([listening]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield House(room, listening.getsockname()[1], watched, server)
        server.should_exit = True


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    home = tmp_path_factory.mktemp("direct")
    flows = [
        workflow("echo", [hook("echo"), ECHO]),
        workflow("any", [hook("any", multipleMethods=True, httpMethod=["GET", "HEAD", "POST"])]),
        workflow("far", [hook("far"), FAR]),
        workflow("script", [hook("script"), SCRIPT]),
        workflow("sometimes", [hook("sometimes"), SOMETIMES]),
        workflow("failing", [hook("failing"), FAILING]),
        workflow("parts", [hook("orders/:order"), ECHO]),
        workflow("early", [hook("early", responseMode="onReceived")]),
        workflow("bots", [hook("bots", options={"ignoreBots": True}), ECHO]),
    ]
    async with (
        open_room(make_project(home / "project", flows, {}), home / "data", server={"body_limit_bytes": 5000}) as room,
        serving(room) as made,
    ):
        yield made


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/webhook/echo", {"n": 1}),
        ("/webhook/echo?a=1&a=2&b=%D3%99", {"name": "Әсел"}),
        ("/p/project/dev/webhook/echo", [1, 2]),
        ("/webhook/echo", b""),
        ("/webhook/echo", b"{"),
        ("/webhook/failing", {"n": 1}),
        ("/webhook/sometimes", {"amount": 21}),
    ],
)
async def test_it_answers_as_the_long_way_does(house: House, path: str, body: object) -> None:
    if path.startswith("/p/"):
        scope = house.room.served.scope
        path = f"/p/{scope.project_id}/{scope.environment}/webhook/echo"
    direct, taken = await house.ask(path, body)
    long, not_taken = await house.ask(path, body, LONG_WAY)
    assert (taken, not_taken) == (True, False)
    status, headers, said = parts(direct)
    assert (status, headers, said) == parts(long)
    assert b"x-request-id: " in direct.lower()
    assert all(name.lower() in headers for name in SAFE_HEADERS)


async def test_it_keeps_the_same_row(house: House) -> None:
    await house.ask("/webhook/echo", {"same": "row"})
    await house.ask("/webhook/echo", {"same": "row"}, LONG_WAY)
    columns = "status, mode, trigger_node, output, reply, error, attempt, begun, priority"
    query = f"SELECT {columns} FROM runs WHERE workflow_id = 'echo' ORDER BY created_at DESC LIMIT 2"  # noqa: S608
    first, second = await house.room.rows(query)
    assert first == second
    told = await house.room.rows("SELECT kind, data FROM events WHERE kind = 'run' ORDER BY event_id DESC LIMIT 2")
    assert told[0] == told[1]


@pytest.mark.parametrize(
    ("path", "headers", "method"),
    [
        ("/webhook/script", (), "POST"),
        ("/webhook/early", (), "POST"),
        ("/webhook/orders/7", (), "POST"),
        ("/webhook/%65cho", (), "POST"),
        ("/webhook/echo/", (), "POST"),
        ("/webhook/nothing", (), "POST"),
        ("/webhook/any", (), "HEAD"),
        ("/webhook/echo", ("Origin: https://shop.example",), "POST"),
        ("/webhook/echo", ("Idempotency-Key: 7",), "POST"),
        ("/webhook/echo", ("Expect: 100-continue",), "POST"),
        ("/webhook/echo", ("Connection: close",), "POST"),
    ],
)
async def test_what_is_out_of_the_ordinary_goes_the_long_way(
    house: House, path: str, headers: tuple[str, ...], method: str
) -> None:
    answer, taken = await house.ask(path, {} if method == "POST" else None, *headers, method=method)
    assert not taken
    assert answer.startswith(b"HTTP/1.1 ")


async def test_a_value_that_is_not_plain_goes_the_long_way_with_the_same_request(house: House) -> None:
    answer, taken = await house.ask("/webhook/sometimes", {"amount": "x"})
    assert not taken
    assert answer.startswith(b"HTTP/1.1 ")
    count = "SELECT count(*) FROM runs WHERE workflow_id = 'sometimes'"
    before = (await house.room.rows(count))[0][0]
    await house.ask("/webhook/sometimes", {"amount": "x"})
    assert (await house.room.rows(count))[0][0] == before + 1


async def test_requests_in_pieces_and_in_a_row_are_answered_in_order(house: House) -> None:
    whole = request("/webhook/echo", {"n": 1})
    in_pieces = await house.send(whole[:20], whole[20:-5], whole[-5:])
    assert parts(in_pieces)[2] == parts(await house.send(whole))[2]
    three = b"".join(request("/webhook/echo", {"n": number}) for number in range(3))
    answers = await house.send(three, answers=3)
    assert answers.count(b"HTTP/1.1 200") == 3
    assert [answers.index(b'"n":%d' % number) for number in range(3)] == sorted(
        answers.index(b'"n":%d' % number) for number in range(3)
    )
    called = [("echo", {"n": 1}), ("script", {"b": 2}), ("echo", {"n": 3})]
    answers = await house.send(b"".join(request(f"/webhook/{name}", body) for name, body in called), answers=3)
    assert answers.index(b'"n":1') < answers.index(b'"B"') < answers.index(b'"n":3')


async def test_a_large_body_goes_the_long_way_and_is_refused_at_its_limit(house: House) -> None:
    answer, taken = await house.ask("/webhook/echo", {"text": "x" * 6000})
    assert not taken
    assert b" 413 " in answer.split(b"\r\n")[0]


async def test_a_strange_host_and_a_crawler_are_refused(house: House) -> None:
    strange = request("/webhook/echo", {}).replace(b"Host: localhost", b"Host: elsewhere.example")
    assert b"api.unknown_host" in await house.send(strange)
    refused, taken = await house.ask("/webhook/bots", {}, "User-Agent: nice-crawler")
    assert taken
    assert b" 403 " in refused.split(b"\r\n")[0]


async def test_what_a_trusted_proxy_says_counts(house: House) -> None:
    answer, taken = await house.ask("/webhook/far", {}, "X-Forwarded-Proto: https", "X-Forwarded-For: 203.0.113.7")
    assert taken
    assert json.loads(parts(answer)[2])["url"] == "https://localhost/webhook/far"
    assert "strict-transport-security" in parts(answer)[1]


async def test_a_database_that_takes_nothing_is_said_and_counts_nobody_as_in_flight(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_given: object, **_named: object) -> None:
        raise DatabaseBusy("too much waits", retry_after_seconds=1)

    with monkeypatch.context() as patch:
        patch.setattr(house.room.app.database, "hand_in", refuse)
        answers = await house.send(
            request("/webhook/echo", {}) * 510, answers=510
        )  # were they counted, some would get a 429
    assert answers.count(b"HTTP/1.1 503 ") == answers.lower().count(b"retry-after: ") == 510
    again, _ = await house.ask("/webhook/echo", {})
    assert b" 200 " in again.split(b"\r\n")[0]


async def test_somebody_who_hangs_up_harms_nobody(house: House) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(request("/webhook/echo", {"gone": True}))
    await writer.drain()
    writer.transport.abort()
    del reader
    answer, _ = await house.ask("/webhook/echo", {"n": 1})
    assert b" 200 " in answer.split(b"\r\n")[0]


async def test_a_request_that_is_on_its_way_when_the_server_ends_is_answered(house: House) -> None:
    whole = request("/webhook/echo", {"late": True})
    async with serving(house.room) as ending:
        reader, writer = await asyncio.open_connection("127.0.0.1", ending.port)
        writer.write(whole[:-4])
        await writer.drain()
        await asyncio.sleep(0.1)
        ending.server.should_exit = True
        await asyncio.sleep(0.3)
        writer.write(whole[-4:])
        answer = await asyncio.wait_for(reader.read(), 30)
        writer.close()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b'"late":true' in answer
    assert b"connection: close" in answer.lower()
