"""A lane: one piece of work at a time for each key, many keys side by side, projects in turn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterator
from functools import partial
from typing import Generic, Protocol, TypeVar

from tapbot.storage.types import Scope
from tapbot.telemetry import logger
from tapbot.worker.fair import FairSlots


class Owned(Hashable, Protocol):
    """A key that says whose it is."""

    @property
    def scope(self) -> Scope:
        """Project and environment."""


K = TypeVar("K", bound=Owned)
LOG = logger("worker")


class Lane(Generic[K]):
    """Runs `work(key)` whenever a key is woken, never twice at once for the same key.

    A key that is woken while its work runs is worked on once more afterwards, so no wake-up is lost.

    Args:
        name: Name in logs.
        work: Does what waits for a key; gives the seconds after which to look again, or `None`.
        slots: Limits how many keys are worked on side by side.
    """

    def __init__(self, name: str, work: Callable[[K], Awaitable[float | None]], slots: FairSlots) -> None:
        self._name = name
        self._work = work
        self._slots = slots
        self._group: asyncio.TaskGroup | None = None
        self._queued: set[K] = set()
        self._busy: set[K] = set()
        self._again: set[K] = set()

    def open(self, group: asyncio.TaskGroup) -> None:
        """Begin to work, with whatever was woken before."""
        self._group = group
        early, self._queued = self._queued, set()
        for key in early:
            self.wake(key)

    def wake(self, key: K) -> None:
        """There may be work for a key."""
        if key in self._busy:
            self._again.add(key)
        elif key not in self._queued:
            self._queued.add(key)
            if self._group is not None:
                self._slots.add(key.scope, partial(self._start, key))

    @property
    def keys(self) -> Iterator[K]:
        """Keys that are being worked on or wait for a slot."""
        yield from self._busy
        yield from self._queued

    @property
    def busy(self) -> int:
        """How many keys are being worked on or wait for a slot."""
        return len(self._busy) + len(self._queued)

    def _start(self, key: K) -> None:
        self._queued.discard(key)
        if self._group is None:
            self._slots.give_back(key.scope)
            return
        self._busy.add(key)
        self._group.create_task(self._work_off(key), name=f"{self._name} {key}")

    async def _work_off(self, key: K) -> None:
        look_again: float | None = None
        try:
            look_again = await self._work(key)
        except Exception:  # the boundary of a piece of work: its failure must not end the others
            LOG.exception("work failed", lane=self._name, key=str(key))
            look_again = 5.0
        finally:
            self._busy.discard(key)
            self._slots.give_back(key.scope)
        if key in self._again:
            self._again.discard(key)
            self.wake(key)
        elif look_again is not None:
            asyncio.get_running_loop().call_later(look_again, self._wake_late, key)

    def _wake_late(self, key: K) -> None:
        if self._group is not None:
            self.wake(key)

    def close(self) -> None:
        """Take no more work; what runs may finish."""
        self._group = None
