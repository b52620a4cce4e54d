"""Frees the runs of processes that fell silent, so that others go on with them."""

from __future__ import annotations

import asyncio

from sqlalchemy import Connection

from tapbot.storage.database import Database
from tapbot.storage.leases import forget_lapsed
from tapbot.telemetry import logger
from tapbot.workflow import journal

LOG = logger("scheduler")
LOOK_EVERY_SECONDS = 1.0


class Rescuer:
    """Makes runs ready whose lease lapsed. Workers hear of it by the event that is told."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.freed = 0

    async def rescue_forever(self) -> None:
        """Look each second, until the task is cancelled."""
        while True:
            freed = await self._database.write("lease.free_lapsed", self._free)
            if freed:
                self.freed += len(freed)
                LOG.warning("runs freed: whoever worked on them fell silent", count=len(freed))
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    def _free(self, db: Connection) -> list[str]:
        forget_lapsed(db)
        return journal.free_lapsed(db)
