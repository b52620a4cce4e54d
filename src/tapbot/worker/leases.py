"""Keeps the leases of a process, and gives up the runs whose lease it lost."""

from __future__ import annotations

import asyncio

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from tapbot.inbox.outbox import renew_claims
from tapbot.storage.database import DatabaseUnavailable
from tapbot.storage.leases import LEASE_MS, drop_all, renew_all
from tapbot.telemetry import logger
from tapbot.worker.runs import RunStarter
from tapbot.workflow import journal
from tapbot.workflow.engine import Engine

LOG = logger("worker")
RENEW_EVERY_SECONDS = 2.0
HELD_SECONDS = LEASE_MS / 1000 - 0.5
"""Sooner than the lease lapses by the database's clock: two clocks do not run alike."""


class LeaseKeeper:
    """Renews every two seconds what lapses after six, and tells the engine until when it holds what."""

    def __init__(self, engine: Engine, runs: RunStarter) -> None:
        self._engine = engine
        self._database = engine.database
        self._holder = engine.holder
        self._runs = runs
        self._missing: set[str] = set()
        self._unknown: set[str] = set()
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
        claimed, asked_at = self._runs.claimed, self._engine.holding.now
        held = await self._database.write("lease.renew", self._renew)
        self._engine.holding.renewed(held, asked_at, HELD_SECONDS)
        missing = claimed - held
        lost = missing & self._missing & self._runs.claimed
        self._missing = missing
        if lost:
            self.lost += len(lost)
            LOG.warning("runs given up: somebody else has them by now", count=len(lost))
            self._runs.abandon(lost)
        await self._forget_unknown(held)

    async def _forget_unknown(self, held: set[str]) -> None:
        """Let others have what was claimed when the answer to that was lost; it may be unknown once: it just begins."""
        unknown = held - self._runs.claimed - self._engine.in_hand
        forgotten, self._unknown = unknown & self._unknown, unknown
        if forgotten:
            LOG.warning("runs left to others: nobody here works on them", count=len(forgotten))
            await self._database.write("lease.forget_runs", lambda db: journal.forget_runs(db, self._holder, forgotten))

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
