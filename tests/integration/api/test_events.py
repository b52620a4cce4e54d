"""Live events over a stream that a browser reads."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from tapbot.api import events
from tapbot.data import store
from tapbot.events.store import newest_id, since

from .conftest import House


class Stream:
    """Reads a stream event by event."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()

    async def next(self) -> dict[str, str]:
        found: dict[str, str] = {}
        async with asyncio.timeout(5):
            async for line in self._lines:
                if not line and "event" in found:
                    return found
                name, _, value = line.partition(": ")
                if name in {"event", "data", "id"}:
                    found[name] = value
                elif line == ": ping":
                    return {"event": "ping"}
        return {"event": "end"}


@asynccontextmanager
async def listening(house: House, client: httpx.AsyncClient, **headers: str) -> AsyncIterator[Stream]:
    before = house.hub.subscribers
    async with client.stream("GET", "/api/v1/events", headers=headers) as response:
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        async with asyncio.timeout(5):
            while house.hub.subscribers == before:
                await asyncio.sleep(0.01)
        yield Stream(response)


async def book(house: House, city: str) -> str:
    now = house.clocks.now

    def change(db: object) -> str:
        made = store.insert(db, house.served.scope, "rides", {"from_city": city}, now=now)  # type: ignore[arg-type]
        assert made is not None
        return str(made["id"])

    return await house.database.write("test", change)


async def test_a_committed_record_is_heard_of_as_a_hint(house: House) -> None:
    async with house.logged_in() as client, listening(house, client) as stream:
        record_id = await book(house, "astana")
        heard = await stream.next()
        assert heard["event"] == "record"
        assert heard["data"] == f'{{"id":"{record_id}","collection":"rides"}}'
        assert int(heard["id"]) > 0


async def test_who_comes_back_hears_what_it_missed_once(house: House) -> None:
    after = await house.database.read(newest_id)
    missed = [await book(house, city) for city in ("a", "b")]
    async with house.logged_in() as client, listening(house, client, **{"Last-Event-ID": str(after)}) as stream:
        live = await book(house, "c")
        heard = [(await stream.next())["data"] for _ in range(3)]
    assert [record_id in data for record_id, data in zip([*missed, live], heard, strict=True)] == [True] * 3


async def test_an_event_that_was_sent_as_missed_is_not_sent_again_as_live(house: House) -> None:
    after = await house.database.read(newest_id)
    await book(house, "a")
    [missed] = await house.database.read(lambda db: since(db, house.served.scope, after)) or []
    async with house.logged_in() as client, listening(house, client, **{"Last-Event-ID": str(after)}) as stream:
        assert missed.subject in (await stream.next())["data"]
        house.hub.publish([missed])  # as when it was committed between subscribing and reading
        live = await book(house, "b")
        assert live in (await stream.next())["data"]


async def test_who_comes_from_another_time_starts_over(house: House) -> None:
    async with house.logged_in() as client, listening(house, client, **{"Last-Event-ID": "999999"}) as stream:
        assert (await stream.next())["event"] == "reset"


async def test_a_stream_ends_with_its_login(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "PING_SECONDS", 0.05)
    async with house.logged_in() as client, listening(house, client) as stream:
        assert (await stream.next())["event"] == "ping"
        house.clocks.advance(hours=13)
        async with asyncio.timeout(5):
            while (await stream.next())["event"] == "ping":
                pass


async def test_a_session_has_so_many_streams_and_gets_them_back(house: House) -> None:
    async with house.logged_in() as client, asyncio.TaskGroup() as tasks:
        ended = asyncio.Event()

        async def hold() -> None:
            async with client.stream("GET", "/api/v1/events"):
                await ended.wait()

        for _ in range(events.MOST_STREAMS_A_SESSION):
            tasks.create_task(hold())
        async with asyncio.timeout(5):
            while house.hub.subscribers < events.MOST_STREAMS_A_SESSION:
                await asyncio.sleep(0.01)
        reply = await client.get("/api/v1/events")
        assert (reply.status_code, reply.json()["code"]) == (429, "api.too_many_streams")
        ended.set()
    async with asyncio.timeout(5):
        while house.hub.subscribers:
            await asyncio.sleep(0.01)


async def test_a_stopping_server_ends_its_streams(house: House) -> None:
    async with house.logged_in() as client, listening(house, client) as stream:
        house.hub.close()
        assert (await stream.next())["event"] == "end"
