"""What a process knows of its leases: before it reaches out, it makes sure that they still hold."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection

from tapbot.storage.database import DatabaseGone

LONGEST_WAIT_SECONDS = 30.0


class Holding:
    """Until when the leases of this process hold, by its own clock.

    A process that was paused, or cut off from the database, would otherwise make calls for runs that others have
    taken over meanwhile. Where no other process shares the stores nothing is ever renewed, and everything holds.

    Args:
        clock: Seconds of a clock that goes on while the process is paused.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = float("inf")
        self._runs: frozenset[str] = frozenset()
        self._renewed = asyncio.Event()

    @property
    def now(self) -> float:
        """The moment to give to `renewed`, taken before the renewal is asked for."""
        return self._clock()

    def renewed(self, run_ids: Collection[str], asked_at: float, seconds: float) -> None:
        """The leases of some runs, and of no others, hold so long from the moment that the renewal was asked for."""
        self._until = asked_at + seconds
        self._runs = frozenset(run_ids)
        self._renewed.set()
        self._renewed = asyncio.Event()

    async def holds(self, run_id: str) -> bool:
        """Whether a run is still this process's own. Nothing is asked for while the last renewal is fresh.

        Raises:
            DatabaseGone: The leases lapsed, and the database did not take a renewal for a long while.
        """
        if self._clock() < self._until:
            return True
        try:
            async with asyncio.timeout(LONGEST_WAIT_SECONDS):
                while self._clock() >= self._until:
                    await self._renewed.wait()
        except TimeoutError:
            raise DatabaseGone("leases could not be renewed; no call was made.", retry_after_seconds=2) from None
        return run_id in self._runs
