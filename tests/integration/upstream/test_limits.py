"""Slow, dead and huge other sides, and how fast a call on a kept connection is."""

import asyncio
import gzip
import time
from collections.abc import AsyncIterator

import openai
import pytest
from tests.integration.upstream.conftest import Serve, answer

from tapbot.errors import LimitExceeded, UpstreamRejected, UpstreamUnavailable
from tapbot.upstream import HttpClient, OutgoingPolicy, call, guarded_client


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    async with guarded_client(OutgoingPolicy(allow_private_network=True)) as client:
        yield client


async def silence(_head: bytes, _writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def drip(_head: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def hang_up(_head: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
    writer.close()


async def flood(_head: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(2_000):
        writer.write(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
        await writer.drain()


async def test_a_silent_server_is_unavailable_after_the_longest_silence(serve: Serve, http: HttpClient) -> None:
    async with serve(silence) as server:
        with pytest.raises(UpstreamUnavailable, match=r"kept silent for 0\.2 s"):
            await call(http, "GET", server.url, service="Shop", timeout_seconds=0.2)


async def test_a_dripping_server_is_cut_off_at_the_deadline(serve: Serve, http: HttpClient) -> None:
    async with serve(drip) as server:
        started = time.monotonic()
        with pytest.raises(UpstreamUnavailable, match="did not finish"):
            await call(http, "GET", server.url, service="Shop", timeout_seconds=5, deadline_seconds=0.3)
        assert time.monotonic() - started < 2


async def test_a_server_that_hangs_up_in_the_middle_is_unavailable(serve: Serve, http: HttpClient) -> None:
    async with serve(hang_up) as server:
        with pytest.raises(UpstreamUnavailable, match="broke off"):
            await call(http, "GET", server.url, service="Shop", timeout_seconds=2)


async def test_a_dead_port_is_unavailable_and_the_message_shows_no_path(serve: Serve, http: HttpClient) -> None:
    async with serve(answer()) as server:
        url = server.url
    with pytest.raises(UpstreamUnavailable) as caught:
        await call(http, "GET", f"{url}bot123:secret", service="Shop", timeout_seconds=2)
    assert url.rstrip("/") in str(caught.value)
    assert "secret" not in str(caught.value)
    assert caught.value.code == "upstream.not_reached"


async def test_an_endless_answer_stops_at_the_limit(serve: Serve, http: HttpClient) -> None:
    async with serve(flood) as server:
        with pytest.raises(LimitExceeded, match="larger than 1000000 bytes"):
            await call(http, "GET", server.url, service="Shop", timeout_seconds=5, limit_bytes=1_000_000)


async def test_a_zip_bomb_stops_at_the_limit(serve: Serve, http: HttpClient) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    async with serve(answer(bomb, headers="Content-Encoding: gzip\r\n")) as server:
        with pytest.raises(LimitExceeded, match="larger than 20000000 bytes"):
            await call(http, "GET", server.url, service="Shop", timeout_seconds=5)


async def test_a_packed_answer_is_unpacked_once(serve: Serve, http: HttpClient) -> None:
    async with serve(answer(gzip.compress("сәлем".encode()), headers="Content-Encoding: gzip\r\n")) as server:
        reply = await call(http, "GET", server.url, service="Shop", timeout_seconds=5)
    assert reply.text == "сәлем"


async def test_a_kept_connection_answers_in_milliseconds(serve: Serve, http: HttpClient) -> None:
    async with serve(answer()) as server:
        await call(http, "GET", server.url, service="Shop", timeout_seconds=2)
        took = []
        for _ in range(300):
            started = time.perf_counter()
            await call(http, "GET", server.url, service="Shop", timeout_seconds=2)
            took.append(time.perf_counter() - started)
        assert server.connections == 1
    middle_ms = sorted(took)[150] * 1000
    print(f"\none call on a kept connection: median {middle_ms:.2f} ms")
    assert middle_ms < 10


async def test_the_openai_client_goes_through_the_same_guard(serve: Serve, http: HttpClient) -> None:
    async with serve(answer(b'{"object":"list","data":[]}', headers="Content-Type: application/json\r\n")) as server:
        inside = openai.AsyncOpenAI(api_key="k", base_url=server.url, http_client=http.raw, max_retries=0)
        assert (await inside.models.list()).data == []
        async with guarded_client(OutgoingPolicy()) as strict:
            refused = openai.AsyncOpenAI(api_key="k", base_url=server.url, http_client=strict.raw, max_retries=0)
            with pytest.raises(UpstreamRejected, match="may not reach"):
                await refused.models.list()
        assert len(server.requests) == 1
