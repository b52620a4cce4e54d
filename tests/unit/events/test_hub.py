"""Live views hear of events and are never waited for."""

import asyncio
from datetime import UTC, datetime

import pytest

from tapbot.events.hub import Hub, HubClosed, Reset, Subscription
from tapbot.events.types import Event
from tapbot.storage.types import Scope

TAXI = Scope("taxi", "dev")


def event(number: int, scope: Scope = TAXI) -> Event:
    return Event(number, scope, "message.created", str(number), {}, datetime(2026, 3, 1, tzinfo=UTC))


async def test_a_subscriber_hears_of_its_own_scope_only() -> None:
    hub = Hub()
    with hub.subscribe([TAXI]) as mine:
        hub.publish([event(1), event(2, Scope("flats", "dev")), event(3)])
        assert [await mine.take(timeout_seconds=1), await mine.take(timeout_seconds=1)] == [event(1), event(3)]
        assert await mine.take(timeout_seconds=0.01) is None


async def test_a_waiting_subscriber_is_woken() -> None:
    hub = Hub()
    with hub.subscribe([TAXI]) as mine:
        async with asyncio.TaskGroup() as tasks:
            taken = tasks.create_task(mine.take(timeout_seconds=5))
            await asyncio.sleep(0)
            hub.publish([event(1)])
        assert taken.result() == event(1)


async def test_a_slow_subscriber_is_told_to_start_over() -> None:
    hub = Hub()
    with hub.subscribe([TAXI], limit=2) as slow:
        hub.publish([event(1), event(2), event(3), event(4)])
        assert await slow.take(timeout_seconds=1) is Reset.RESET
        assert await slow.take(timeout_seconds=1) == event(4)


async def test_a_subscriber_that_left_costs_nothing() -> None:
    hub = Hub()
    with hub.subscribe([TAXI]):
        assert hub.subscribers == 1
    assert hub.subscribers == 0


async def test_a_closed_hub_lets_readers_have_what_waits_and_then_ends_them() -> None:
    hub = Hub()
    with hub.subscribe([TAXI]) as mine, hub.subscribe([TAXI]) as other:
        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(_ended(other))
            await asyncio.sleep(0)
            mine.offer(event(1))
            hub.close()
        assert waiting.result()
        assert await mine.take(timeout_seconds=1) == event(1)
        assert await _ended(mine)
    with hub.subscribe([TAXI]) as late:
        assert await _ended(late)


async def _ended(subscription: Subscription) -> bool:
    with pytest.raises(HubClosed):
        await subscription.take(timeout_seconds=5)
    return True
