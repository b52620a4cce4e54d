"""Looks into the database for work that no job told of: the broker lost it, or there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import chain

from sqlalchemy import Connection

from tapbot.inbox import outbox, store
from tapbot.project.served import ReleaseBook
from tapbot.storage.database import Database
from tapbot.storage.types import Scope
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
        """Take what waits now of the projects that have not enough to do here already."""
        in_hand = self._taker.in_hand_by_project()
        most = MOST_AT_ONCE if in_hand.total() + MOST_AT_ONCE > MOST_IN_HAND else MOST_IN_HAND
        scopes = [served.scope for served in self._releases.all_current if in_hand[served.scope] < most]
        if scopes:
            for job in await self._database.read(lambda db: self._look(db, scopes)):
                self._taker.take(job)

    def _look(self, db: Connection, scopes: Sequence[Scope]) -> list[Job]:
        """What waits. Where one project has more than is taken at once, the others are looked at one by one."""
        found = self._waiting(db, scopes)
        if max(map(len, found)) >= MOST_AT_ONCE and len(scopes) > 1:
            found = [jobs for scope in scopes for jobs in self._waiting(db, [scope])]
        return list(chain.from_iterable(found))

    def _waiting(self, db: Connection, scopes: Sequence[Scope]) -> list[list[Job]]:
        """Runs, turns and messages that wait, each up to a limit."""
        conversations = store.waiting_conversations(db, scopes, limit=MOST_AT_ONCE)
        chats = outbox.due_chats(db, scopes, self._clock(), limit=MOST_AT_ONCE)
        return [
            [Job("run", run_id, scope) for run_id, scope in journal.ready_runs(db, MOST_AT_ONCE, scopes)],
            [Job("turn", conversation_id, scope) for conversation_id, scope in conversations],
            [Chat(scope, *chat).job for scope, *chat in chats],
        ]
