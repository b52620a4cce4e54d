"""Looks into the database for work that no job told of: the broker lost it, or there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from tapbot.inbox import outbox, store
from tapbot.project.served import ReleaseBook
from tapbot.storage.database import Database
from tapbot.worker.dispatch import Job
from tapbot.worker.outbox import Chat
from tapbot.worker.taking import MOST_IN_HAND, JobTaker
from tapbot.workflow import journal

PULL_EVERY_SECONDS = 1.0
MOST_AT_ONCE = 200


class Puller:
    """Takes what waits, each second. Nothing is claimed by that: the database decides who gets it."""

    def __init__(
        self, database: Database, releases: ReleaseBook, taker: JobTaker, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._releases = releases
        self._taker = taker
        self._clock = clock

    async def pull_forever(self) -> None:
        """Pull again and again, until the task is cancelled."""
        while True:
            await self.pull()
            await asyncio.sleep(PULL_EVERY_SECONDS)

    async def pull(self) -> None:
        """Take what waits now, unless there is enough to do already."""
        if self._taker.in_hand + MOST_AT_ONCE <= MOST_IN_HAND:
            for job in await self._database.read(self._look):
                self._taker.take(job)

    def _look(self, db: Connection) -> list[Job]:
        scopes, now = [served.scope for served in self._releases.all_current], self._clock()
        if not scopes:
            return []
        found = [Job("run", run_id, scope) for run_id, scope in journal.ready_runs(db, MOST_AT_ONCE, scopes)]
        found += [Job("turn", *row) for row in store.waiting_conversations(db, scopes, limit=MOST_AT_ONCE)]
        chats = outbox.due_chats(db, scopes, now, limit=MOST_AT_ONCE)
        return found + [Chat(scope, *chat).job for scope, *chat in chats]
