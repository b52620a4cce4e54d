"""What every dispatch promises: a job reaches one taker; a broker that goes or is emptied costs time only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from tests.servers.nats import NatsServer
from tests.servers.redis import RedisServer

from tapbot.errors import InvalidInput
from tapbot.storage.types import Scope
from tapbot.worker.broker import MOST_UNSENT, BrokerDispatch
from tapbot.worker.dispatch import Dispatch, InProcessDispatch, Job, decode_job, encode_job, open_dispatch

TAXI = Scope("taxi", "dev")
Broker = RedisServer | NatsServer


class Notes:
    """A taker that remembers, and can be full."""

    def __init__(self) -> None:
        self.taken: list[Job] = []
        self.room = asyncio.Event()
        self.room.set()

    def take(self, job: Job) -> None:
        self.taken.append(job)

    async def wait_for_room(self) -> None:
        await self.room.wait()


def jobs(count: int, kind: str = "run") -> list[Job]:
    return [decode_job(encode_job(Job(kind, f"{kind}-{number}", TAXI))) for number in range(count)]  # type: ignore[arg-type]


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running(dispatch: Dispatch, *takers: Notes) -> AsyncIterator[None]:
    """Send, and listen for each taker."""
    tasks = [asyncio.ensure_future(dispatch.send_forever())]
    tasks += [asyncio.ensure_future(dispatch.listen_forever(taker)) for taker in takers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_in_one_process_a_job_is_taken_at_once() -> None:
    notes = Notes()
    InProcessDispatch(notes).publish(jobs(2))
    assert notes.taken == jobs(2)


async def test_each_job_reaches_one_of_two_takers(broker: Broker) -> None:
    dispatch, one, other = open_dispatch(broker.url), Notes(), Notes()
    async with running(dispatch, one, other):
        dispatch.publish(jobs(60))
        await until(lambda: len(one.taken) + len(other.taken) >= 60)
    assert {job.id for job in one.taken + other.taken} == {job.id for job in jobs(60)}
    assert len(one.taken) + len(other.taken) == 60


async def test_jobs_that_were_published_before_any_taker_came_are_taken(broker: Broker) -> None:
    dispatch, notes = open_dispatch(broker.url), Notes()
    async with running(dispatch):
        dispatch.publish(jobs(3))
        await until(lambda: not dispatch._unsent)  # type: ignore[attr-defined]
        await asyncio.sleep(0.3)
    async with running(dispatch, notes):
        await until(lambda: len(notes.taken) == 3)
    assert set(notes.taken) == set(jobs(3))


async def test_publishing_without_a_broker_neither_raises_nor_waits_and_arrives_when_it_is_back(broker: Broker) -> None:
    dispatch, notes = open_dispatch(broker.url), Notes()
    broker.stop()
    async with running(dispatch, notes):
        dispatch.publish(jobs(3))
        await asyncio.sleep(0.3)
        assert notes.taken == []
        broker.start()
        await until(lambda: len(notes.taken) >= 3)


async def test_a_broker_that_crashes_and_forgets_everything_is_used_again(broker: Broker) -> None:
    dispatch, notes = open_dispatch(broker.url), Notes()
    async with running(dispatch, notes):
        dispatch.publish(jobs(1))
        await until(lambda: len(notes.taken) == 1)
        broker.stop()
        broker.start()
        await publish_until_taken(dispatch, notes)


async def test_a_broker_that_was_emptied_is_used_again(broker: Broker) -> None:
    dispatch, notes = open_dispatch(broker.url), Notes()
    async with running(dispatch, notes):
        dispatch.publish(jobs(1))
        await until(lambda: len(notes.taken) == 1)
        broker.wipe()
        await publish_until_taken(dispatch, notes)


async def publish_until_taken(dispatch: Dispatch, notes: Notes) -> None:
    """Publish again and again, as the sweeper does."""
    wanted = jobs(1, "turn")[0]
    async with asyncio.timeout(20):
        while wanted not in notes.taken:
            dispatch.publish([wanted])
            await asyncio.sleep(0.1)


async def test_a_taker_without_room_leaves_jobs_to_others(broker: Broker) -> None:
    dispatch, full, idle = open_dispatch(broker.url), Notes(), Notes()
    full.room.clear()
    async with running(dispatch, full, idle):
        for _ in range(20):
            dispatch.publish(jobs(10))
            await asyncio.sleep(0.02)
        await until(lambda: len(idle.taken) >= 150)
        assert full.taken == []


async def test_what_cannot_be_sent_is_bounded() -> None:
    dispatch = open_dispatch("redis://127.0.0.1:1/0")
    assert isinstance(dispatch, BrokerDispatch)
    for _ in range(3):
        dispatch.publish(jobs(MOST_UNSENT))
    assert len(dispatch._unsent) == MOST_UNSENT


def test_a_broker_that_nobody_knows_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"redis://, rediss:// or nats://"):
        open_dispatch("carrier-pigeon://127.0.0.1")


@pytest.mark.parametrize("raw", [b"", b"{}", b'["bake","1","a","b"]', b'["run",1,"a","b"]'])
def test_what_is_no_job_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidInput, match="no job"):
        decode_job(raw)
