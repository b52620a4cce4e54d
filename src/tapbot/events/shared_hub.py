"""The hub of several processes: what one of them publishes reaches the subscribers of all, over Redis."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

import msgspec

from tapbot.events.hub import Hub
from tapbot.events.types import Event
from tapbot.storage.cache import RedisError, connect
from tapbot.storage.types import Scope
from tapbot.telemetry import logger

LOG = logger("events")
CHANNEL = "tapbot:events"
MOST_UNSENT = 10_000
MOST_AT_ONCE = 200
PAUSE_SECONDS = 0.5
LOOK_SECONDS = 1.0


class Carried(msgspec.Struct, array_like=True):
    """An event on its way."""

    event_id: int
    project_id: str
    environment: str
    kind: str
    subject: str
    data: dict[str, Any]
    created_at: datetime


class Parcel(msgspec.Struct, array_like=True):
    """Events of one process."""

    origin: str
    events: list[Carried]


class SharedHub(Hub):
    """See `Hub`. A lost event costs a delay: after any gap each subscriber is told to read everything again.

    Args:
        url: Of Redis; it may hold a password.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self._origin = secrets.token_hex(8)
        self._unsent: deque[Event] = deque(maxlen=MOST_UNSENT)
        self._filled = asyncio.Event()

    def publish(self, events: Iterable[Event]) -> None:
        """See `Hub.publish`: subscribers here at once, the others by Redis."""
        told = list(events)
        super().publish(told)
        self._unsent.extend(told)
        self._filled.set()

    async def carry_forever(self) -> None:
        """Send and receive, until the task is cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._again_and_again(self._send))
            group.create_task(self._again_and_again(self._receive))

    async def _again_and_again(self, work: Callable[[], Awaitable[None]]) -> None:
        while not _is_cancelled():
            try:
                await work()
            except (RedisError, OSError, TimeoutError) as error:
                LOG.warning("live events of other processes are not heard", error=type(error).__name__)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _send(self) -> None:
        async with connect(self._url) as redis:
            while not _is_cancelled():
                self._filled.clear()
                while self._unsent:
                    batch = [self._unsent.popleft() for _ in range(min(MOST_AT_ONCE, len(self._unsent)))]
                    parcel = Parcel(self._origin, [_pack(event) for event in batch])
                    await redis.publish(CHANNEL, msgspec.json.encode(parcel))
                await self._filled.wait()

    async def _receive(self) -> None:
        async with connect(self._url, silence_seconds=None) as redis, redis.pubsub() as pubsub:
            await pubsub.subscribe(CHANNEL)
            self.reset()  # what was said while nobody listened is gone
            while not _is_cancelled():
                message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=LOOK_SECONDS)
                if message is not None:
                    self._deliver(message["data"])

    def _deliver(self, raw: bytes) -> None:
        with suppress(msgspec.DecodeError):
            parcel = msgspec.json.decode(raw, type=Parcel)
            if parcel.origin != self._origin:
                super().publish(_unpack(carried) for carried in parcel.events)


def _pack(event: Event) -> Carried:
    scope = event.scope
    return Carried(
        event.event_id, scope.project_id, scope.environment, event.kind, event.subject, event.data, event.created_at
    )


def _unpack(carried: Carried) -> Event:
    scope = Scope(carried.project_id, carried.environment)
    return Event(carried.event_id, scope, carried.kind, carried.subject, carried.data, carried.created_at)


def _is_cancelled() -> bool:
    """Whether this task was asked to end: redis-py sometimes takes that for a time-out of its own."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
