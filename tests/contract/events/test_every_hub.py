"""What every hub promises, in one process and over Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from tests.servers.redis import RedisServer

from tapbot.events.hub import Hub, Reset, Subscription
from tapbot.events.shared_hub import SharedHub
from tapbot.events.types import Event
from tapbot.storage.types import Scope

TAXI = Scope("taxi", "dev")


def event(number: int, scope: Scope = TAXI) -> Event:
    return Event(number, scope, "message.created", str(number), {"n": [number]}, datetime(2026, 3, 1, tzinfo=UTC))


@asynccontextmanager
async def carrying(*hubs: Hub) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(hub.carry_forever()) for hub in hubs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture(params=["in process", "redis"])
async def hub(request: pytest.FixtureRequest) -> AsyncIterator[Hub]:
    made = Hub() if request.param == "in process" else SharedHub(request.getfixturevalue("redis_server").url)
    async with carrying(made):
        yield made


async def take_events(subscription: Subscription, count: int) -> list[Event]:
    """The next events; being told to start over is left out."""
    found: list[Event] = []
    async with asyncio.timeout(10):
        while len(found) < count:
            taken = await subscription.take(timeout_seconds=5)
            if isinstance(taken, Event):
                found.append(taken)
    return found


async def test_a_subscriber_hears_each_event_of_its_scope_once_and_in_order(hub: Hub) -> None:
    with hub.subscribe([TAXI]) as mine:
        hub.publish([event(1), event(2, Scope("flats", "dev"))])
        hub.publish([event(3)])
        assert await take_events(mine, 2) == [event(1), event(3)]
        while (left := await mine.take(timeout_seconds=0.1)) is not None:
            assert left is Reset.RESET


async def heard_by_the_other(one: Hub, heard: Subscription, number: int) -> Event:
    """Publish until the other process hears: what it missed while it was not connected is not sent again."""
    async with asyncio.timeout(20):
        while True:
            one.publish([event(number)])
            taken = await heard.take(timeout_seconds=0.1)
            if isinstance(taken, Event) and taken == event(number):
                return taken


async def test_what_one_process_publishes_reaches_the_subscribers_of_another(redis_server: RedisServer) -> None:
    one, other = SharedHub(redis_server.url), SharedHub(redis_server.url)
    async with carrying(one, other):
        with other.subscribe([TAXI]) as heard:
            assert await heard_by_the_other(one, heard, 1) == event(1)


async def test_after_a_gap_subscribers_start_over_and_hear_again(redis_server: RedisServer) -> None:
    one, other = SharedHub(redis_server.url), SharedHub(redis_server.url)
    async with carrying(one, other):
        with other.subscribe([TAXI]) as heard:
            await heard_by_the_other(one, heard, 1)
            redis_server.stop()
            one.publish([event(2)])
            redis_server.start()
            async with asyncio.timeout(20):
                while await heard.take(timeout_seconds=1) is not Reset.RESET:
                    pass
            assert await heard_by_the_other(one, heard, 3) == event(3)
