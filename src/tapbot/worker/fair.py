"""Slots for work, shared fairly: projects take turns, and none of them can take all."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from tapbot.storage.types import Scope
from tapbot.workflow.journal import PRIORITY, PRIORITY_SECONDS

SHARE = 4
"""A project may hold at most this many times what is free: alone it gets four fifths, and a newcomer finds a place."""
Waiting = tuple[float, int, Callable[[], None]]


class FairSlots:
    """Lets so many pieces of work run side by side.

    Args:
        width: How many.
        clock: Seconds of a clock that only goes on.
    """

    def __init__(self, width: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._width = width
        self._clock = clock
        self._number = itertools.count()
        self._held: Counter[Scope] = Counter()
        self._waiting: OrderedDict[Scope, list[Waiting]] = OrderedDict()

    @property
    def free(self) -> int:
        """Slots that nobody holds."""
        return self._width - self._held.total()

    def waiting(self, scope: Scope | None = None) -> int:
        """How many pieces of work wait, of one project or of all."""
        if scope is not None:
            return len(self._waiting.get(scope, ()))
        return sum(map(len, self._waiting.values()))

    def add(self, scope: Scope, start: Callable[[], None], priority: int = PRIORITY) -> None:
        """Start work as soon as it is its turn. Whoever started gives the slot back.

        Args:
            priority: 1 goes first, 9 last, within the project; waiting makes up for it, as in the journal.
        """
        turn = self._clock() + priority * PRIORITY_SECONDS
        heapq.heappush(self._waiting.setdefault(scope, []), (turn, next(self._number), start))
        self._start_next()

    def give_back(self, scope: Scope) -> None:
        """A piece of work is over."""
        self._held[scope] -= 1
        if not self._held[scope]:
            del self._held[scope]
        self._start_next()

    @asynccontextmanager
    async def slot(self, scope: Scope, priority: int = PRIORITY) -> AsyncIterator[None]:
        """Hold a slot inside the block; waits for it."""
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def start() -> None:
            if mine.cancelled():
                self.give_back(scope)
            else:
                mine.set_result(None)

        self.add(scope, start, priority)
        await mine
        try:
            yield
        finally:
            self.give_back(scope)

    def _start_next(self) -> None:
        while (scope := self._next_in_turn()) is not None:
            waiting = self._waiting[scope]
            _turn, _number, start = heapq.heappop(waiting)
            if waiting:
                self._waiting.move_to_end(scope)
            else:
                del self._waiting[scope]
            self._held[scope] += 1
            start()

    def _next_in_turn(self) -> Scope | None:
        free = self.free
        return next((scope for scope in self._waiting if self._held[scope] < SHARE * free), None)
