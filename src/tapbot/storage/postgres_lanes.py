"""The lanes of PostgreSQL: each a task with one connection. A write lane commits whatever waits together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any

import asyncpg
from sqlalchemy import Connection

from tapbot.storage.change import (
    MOST_CHANGES_A_COMMIT,
    Change,
    DatabaseBusy,
    DatabaseFull,
    DatabaseGone,
    OutcomeUnknown,
    Told,
    WriterFigures,
)
from tapbot.storage.faults import Faults
from tapbot.storage.postgres_session import NO_ROOM, TRY_AGAIN, ConnectionLost, Session, set_scope, sqlstate_of
from tapbot.storage.rows import batches, write_batch
from tapbot.telemetry import logger

LOG = logger("storage")
Waiting = asyncio.Queue[Change | None]
"""Changes, or reads, that wait for a lane; `None` ends one lane."""

QUICK_LOCK_WAIT = "50ms"
"""A change that waits longer for a row goes to the patient lane, so that it does not hold its neighbours up."""
LONE_LOCK_WAIT = "15s"
TRIES_ALONE = 8
FULL_SECONDS = 5.0
"""After so long callers may come back to a server without room."""
BACK_AGAIN_SECONDS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.0)


@dataclass(slots=True)
class Lines:
    """What all lanes of a database share."""

    faults: Faults
    told: Told | None
    wait_seconds: float
    """How long work waits for a server that is down."""
    figures: WriterFigures = field(default_factory=WriterFigures)
    unreachable: set[int] = field(default_factory=set)
    """Lanes whose last try to connect failed."""


class CommitLost(Exception):  # it says what happened; nobody outside sees it
    """The connection broke while the commit was on its way."""

    def __init__(self, transaction_id: str | None) -> None:
        super().__init__(transaction_id)
        self.transaction_id = transaction_id


class Lane:
    """Takes work from its queue, and keeps trying while the server is away.

    Args:
        role: Database role of its transactions; `None` for the one that logged in.
    """

    def __init__(self, session: Session, waiting: Waiting, lines: Lines, *, role: str | None) -> None:
        self._session = session
        self._waiting = waiting
        self._lines = lines
        self._set_role = f"SET LOCAL ROLE {role}; " if role else ""

    async def work(self) -> None:
        """Work until the queue says that it ends."""
        try:
            while (first := await self._waiting.get()) is not None:
                await self._finish(self._take(first))
        finally:
            await self._session.drop()

    def _take(self, first: Change) -> list[Change]:
        return [first]

    async def _finish(self, changes: list[Change]) -> None:
        """Give each change its outcome."""
        open_ones, tries = changes, 0
        while open_ones:
            for change in open_ones:
                change.forget()
            try:
                await self._session.open()
                self._lines.unreachable.discard(id(self))
                open_ones = await self._try(open_ones)
                tries = 0
            except CommitLost as lost:
                await self._session.drop()
                self._lines.figures.lost_connections += 1
                open_ones = await self._find_out(lost, open_ones)
            except ConnectionLost as lost:
                await self._session.drop()
                self._lines.unreachable.add(id(self))
                self._lines.figures.lost_connections += tries == 0
                open_ones = self._without_overdue(open_ones, lost)
                if open_ones:
                    await asyncio.sleep(BACK_AGAIN_SECONDS[min(tries, len(BACK_AGAIN_SECONDS) - 1)])
                tries += 1

    async def _try(self, changes: list[Change]) -> list[Change]:
        """Do the work; gives what is to be tried again.

        Raises:
            ConnectionLost: Nothing of it was kept.
            CommitLost: It is not known whether it was kept.
        """
        raise NotImplementedError

    async def _find_out(self, lost: CommitLost, changes: list[Change]) -> list[Change]:
        raise NotImplementedError

    def _without_overdue(self, changes: list[Change], lost: ConnectionLost) -> list[Change]:
        """Those that may wait longer; the others are told that the server is away."""
        oldest = asyncio.get_running_loop().time() - self._lines.wait_seconds
        for change in changes:
            if change.handed_in_at < oldest:
                change.fail(DatabaseGone(f"{lost}; nothing was written.", retry_after_seconds=2))
                change.deliver(None)
        return [change for change in changes if change.handed_in_at >= oldest]

    def _deliver(self, changes: Sequence[Change]) -> None:
        for change in changes:
            change.deliver(self._lines.told)


class ReadLane(Lane):
    """Runs queries, each on one view of what is committed."""

    async def _try(self, changes: list[Change]) -> list[Change]:
        [read] = changes
        for _ in range(TRIES_ALONE):
            await self._read(read)
            if read.error is None or not may_succeed(read.error):
                break
        self._deliver(changes)
        return []

    async def _read(self, read: Change) -> None:
        read.forget()
        scope = f"; {set_scope(read.scope)}" if read.scope else ""
        begin = f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {self._set_role}SELECT 1{scope}"
        await self._session.say(begin)
        try:
            read.result = await self._session.run(read.run)
        except ConnectionLost:
            raise
        except Exception as error:  # noqa: BLE001  # the boundary of a read: the caller gets the error
            read.fail(as_told(error, read.site))
        await self._session.say("ROLLBACK")
        self._session.clear()


class WriteLane(Lane):
    """Commits changes: those that wait together share a commit, each in a savepoint of its own.

    Args:
        patient: Where changes go that others hold up, or that fail together with their neighbours.
    """

    def __init__(self, session: Session, waiting: Waiting, lines: Lines, *, role: str | None, patient: Waiting) -> None:
        super().__init__(session, waiting, lines, role=role)
        self._patient = patient

    def _take(self, first: Change) -> list[Change]:
        changes = [first]
        while len(changes) < MOST_CHANGES_A_COMMIT and not self._waiting.empty():
            following = self._waiting.get_nowait()
            if following is None:
                self._waiting.put_nowait(None)  # the end comes after what waits
                break
            changes.append(following)
        return changes

    async def _try(self, changes: list[Change]) -> list[Change]:
        try:
            again = await (self._commit_together(changes) if len(changes) > 1 else self._commit_quickly(changes[0]))
        except asyncpg.PostgresError:  # as a whole: each by itself, so that each gets its own outcome
            await self._roll_back()
            again = changes
        self._deliver([change for change in changes if change not in again])
        for change in again:
            change.forget()
            self._patient.put_nowait(change)
        return []

    async def _commit_quickly(self, change: Change) -> list[Change]:
        """Commit one change, unless somebody is in its way; gives it back then."""
        error = await self._commit_one(change, QUICK_LOCK_WAIT)
        if error is not None and may_succeed(error):
            return [change]
        if error is not None:
            change.fail(error)
        return []

    async def _commit_together(self, changes: list[Change]) -> list[Change]:
        """Commit them in one transaction; gives those that must be tried by themselves."""
        again: list[Change] = []
        await self._session.say(self._begin(QUICK_LOCK_WAIT) + _open_savepoint(changes[0]))
        written = await self._write_batches(changes)
        singles = [change for change in changes if change not in written]
        for change, following in pairwise([*singles, None]):
            if change is not None and not await self._apply(change, following):
                again.append(change)
        kept = [change for change in changes if change not in again]
        await self._commit([change for change in kept if change.error is None])
        return again

    async def _write_batches(self, changes: list[Change]) -> list[Change]:
        """Write rows of one statement together; gives the changes that this settled. The rest goes one by one."""
        settled: list[Change] = []
        for batch in batches([one for one in changes if not self._lines.faults.drops(one.site)]):
            try:
                await self._session.run(partial(write_batch, changes=batch))
                await self._session.say("RELEASE one_change; SAVEPOINT one_change")
                settled += batch
            except ConnectionLost:
                raise
            except Exception:  # noqa: BLE001  # one of them fails: each by itself then, so that each gets its outcome
                await self._session.say("ROLLBACK TO one_change")
                for change in batch:
                    change.forget()
        return settled

    async def _apply(self, change: Change, following: Change | None) -> bool:
        """Run one change in its savepoint; `False` when it is to be tried again by itself.

        Raises:
            ConnectionLost: The transaction is gone.
        """
        then = f"; {_open_savepoint(following)}" if following else ""
        try:
            await self._run(change)
            dropped = self._lines.faults.drops(change.site)
            if dropped:
                change.told.clear()
            back = "ROLLBACK TO one_change; " if dropped else ""
            await self._session.say(f"{back}RELEASE one_change{then}")
        except ConnectionLost:
            raise
        except Exception as error:  # noqa: BLE001  # the boundary of the writer: the caller gets the error
            await self._session.say(f"ROLLBACK TO one_change; RELEASE one_change{then}")
            change.fail(as_told(error, change.site))
            return not may_succeed(error)
        return True

    async def _commit_one(self, change: Change, lock_wait: str) -> Exception | None:
        """Run and commit a change in a transaction of its own; gives what went wrong with it, if something did."""
        try:
            await self._session.say(self._begin(lock_wait) + _scope_of(change))
            await self._run(change)
            if self._lines.faults.drops(change.site):
                change.told.clear()
                await self._roll_back()
            else:
                await self._commit([change])
        except (ConnectionLost, CommitLost):
            raise
        except Exception as error:  # noqa: BLE001  # the boundary of the writer: the caller gets the error
            await self._roll_back()
            return as_told(error, change.site)
        return None

    async def _run(self, change: Change) -> None:
        def run(connection: Connection) -> Any:
            connection.info["told"] = change.told
            return change.run(connection)

        change.result = await self._session.run(run)

    async def _commit(self, changes: Sequence[Change]) -> None:
        """Commit what was run.

        Raises:
            CommitLost: The answer did not come.
            PostgresError: The server refused; nothing was kept.
        """
        faults = self._lines.faults
        transaction_id = await self._session.ask("SELECT pg_current_xact_id_if_assigned()::text")
        faults.before_commit([change.site for change in changes])
        try:
            tag = await self._session.say("COMMIT")
        except ConnectionLost as lost:
            raise CommitLost(transaction_id) from lost
        if tag != "COMMIT":
            raise asyncpg.InFailedSQLTransactionError("a change went on after a failed statement")
        faults.after_commit()
        self._session.clear()
        self._lines.figures.count(len(changes))

    async def _roll_back(self) -> None:
        await self._session.say("ROLLBACK")
        self._session.clear()

    def _begin(self, lock_wait: str) -> str:
        return f"BEGIN ISOLATION LEVEL READ COMMITTED; {self._set_role}SET LOCAL lock_timeout = '{lock_wait}'; "

    async def _find_out(self, lost: CommitLost, changes: list[Change]) -> list[Change]:
        """What is known to be undone is tried again; the callers of the rest are told that nobody knows.

        Only "aborted" is believed: after a crash a lost transaction's number may be given away again.
        """
        undone = lost.transaction_id is None or await self._was_aborted(lost.transaction_id)
        if undone:
            return changes
        for change in changes:
            if change.error is None:
                change.fail(OutcomeUnknown("the connection to PostgreSQL broke during a commit."))
        self._deliver(changes)
        return []

    async def _was_aborted(self, transaction_id: str) -> bool:
        deadline = asyncio.get_running_loop().time() + self._lines.wait_seconds
        while asyncio.get_running_loop().time() < deadline:
            try:
                await self._session.open()
                status = await self._session.ask(f"SELECT pg_xact_status('{int(transaction_id)}'::xid8)")
            except ConnectionLost:
                await self._session.drop()
                status = "in progress"
            except asyncpg.PostgresError:
                return False
            if status != "in progress":
                return bool(status == "aborted")
            await asyncio.sleep(0.1)
        return False


class PatientLane(WriteLane):
    """Commits one change at a time, and waits until nobody is in its way."""

    def _take(self, first: Change) -> list[Change]:
        return [first]

    async def _try(self, changes: list[Change]) -> list[Change]:
        await self._commit_alone(changes[0])
        return []

    async def _commit_alone(self, change: Change) -> None:
        for tries in range(1, TRIES_ALONE + 1):
            change.forget()
            error = await self._commit_one(change, LONE_LOCK_WAIT)
            if error is None:
                break
            if not may_succeed(error):
                change.fail(error)
                break
            change.fail(DatabaseBusy("others hold what this change needs; nothing was written.", retry_after_seconds=1))
            await asyncio.sleep(0.01 * tries)
        self._deliver([change])


def _open_savepoint(change: Change) -> str:
    return f"SAVEPOINT one_change; {_scope_of(change)}"


def _scope_of(change: Change) -> str:
    """The command that limits a change to its scope; without one, a command that does nothing."""
    return set_scope(change.scope) if change.scope else "SELECT 1"


def may_succeed(error: BaseException) -> bool:
    """Whether the same change may succeed when it is tried again."""
    return sqlstate_of(error) in TRY_AGAIN


def as_told(error: Exception, site: str) -> Exception:
    """An error as callers get it: a server without room is no fault of theirs, and they may come back."""
    what = NO_ROOM.get(sqlstate_of(error) or "")
    if what is None:
        return error
    LOG.error("the database refuses", reason=what, site=site)
    full = DatabaseFull(f"{what}; nothing was written.", retry_after_seconds=FULL_SECONDS)
    full.__cause__ = error
    return full
