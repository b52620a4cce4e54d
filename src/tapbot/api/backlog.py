"""Back-pressure at the edge: whoever has too much waiting is asked to come back later, project by project."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import Connection

from tapbot.errors import TooMany
from tapbot.inbox.store import count_unanswered
from tapbot.storage.database import Database
from tapbot.storage.types import Scope
from tapbot.workflow.journal import count_ready

MOST_IN_FLIGHT = 500
SHARE = 4
"""A project may hold at most this many times what is free of the requests in flight."""
COUNT_EVERY_SECONDS = 1.0
RETRY_SECONDS = 2.0


class Backlog:
    """Counts what was accepted and not begun.

    Args:
        most: Most of one project.
        waiting_here: What of a project waits in this process for a slot.
    """

    def __init__(self, database: Database, *, most: int, waiting_here: Callable[[Scope], int]) -> None:
        self._database = database
        self._most = most
        self._waiting_here = waiting_here
        self._counted: Counter[Scope] = Counter()
        self._since: Counter[Scope] = Counter()
        self._in_flight: dict[Scope, int] = {}

    async def count_forever(self) -> None:
        """Count anew each second while something comes or waits, until the task is cancelled."""
        while True:
            if self._since or self._counted:
                await self.count()
            await asyncio.sleep(COUNT_EVERY_SECONDS)

    async def count(self) -> None:
        """Count anew."""
        before = Counter(self._since)
        self._counted = await self._database.read(self._count)
        self._since -= before  # what came while it was being counted may count twice, for a second

    def check(self, scope: Scope) -> None:
        """Let one more in.

        Raises:
            TooMany: Too much of this project waits already.
        """
        waiting = self._counted[scope] + self._since[scope] + self._waiting_here(scope)
        if waiting >= self._most:
            raise TooMany("Too much waits to be worked on.", retry_after_seconds=RETRY_SECONDS, code="server.backlog")
        self._since[scope] += 1

    def in_flight(self, scope: Scope) -> AbstractContextManager[None]:
        """Count a request while it is answered, as long as the block lasts.

        Raises:
            TooMany: Too many are, of all projects or of this one.
        """
        return _InFlight(self, scope)

    def enter(self, scope: Scope) -> None:
        """See `in_flight`; whoever entered has to `leave`."""
        mine = self._in_flight.get(scope, 0)
        if mine >= SHARE * (MOST_IN_FLIGHT - sum(self._in_flight.values())):
            raise TooMany("Too many webhooks are being answered.", retry_after_seconds=1, code="webhook.busy")
        self._in_flight[scope] = mine + 1

    def leave(self, scope: Scope) -> None:
        """The request was answered."""
        left = self._in_flight[scope] - 1
        if left:
            self._in_flight[scope] = left
        else:
            del self._in_flight[scope]

    def _count(self, db: Connection) -> Counter[Scope]:
        return Counter(count_ready(db)) + Counter(count_unanswered(db))


class _InFlight(AbstractContextManager[None]):
    """One request in flight. A class, because each webhook makes one, and a generator costs three times as much."""

    __slots__ = ("_backlog", "_scope")

    def __init__(self, backlog: Backlog, scope: Scope) -> None:
        self._backlog = backlog
        self._scope = scope

    def __enter__(self) -> None:
        self._backlog.enter(self._scope)

    def __exit__(self, *_: object) -> None:
        self._backlog.leave(self._scope)
