"""Retention: finished runs, facts, logins and links that are old enough go, a batch at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from tapbot.access.login_links import sweep_links
from tapbot.access.sessions import sweep_sessions
from tapbot.events.store import forget_before
from tapbot.storage.database import Database
from tapbot.telemetry import logger
from tapbot.workflow import journal

LOG = logger("scheduler")
SWEEP_EVERY_SECONDS = 3600.0
EVENTS_KEPT = timedelta(days=7)
MOST_A_BATCH = 500


class Sweeper:
    """Deletes what is old.

    Args:
        retain_finished_days: Finished runs are kept this long.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime], *, retain_finished_days: int) -> None:
        self._database = database
        self._clock = clock
        self._retain = timedelta(days=retain_finished_days)

    async def run_forever(self) -> None:
        """Sweep now and every hour, until the task is cancelled."""
        while True:
            gone = await self.sweep()
            if gone:
                LOG.info("old rows deleted", count=gone)
            await asyncio.sleep(SWEEP_EVERY_SECONDS)

    async def sweep(self) -> int:
        """Delete everything that is old by now, in batches that let other writes pass; gives the number of rows."""
        gone = 0
        while True:
            batch = await self._database.write("sweep.batch", self._sweep_batch)
            gone += batch
            if batch < MOST_A_BATCH:
                return gone

    def _sweep_batch(self, db: Connection) -> int:
        now = self._clock()
        return (
            journal.forget_finished(db, now - self._retain, limit=MOST_A_BATCH)
            + forget_before(db, now - EVENTS_KEPT, limit=MOST_A_BATCH)
            + sweep_sessions(db, now=now)
            + sweep_links(db, now=now)
        )
