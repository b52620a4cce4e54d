"""Connections under load and at their end: slow sides, kept ones that were closed, bytes that nobody asked for."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest
from tests.integration.upstream.conftest import Serve

from tapbot.upstream import HttpClient, OutgoingPolicy, call, guarded_client
from tapbot.upstream.sockets import MOST_UNREAD_BYTES, connect

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    async with guarded_client(OutgoingPolicy(allow_private_network=True)) as client:
        yield client


async def test_many_bytes_go_both_ways_while_the_sides_wait_for_each_other() -> None:
    closed = asyncio.Event()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while part := await reader.read(100_000):
            writer.write(part)
            await writer.drain()
        writer.transport.abort()
        closed.set()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    sent = bytes(range(256)) * (MOST_UNREAD_BYTES // 256 * 8)
    connection = await connect("127.0.0.1", server.sockets[0].getsockname()[1], timeout_seconds=5)

    async def read_all() -> bytes:
        got = bytearray()
        while len(got) < len(sent):
            await asyncio.sleep(0)
            got += await connection.read(50_000, timeout=5)
        return bytes(got)

    reading = asyncio.create_task(read_all())
    await connection.write(sent, timeout=5)
    assert await reading == sent
    await connection.aclose()
    await closed.wait()
    server.close()
    await asyncio.sleep(0.01)  # the loop lets go of its side


async def test_a_side_that_does_not_read_is_given_up() -> None:
    over, closed = asyncio.Event(), asyncio.Event()

    async def sleep(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.transport.abort()
        closed.set()

    server = await asyncio.start_server(sleep, "127.0.0.1", 0)
    connection = await connect("127.0.0.1", server.sockets[0].getsockname()[1], timeout_seconds=5)
    with pytest.raises(httpx2.WriteTimeout):
        await connection.write(b"x" * 30_000_000, timeout=0.1)
    with pytest.raises(httpx2.ReadTimeout):
        await connection.read(1, timeout=0.05)
    await connection.aclose()
    with pytest.raises(httpx2.WriteError):
        await connection.write(b"x", timeout=0.1)
    over.set()
    await closed.wait()
    server.close()
    await asyncio.sleep(0.01)  # the loop lets go of its side


async def test_a_kept_connection_is_used_again(serve: Serve, http: HttpClient) -> None:
    async def answer(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)

    async with serve(answer) as server:
        for _ in range(3):
            await call(http, "GET", server.url, service="Shop", timeout_seconds=1)
        assert server.connections == 1


@pytest.mark.parametrize("unasked", [b"", OK])
async def test_a_kept_connection_that_ended_or_speaks_unasked_is_not_used_again(
    serve: Serve, http: HttpClient, unasked: bytes
) -> None:
    async def answer(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        await writer.drain()
        await asyncio.sleep(0.01)  # so that it does not come with the answer
        writer.write(unasked)
        if not unasked:
            writer.close()

    async with serve(answer) as server:
        for _ in range(3):
            assert (await call(http, "GET", server.url, service="Shop", timeout_seconds=1)).text == "ok"
            await asyncio.sleep(0.02)
        assert server.connections == 3


async def test_a_refused_connection_says_so() -> None:
    with pytest.raises(httpx2.ConnectError):
        await connect("127.0.0.1", 1, timeout_seconds=1)
