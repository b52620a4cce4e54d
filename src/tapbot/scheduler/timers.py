"""Wakes parked runs when their time has come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from tapbot.storage.database import Database
from tapbot.workflow import journal

MOST_A_BATCH = 500
LOOK_EVERY_SECONDS = 0.5
"""Another process may park a run that is due before all others: nobody tells us, so we look."""


class Timers:
    """Makes due runs ready. Who executes them hears of it by the event that is told (`run`, status `ready`)."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._earlier = asyncio.Event()

    async def run_forever(self) -> None:
        """Wake what is due, sleep until the next, until the task is cancelled."""
        while True:
            self._earlier.clear()
            following = await self.wake_due()
            wait = LOOK_EVERY_SECONDS
            if following is not None:
                wait = min(wait, max(0.0, (following - self._clock()).total_seconds()))
            try:
                async with asyncio.timeout(wait):
                    await self._earlier.wait()
            except TimeoutError:
                continue

    def look_again(self) -> None:
        """A run was parked here: it may be due before the others."""
        self._earlier.set()

    async def wake_due(self) -> datetime | None:
        """Wake everything that is due by now, in batches that let other writes pass; gives when the next run is."""
        while True:
            following = await self._database.read(journal.next_wake)
            if following is None or following > self._clock():
                return following
            await self._database.write("timers.wake_due", self._wake_batch)

    def _wake_batch(self, db: Connection) -> None:
        journal.wake_due(db, self._clock(), MOST_A_BATCH)
