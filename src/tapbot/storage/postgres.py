"""PostgreSQL: a few lanes that read, and a few that commit together what waits together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import Connection

from tapbot.storage.change import MOST_WAITING, Change, DatabaseBusy, DatabaseClosed, Told, WriterFigures
from tapbot.storage.database import Database, ScopedDatabase
from tapbot.storage.faults import NO_FAULTS, Faults
from tapbot.storage.postgres_lanes import Lane, Lines, ReadLane, Waiting, WriteLane
from tapbot.storage.postgres_session import Session, postgres_engine
from tapbot.storage.roles import ENGINE_ROLE, REQUEST_ROLE
from tapbot.storage.types import Scope

T = TypeVar("T")

WAIT_SECONDS = 20.0


class _Desk:
    """The lanes of one role, and the work that waits for them."""

    def __init__(self, reads: Waiting, changes: Waiting, lanes: Sequence[Lane]) -> None:
        self.reads = reads
        self.changes = changes
        self.lanes = lanes


class PostgresDatabase:
    """A PostgreSQL database. Make it inside a running event loop, which its lanes work in."""

    def __init__(
        self,
        url: str,
        *,
        faults: Faults = NO_FAULTS,
        told: Told | None = None,
        read_lanes: int = 4,
        write_lanes: int = 1,
        wait_seconds: float = WAIT_SECONDS,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        """Begin; connections are made when they are needed.

        Args:
            url: `postgresql://user:password@host:port/database`.
            faults: Faults on demand.
            told: Hears of facts after their commit.
            read_lanes: Connections for reading, for each of the two roles.
            write_lanes: Connections for writing; the role of requests has one.
            wait_seconds: How long work waits for a server that is down.
            most_waiting: Changes that may wait; more are refused.
        """
        self._engine = postgres_engine(url)
        self._lines = Lines(faults, told, wait_seconds)
        self._most_waiting = most_waiting
        self._crossing = self._desk(ENGINE_ROLE, read_lanes, write_lanes)
        self._limited = self._desk(REQUEST_ROLE, read_lanes, 1)
        desks = (self._crossing, self._limited)
        self._tasks = [asyncio.create_task(lane.work()) for desk in desks for lane in desk.lanes]
        self._closed = False

    def _desk(self, role: str, read_lanes: int, write_lanes: int) -> _Desk:
        reads: Waiting = asyncio.Queue()
        changes: Waiting = asyncio.Queue()
        lanes: list[Lane] = [ReadLane(Session(self._engine), reads, self._lines, role=role) for _ in range(read_lanes)]
        lanes += [WriteLane(Session(self._engine), changes, self._lines, role=role) for _ in range(write_lanes)]
        return _Desk(reads, changes, lanes)

    async def read(self, query: Callable[[Connection], T], *, scope: Scope | None = None) -> T:
        """See `Database.read`."""
        return await self._hand_in(self._desk_of(scope).reads, "read", query, scope)

    async def write(self, site: str, change: Callable[[Connection], T], *, scope: Scope | None = None) -> T:
        """See `Database.write`."""
        return await self._hand_in(self._desk_of(scope).changes, site, change, scope)

    def scoped(self, scope: Scope) -> Database:
        """See `OpenDatabase.scoped`: the server itself shows and takes nothing else."""
        return ScopedDatabase(self, scope)

    def _desk_of(self, scope: Scope | None) -> _Desk:
        return self._crossing if scope is None else self._limited

    async def _hand_in(self, waiting: Waiting, site: str, run: Callable[[Connection], T], scope: Scope | None) -> T:
        if self._closed:
            raise DatabaseClosed("The server is stopping; nothing was written.")
        if waiting.qsize() >= self._most_waiting:
            self.figures.refused += 1
            raise DatabaseBusy("too much waits for the database; nothing was written.", retry_after_seconds=1)
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        waiting.put_nowait(Change(site, run, done, loop, scope, loop.time()))
        # A commit on its way cannot be called back: a cancelled caller still waits for its outcome.
        return await asyncio.shield(done)

    @property
    def healthy(self) -> bool:
        """Whether the server can be reached, as far as was seen, and changes are taken."""
        return not self._closed and not self._lines.unreachable

    @property
    def waiting(self) -> int:
        """Changes that no lane has taken yet."""
        return self._crossing.changes.qsize() + self._limited.changes.qsize()

    @property
    def figures(self) -> WriterFigures:
        """What was written so far."""
        return self._lines.figures

    async def close(self) -> None:
        """See `Database.close`."""
        if not self._closed:
            self._closed = True
            for desk in (self._crossing, self._limited):
                for lane in desk.lanes:
                    (desk.reads if isinstance(lane, ReadLane) else desk.changes).put_nowait(None)
            await asyncio.gather(*self._tasks)
            await self._engine.dispose()
