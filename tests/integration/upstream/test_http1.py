"""Answers as servers write them, well and badly, and requests that may not be written."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest
from tests.integration.upstream.conftest import Serve

from tapbot.errors import LimitExceeded, TapbotError, UpstreamUnavailable
from tapbot.upstream import HttpClient, OutgoingPolicy, guarded_client, request
from tapbot.upstream.transport import GuardedTransport, resolve_name

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    async with guarded_client(OutgoingPolicy(allow_private_network=True)) as client:
        yield client


async def ask(http: HttpClient, url: str, method: str = "GET", seconds: float = 2, **sent: object) -> httpx2.Response:
    return await request(http, method, url, service="Shop", timeout_seconds=seconds, **sent)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answer", "body", "kept"),
    [
        (CHUNKED + b"3\r\nabc\r\n2;note=1\r\nde\r\n0\r\nSum: 5\r\n\r\n", "abcde", True),
        (b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + HEAD + b"Content-Length: 2\r\n\r\nok", "ok", True),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", "", True),
        (HEAD + b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "abc", False),
        (CHUNKED + b"3 \r\nabc\r\n0\r\n\r\n", "abc", True),
        (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", "ok", True),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 900\r\n\r\n", "", True),
        (HEAD + b"Content-Length: 2\r\nConnection: close\r\n\r\nok", "ok", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok", False),
        (HEAD + b"Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", "ok", False),
        (HEAD + b"Content-Length: 2\r\n\r\nok and more", "ok", False),
    ],
)
async def test_an_answer_is_read_to_its_end_and_its_connection_kept_only_when_that_is_clean(
    serve: Serve, http: HttpClient, answer: bytes, body: str, kept: bool
) -> None:
    async def write(_head: bytes, writer: asyncio.StreamWriter) -> None:
        for place in range(len(answer)):  # as slowly as can be
            writer.write(answer[place : place + 1])
            await asyncio.sleep(0)

    async def write_at_once(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)

    for way in (write, write_at_once):
        async with serve(way) as server:
            found = await ask(http, server.url)
            assert found.text == body
            assert "link" not in found.headers
            await asyncio.sleep(0.01)
            assert (await ask(http, server.url)).text == body
            assert server.connections == (1 if kept else 2)


async def test_an_answer_may_end_with_its_connection(serve: Serve, http: HttpClient) -> None:
    async def write(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"Content-Type: text/plain\r\n\r\nall of it")
        await writer.drain()
        writer.close()

    async with serve(write) as server:
        assert (await ask(http, server.url)).text == "all of it"


async def test_the_answer_to_head_has_no_body_and_keeps_the_connection(serve: Serve, http: HttpClient) -> None:
    async def write(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"Content-Length: 900\r\n\r\n")

    async with serve(write) as server:
        for _ in range(2):
            assert (await ask(http, server.url, "HEAD")).content == b""
        assert server.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        HEAD + b"Content-Length: 9\r\n\r\nshort",
        HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nsmall",
        CHUNKED + b"5\r\nab",
        CHUNKED + b"zz\r\nab\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: shop\r\nConnection: upgrade\r\n\r\n",
        HEAD + b"".join(b"X-%d: %s\r\n" % (number, b"x" * 1000) for number in range(200)) + b"\r\n",
        CHUNKED + b"1;" + b"x" * 300_000,
    ],
)
async def test_what_is_no_whole_answer_is_said_to_be_broken_off(serve: Serve, http: HttpClient, answer: bytes) -> None:
    async def write(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with serve(write) as server:
        with pytest.raises(UpstreamUnavailable) as refused:
            await ask(http, server.url)
        assert refused.value.code == "upstream.no_reply"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Note": "a\r\nX-Evil: b"},
        {"X Note": "a"},
        {"Host: evil": "a"},
        {"Content-Length": "1"},
        {"Content-Length": "50"},
        {"Content-Length": "4", "Transfer-Encoding": "chunked"},
        {"Transfer-Encoding": "gzip"},
    ],
)
async def test_a_request_that_could_be_read_in_two_ways_is_never_written(
    serve: Serve, http: HttpClient, headers: dict[str, str]
) -> None:
    async def write(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"Content-Length: 2\r\n\r\nok")

    async with serve(write) as server:
        with pytest.raises(TapbotError):
            await ask(http, server.url, "POST", content=b"body", headers=headers)
        await asyncio.sleep(0.01)
        assert all(b"body" not in head for head in server.requests)
        assert not any(b"evil" in head.lower() for head in server.requests)


async def test_a_body_that_is_made_on_the_way_goes_in_chunks(http: HttpClient) -> None:
    closed = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        for part in (b"one", b"", b"three"):
            await asyncio.sleep(0)
            yield part

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"transfer-encoding: chunked" in head.lower()
        got = await reader.readuntil(b"0\r\n\r\n")
        writer.write(HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(got), got))
        await writer.drain()
        writer.close()
        closed.set()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    found = await http.raw.post(f"http://127.0.0.1:{port}/", content=body())
    assert found.content == b"3\r\none\r\n5\r\nthree\r\n0\r\n\r\n"
    await closed.wait()
    server.close()
    await asyncio.sleep(0.01)  # the loop lets go of its side


async def test_a_refusal_that_comes_before_the_body_was_read_is_heard(http: HttpClient) -> None:
    heard, closed = asyncio.Event(), asyncio.Event()

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        await heard.wait()
        writer.transport.abort()
        closed.set()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        found = await ask(http, f"http://127.0.0.1:{port}/", "POST", content=b"x" * 200_000)
        assert found.status_code == 413
    finally:
        heard.set()
        await closed.wait()
        server.close()
        await asyncio.sleep(0.01)  # the loop lets go of its side


async def test_an_answer_can_be_read_part_by_part_and_left_in_the_middle(serve: Serve, http: HttpClient) -> None:
    hung_up = asyncio.Semaphore(0)

    async def drip(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED)
        try:
            while True:
                writer.write(b"4\r\ndrip\r\n")
                await writer.drain()
                await asyncio.sleep(0.005)
        finally:
            hung_up.release()

    async with serve(drip) as server:
        async with http.raw.stream("GET", server.url) as found:
            async for part in found.aiter_bytes():
                assert part.startswith(b"drip")
                break
        with pytest.raises(LimitExceeded):
            await ask(http, server.url, limit_bytes=10)
        assert server.connections == 2, "a connection with an unread rest is not used again"
        for _ in range(2):
            await hung_up.acquire()
        await asyncio.sleep(0.01)  # the server lets go of its side


async def test_a_given_up_call_frees_its_place(serve: Serve) -> None:
    asked, over = asyncio.Event(), asyncio.Event()

    async def write(head: bytes, writer: asyncio.StreamWriter) -> None:
        asked.set()
        if b"/slow" in head:
            await over.wait()
        writer.write(HEAD + b"Content-Length: 2\r\n\r\nok")

    policy = OutgoingPolicy(allow_private_network=True)
    transport = GuardedTransport(policy, resolve_name, None, most_at_once=1)
    async with HttpClient(transport, policy=policy) as narrow, serve(write) as server:
        waiting = asyncio.create_task(ask(narrow, f"{server.url}slow"))
        await asked.wait()
        with pytest.raises(UpstreamUnavailable) as full:
            await ask(narrow, server.url, seconds=0.1)
        assert full.value.code == "upstream.not_reached"
        waiting.cancel()
        await asyncio.wait([waiting])
        assert (await ask(narrow, server.url)).text == "ok"
        over.set()
        await asyncio.sleep(0.01)  # the server lets go of its side
