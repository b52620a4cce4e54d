"""Keeps the leases of a process, and gives up the runs whose lease it lost."""

from __future__ import annotations

import asyncio

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from tapbot.inbox.outbox import renew_claims
from tapbot.storage.database import Database, DatabaseUnavailable
from tapbot.storage.leases import drop_all, renew_all
from tapbot.telemetry import logger
from tapbot.worker.runs import RunStarter
from tapbot.workflow import journal

LOG = logger("worker")
RENEW_EVERY_SECONDS = 2.0


class LeaseKeeper:
    """Renews every two seconds what lapses after six.

    Args:
        holder: Name of this process.
    """

    def __init__(self, database: Database, runs: RunStarter, holder: str) -> None:
        self._database = database
        self._runs = runs
        self._holder = holder
        self._missing: set[str] = set()
        self.lost = 0

    async def renew_forever(self) -> None:
        """Renew until the task is cancelled. While the database is away nobody else can take anything either."""
        while True:
            try:
                await self.renew()
            except (DatabaseUnavailable, DBAPIError) as error:
                LOG.warning("leases not renewed; trying again", error=type(error).__name__)
            await asyncio.sleep(RENEW_EVERY_SECONDS)

    async def renew(self) -> None:
        """Renew once. A run that was missing twice is lost; one may miss once because it is just ending."""
        claimed = self._runs.claimed
        missing = claimed - await self._database.write("lease.renew", self._renew)
        lost = missing & self._missing & self._runs.claimed
        self._missing = missing
        if lost:
            self.lost += len(lost)
            LOG.warning("runs given up: somebody else has them by now", count=len(lost))
            self._runs.abandon(lost)

    async def release(self) -> None:
        """Let others go on with everything at once: this process stops."""

        def change(db: Connection) -> list[str]:
            drop_all(db, self._holder)
            return journal.release_runs(db, self._holder)

        try:
            released = await self._database.write("lease.release", change)
        except (DatabaseUnavailable, DBAPIError) as error:
            LOG.warning("leases not released; they lapse by themselves", error=type(error).__name__)
        else:
            if released:
                LOG.info("runs left to others", count=len(released))

    def _renew(self, db: Connection) -> set[str]:
        renew_all(db, self._holder)
        renew_claims(db, self._holder)
        return set(journal.renew_leases(db, self._holder))
