"""One leader: of all processes that could, the one that holds the lease does the work."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import DBAPIError

from tapbot.storage.database import Database, DatabaseUnavailable
from tapbot.storage.leases import EVERYWHERE, LEASE_MS, drop_lease, take_lease
from tapbot.storage.types import Scope
from tapbot.telemetry import logger

LOG = logger("scheduler")
LOOK_EVERY_SECONDS = 1.0
RENEW_EVERY_SECONDS = 2.0
LEASE_SECONDS = LEASE_MS / 1000


class Leadership:
    """Does work while this process leads.

    Args:
        name: Of the lease, such as `"leader"` or `"poll/taxi"`.
        holder: Name of this process.
    """

    def __init__(self, database: Database, holder: str, *, name: str = "leader", scope: Scope = EVERYWHERE) -> None:
        self._database = database
        self._holder = holder
        self._name = name
        self._scope = scope
        self.leads = False

    async def lead_forever(self, work: Callable[[], Awaitable[None]]) -> None:
        """Wait for the lease, work while it holds, and begin anew, until the task is cancelled."""
        while True:
            if await self._take():
                LOG.info("leading", lease=self._name)
                self.leads = True
                try:
                    await self._work_while_leading(work)
                finally:
                    self.leads = False
                    await self._drop()
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def _work_while_leading(self, work: Callable[[], Awaitable[None]]) -> None:
        working = asyncio.ensure_future(work())
        loop = asyncio.get_running_loop()
        held_until = loop.time() + LEASE_SECONDS
        try:
            while not working.done() and loop.time() < held_until:
                await asyncio.wait([working], timeout=RENEW_EVERY_SECONDS)
                asked_at = loop.time()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(max(0.1, held_until - asked_at)):
                        if not await self._take():
                            break
                        held_until = asked_at + LEASE_SECONDS
            LOG.warning("no longer leading", lease=self._name)
        finally:
            working.cancel()
            await asyncio.wait([working])
        if not working.cancelled():
            working.result()

    async def _take(self) -> bool:
        try:
            return await self._database.write(
                "lease.take", lambda db: take_lease(db, self._scope, self._name, self._holder)
            )
        except (DatabaseUnavailable, DBAPIError) as error:
            LOG.warning("lease not taken", lease=self._name, error=type(error).__name__)
            return False

    async def _drop(self) -> None:
        with contextlib.suppress(DatabaseUnavailable, DBAPIError):
            await self._database.write("lease.drop", lambda db: drop_lease(db, self._scope, self._name, self._holder))
