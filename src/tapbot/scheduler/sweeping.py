"""Retention: finished runs, files, facts, logins and links that are old enough go, a batch at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from tapbot.access.login_links import sweep_links
from tapbot.access.sessions import sweep_sessions
from tapbot.events.store import forget_before
from tapbot.inbox.approvals import close_overdue, forget_approvals
from tapbot.inbox.file_retention import forget_files
from tapbot.inbox.files import sweep_files
from tapbot.inbox.store import sweep_chats
from tapbot.project.store import list_scopes, sweep_releases
from tapbot.storage.database import Database
from tapbot.storage.types import Scope
from tapbot.telemetry import logger
from tapbot.workflow import journal

LOG = logger("scheduler")
SWEEP_EVERY_SECONDS = 3600.0
EVENTS_KEPT = timedelta(days=7)
EMPTY_CHATS_KEPT = timedelta(days=30)
UNSAID_FILES_KEPT = timedelta(days=1)
RELEASES_KEPT = timedelta(days=7)
"""How long a release stays that nothing refers to: each save of a project that is being made is one."""
MOST_A_BATCH = 500
MOST_FILES_A_BATCH = 20
"""Of up to 20 MB each: deleting them should keep nobody waiting."""


class Sweeper:
    """Deletes what is old.

    Args:
        retain_finished_days: Finished runs are kept this long.
        most_runs: Most finished runs that a project keeps; `None` for any number.
        most_bytes: Most bytes that a project's finished runs keep; `None` for any number.
        retain_files_days: Files of chats are kept this long; `None` for ever.
        most_file_bytes: Most bytes of files of chats that a project keeps; `None` for any number.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        *,
        retain_finished_days: int,
        most_runs: int | None = None,
        most_bytes: int | None = None,
        retain_files_days: int | None = None,
        most_file_bytes: int | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._retain = timedelta(days=retain_finished_days)
        self._most_runs = most_runs
        self._most_bytes = most_bytes
        self._retain_files = timedelta(days=retain_files_days) if retain_files_days is not None else None
        self._most_file_bytes = most_file_bytes

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
                break
        for scope in await self._database.read(list_scopes):
            gone += await self._sweep_beyond(scope) + await self._sweep_releases(scope)
            gone += await self._sweep_files(scope)
        return gone

    async def _sweep_beyond(self, scope: Scope) -> int:
        """Delete a project's oldest finished runs while they are too many or take too much."""

        def forget(db: Connection) -> int:
            return journal.forget_beyond(
                db, scope, most_runs=self._most_runs, most_bytes=self._most_bytes, limit=MOST_A_BATCH
            )

        gone = 0
        while batch := await self._database.write("sweep.beyond", forget):
            gone += batch
        return gone

    async def _sweep_files(self, scope: Scope) -> int:
        """Delete a project's files of chats that are too old, or the oldest while they take too much."""
        if self._retain_files is None and self._most_file_bytes is None:
            return 0
        now = self._clock()
        before = now - self._retain_files if self._retain_files is not None else None

        def forget(db: Connection) -> int:
            return forget_files(
                db, scope, before=before, most_bytes=self._most_file_bytes, limit=MOST_FILES_A_BATCH, now=now
            )

        gone = 0
        while batch := await self._database.write("sweep.files", forget):
            gone += batch
        return gone

    async def _sweep_releases(self, scope: Scope) -> int:
        before = self._clock() - RELEASES_KEPT
        return await self._database.write("sweep.releases", lambda db: sweep_releases(db, scope, before))

    def _sweep_batch(self, db: Connection) -> int:
        now = self._clock()
        return (
            journal.forget_finished(db, now - self._retain, limit=MOST_A_BATCH)
            + journal.forget_waits(db, now - self._retain, limit=MOST_A_BATCH)
            + forget_before(db, now - EVENTS_KEPT, limit=MOST_A_BATCH)
            + close_overdue(db, now, limit=MOST_A_BATCH)
            + forget_approvals(db, now - self._retain, limit=MOST_A_BATCH)
            + sweep_chats(db, now - EMPTY_CHATS_KEPT, limit=MOST_A_BATCH)
            + sweep_files(db, now - UNSAID_FILES_KEPT, limit=MOST_A_BATCH)
            + sweep_sessions(db, now=now)
            + sweep_links(db, now=now)
        )
