"""PostgreSQL: a few lanes that read, a few that commit together what waits together, and one with patience."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from tapbot.storage.change import MOST_WAITING, Change, DatabaseBusy, DatabaseClosed, Told, Waiter, WriterFigures
from tapbot.storage.database import Database, ScopedDatabase
from tapbot.storage.faults import NO_FAULTS, Faults
from tapbot.storage.postgres_lanes import Lines, PatientLane, ReadLane, Waiting, WriteLane
from tapbot.storage.postgres_session import Session, postgres_engine
from tapbot.storage.roles import ENGINE_ROLE, REQUEST_ROLE
from tapbot.storage.types import Scope

T = TypeVar("T")

WAIT_SECONDS = 20.0


SLOW_SITES = ("project.", "sweep.")
"""Beginnings of the names of changes that may take seconds: leases must not lapse because of them."""


class _Desk:
    """The lanes of one role, and the work that waits for them."""

    def __init__(self, engine: AsyncEngine, lines: Lines, role: str, *, read_lanes: int, write_lanes: int) -> None:
        self.reads: Waiting = asyncio.Queue()
        self.changes: Waiting = asyncio.Queue()
        self.patient: Waiting = asyncio.Queue()
        reading = [ReadLane(Session(engine), self.reads, lines, role=role) for _ in range(read_lanes)]
        writing = [
            WriteLane(Session(engine), self.changes, lines, role=role, patient=self.patient) for _ in range(write_lanes)
        ]
        patient = PatientLane(Session(engine), self.patient, lines, role=role, patient=self.patient)
        self._reading = [asyncio.create_task(lane.work()) for lane in reading]
        self._writing = [asyncio.create_task(lane.work()) for lane in writing]
        self._last = asyncio.create_task(patient.work())

    def changes_for(self, site: str) -> Waiting:
        """Where a change of this name waits."""
        return self.patient if site.startswith(SLOW_SITES) else self.changes

    @property
    def waiting(self) -> int:
        """Changes that no lane has taken yet."""
        return self.changes.qsize() + self.patient.qsize()

    async def close(self) -> None:
        """End the lanes after what waits: the patient one last, since the others hand over to it."""
        for tasks, waiting in (
            (self._reading, self.reads),
            (self._writing, self.changes),
            ([self._last], self.patient),
        ):
            for _ in tasks:
                waiting.put_nowait(None)
            await asyncio.gather(*tasks)


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
            write_lanes: Connections for writing; the role of requests has one. Beside them each role has one more,
                for changes that are slow or that others hold up.
            wait_seconds: How long work waits for a server that is down.
            most_waiting: Changes that may wait; more are refused.
        """
        self._engine = postgres_engine(url)
        self._lines = Lines(faults, told, wait_seconds)
        self._most_waiting = most_waiting
        lanes = {"read_lanes": read_lanes, "write_lanes": write_lanes}
        self._crossing = _Desk(self._engine, self._lines, ENGINE_ROLE, **lanes)
        self._limited = _Desk(self._engine, self._lines, REQUEST_ROLE, **lanes | {"write_lanes": 1})
        self._closed = False

    async def read(self, query: Callable[[Connection], T], *, scope: Scope | None = None) -> T:
        """See `Database.read`."""
        return await self._handed_in(self._desk_of(scope).reads, "read", query, scope)

    async def write(self, site: str, change: Callable[[Connection], T], *, scope: Scope | None = None) -> T:
        """See `Database.write`."""
        return await self._handed_in(self._desk_of(scope).changes_for(site), site, change, scope)

    def hand_in(
        self, site: str, change: Callable[[Connection], Any], done: Waiter, *, scope: Scope | None = None
    ) -> None:
        """See `Database.hand_in`."""
        self._put(self._desk_of(scope).changes_for(site), site, change, done, scope)

    def scoped(self, scope: Scope) -> Database:
        """See `OpenDatabase.scoped`: the server itself shows and takes nothing else."""
        return ScopedDatabase(self, scope)

    def _desk_of(self, scope: Scope | None) -> _Desk:
        return self._crossing if scope is None else self._limited

    async def _handed_in(self, waiting: Waiting, site: str, run: Callable[[Connection], T], scope: Scope | None) -> T:
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._put(waiting, site, run, done, scope)
        # A commit on its way cannot be called back: a cancelled caller still waits for its outcome.
        return await asyncio.shield(done)

    def _put(
        self, waiting: Waiting, site: str, run: Callable[[Connection], Any], done: Waiter, scope: Scope | None
    ) -> None:
        if self._closed:
            raise DatabaseClosed("The server is stopping; nothing was written.")
        if waiting.qsize() >= self._most_waiting:
            self.figures.refused += 1
            raise DatabaseBusy("too much waits for the database; nothing was written.", retry_after_seconds=1)
        loop = asyncio.get_running_loop()
        waiting.put_nowait(Change(site, run, done, loop, scope, loop.time()))

    @property
    def healthy(self) -> bool:
        """Whether the server can be reached, as far as was seen, and changes are taken."""
        return not self._closed and not self._lines.unreachable

    @property
    def waiting(self) -> int:
        """Changes that no lane has taken yet."""
        return self._crossing.waiting + self._limited.waiting

    @property
    def figures(self) -> WriterFigures:
        """What was written so far."""
        return self._lines.figures

    async def close(self) -> None:
        """See `Database.close`."""
        if not self._closed:
            self._closed = True
            await asyncio.gather(self._crossing.close(), self._limited.close())
            await self._engine.dispose()
