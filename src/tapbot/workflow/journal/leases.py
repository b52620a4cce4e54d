"""Who works on a run: claims, leases by the database's clock, and runs whose holder is gone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, literal, select, union_all, update

from tapbot.storage.columns import Utc, within, within_any
from tapbot.storage.sql import database_ms
from tapbot.storage.types import Scope
from tapbot.workflow.journal.changes import database_now, note_change, note_changes
from tapbot.workflow.journal.limits import NO_PLACE, give_places_back, has_place, take_places
from tapbot.workflow.journal.records import LEASE_MS, Fence, NewRun, is_now, run_of, tell_status
from tapbot.workflow.tables import runs

MOST_FREED_AT_ONCE = 500
HIGHEST_PRIORITY, LOWEST_PRIORITY = 1, 9
PRIORITY_SECONDS = 30.0
"""So much waiting makes up for one step of priority."""
PRIORITY_WORTH = timedelta(seconds=PRIORITY_SECONDS)
MOST_TRIES = 3


# Statements are made once: composing one costs more than running it.
_LOCK_READY = (
    select(runs.c.run_id)
    .where(runs.c.run_id == bindparam("of_run_id"), is_now("ready"))
    .with_for_update(skip_locked=True)
)
_READY = (
    runs.c.project_id == bindparam("of_project"),
    runs.c.environment == bindparam("of_environment"),
    is_now("ready"),
    runs.c.parent_run_id.is_(None),
)
_LOCK_FIRST = (
    select(runs.c.run_id)
    .where(*_READY, runs.c.priority == bindparam("of_priority"), has_place())
    .order_by(runs.c.created_at)
    .limit(1)
    .with_for_update(skip_locked=True, of=runs)
)


def _oldest(priority: int) -> Select[Any]:
    """When the oldest ready run of a priority was accepted: one look into the index."""
    of_priority = select(runs.c.created_at).where(*_READY, runs.c.priority == priority, has_place())
    oldest = of_priority.order_by(runs.c.created_at).limit(1).subquery()
    return select(literal(priority).label("priority"), oldest.c.created_at)


_HEADS = union_all(*map(_oldest, range(HIGHEST_PRIORITY, LOWEST_PRIORITY + 1)))


def claim_run(db: Connection, run_id: str, *, holder: str, now: datetime) -> tuple[NewRun, Fence] | None:
    """Take over a run that nobody works on; `None` when it is over or held, or when its groups are full.

    The new attempt number fences off whoever held it before. A run that another process is just claiming is left to
    it: that process may be paused in the middle, and whoever waited for it would hold up all that waits behind.
    """
    if db.execute(_LOCK_READY, {"of_run_id": run_id}).first() is None:
        return None
    return _claim_locked(db, run_id, holder=holder, now=now)


def claim_next(db: Connection, scope: Scope, *, holder: str, now: datetime) -> tuple[NewRun, Fence] | None:
    """Take over the run of a project that goes first; `None` when none is ready whose groups have a place.

    A more important run goes first, but each run gains importance as it waits, so that none waits for ever: a run that
    was accepted `PRIORITY_SECONDS` earlier goes before one whose priority is better by one. Processes that claim side
    by side each get another run.
    """
    whose = {"of_project": scope.project_id, "of_environment": scope.environment}
    heads = db.execute(_HEADS, whose).all()
    for priority, _ in sorted(heads, key=lambda head: head.created_at + head.priority * PRIORITY_WORTH):
        for _ in range(MOST_TRIES):  # another process may take the last place of a group
            run_id = db.execute(_LOCK_FIRST, whose | {"of_priority": priority}).scalar_one_or_none()
            if run_id is None:
                break
            claimed = _claim_locked(db, run_id, holder=holder, now=now)
            if claimed is not None:
                return claimed
    return None


def _claim_locked(db: Connection, run_id: str, *, holder: str, now: datetime) -> tuple[NewRun, Fence] | None:
    """Claim a ready run whose row this transaction has locked."""
    if not take_places(db, run_id):
        full = update(runs).where(runs.c.run_id == run_id, is_now("ready"), runs.c.reason.is_(None))
        db.execute(full.values(reason=NO_PLACE))
        return None
    claim = (
        update(runs)
        .where(runs.c.run_id == run_id, is_now("ready"))
        .values(
            status="running",
            lease_holder=holder,
            lease_until_ms=database_ms() + LEASE_MS,
            attempt=runs.c.attempt + 1,
            begun=runs.c.begun + 1,
            started_at=func.coalesce(runs.c.started_at, literal(now, Utc())),
            wake_at=None,
            reason=None,
        )
        .returning(*[column for column in runs.c if column.name not in {"parked", "history", "output"}])
    )
    row = db.execute(claim).mappings().one_or_none()
    if row is None:
        return None
    new, attempt = run_of(dict(row)), int(row["attempt"])
    if attempt > 1:
        message = f"Attempt {attempt} began in {holder}."
        note_change(db, new.scope, run_id, "running", "run.resumed", message, now=now)
    return new, Fence(run_id, attempt)


def renew_leases(db: Connection, holder: str) -> list[str]:
    """Keep what a process works on for another while; gives the ids of the runs that are still its own."""
    renewal = (
        update(runs)
        .where(_root(), is_now("running"), runs.c.lease_holder == holder)
        .values(lease_until_ms=database_ms() + LEASE_MS)
        .returning(runs.c.run_id)
    )
    return list(db.execute(renewal).scalars())


def forget_runs(db: Connection, holder: str, run_ids: Collection[str]) -> list[str]:
    """Make runs ready that a process holds and does not know of: a claim was kept, and its answer lost."""
    unknown = runs.c.run_id.in_(run_ids) & is_now("running") & (runs.c.lease_holder == holder)
    return _free(db, _root() & unknown, "process.forgot", "The process that claimed it never heard that it has it.")


def free_lapsed(db: Connection, limit: int = MOST_FREED_AT_ONCE) -> list[str]:
    """Make the runs ready whose holder did not renew its lease, and name them; its writes are refused from now on."""
    lapsed = (
        select(runs.c.run_id)
        .where(_root(), is_now("running"), runs.c.lease_until_ms < database_ms())
        .order_by(runs.c.lease_until_ms)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return _free(db, runs.c.run_id.in_(lapsed), "lease.lapsed", "The process that worked on it fell silent.")


def free_abandoned_runs(db: Connection, scopes: Collection[Scope], *, holder: str) -> list[str]:
    """Make the runs of processes that are gone ready again, and name every ready one, oldest first.

    In the embedded set-up the lock on the data folder proves that no other process lives. Runs of projects that are
    not served now wait for the day that they are.
    """
    gone = within_any(runs, scopes) & (is_now("running")) & runs.c.lease_holder.is_distinct_from(holder)
    _free(db, _root() & gone, "process.gone", "The process that worked on it is gone.")
    ready = select(runs.c.run_id).where(within_any(runs, scopes), is_now("ready"), _root())
    return list(db.execute(ready.order_by(runs.c.priority, runs.c.created_at)).scalars())


def release_runs(db: Connection, holder: str) -> list[str]:
    """Make ready what a process works on, as it stops: others go on with it at once."""
    mine = (is_now("running")) & (runs.c.lease_holder == holder)
    return _free(db, _root() & mine, "process.stopped", "The process that worked on it was stopped.")


def ready_runs(db: Connection, limit: int, scopes: Iterable[Scope] | None = None) -> list[tuple[str, Scope]]:
    """Runs that somebody should claim: by priority, then the oldest first, and each project in its turn.

    Runs whose groups are full are left out.

    Args:
        scopes: Projects to look at; all when not given.
    """
    if scopes is None:
        whose = select(runs.c.project_id, runs.c.environment).where(is_now("ready"), _root()).distinct()
        scopes = [Scope(*row) for row in db.execute(whose)]
    found = [[(run_id, scope) for run_id in _ready_in(db, scope, limit)] for scope in scopes]
    return _in_turn(found)[:limit]


def _ready_in(db: Connection, scope: Scope, limit: int) -> list[str]:
    query = select(runs.c.run_id).where(within(runs, scope), is_now("ready"), _root(), has_place())
    return list(db.execute(query.order_by(runs.c.priority, runs.c.created_at).limit(limit)).scalars())


def _in_turn(found: Sequence[Sequence[tuple[str, Scope]]]) -> list[tuple[str, Scope]]:
    """The first of each project, then the second of each: a flood in one does not hold up another."""
    longest = max(map(len, found), default=0)
    return [of_scope[place] for place in range(longest) for of_scope in found if place < len(of_scope)]


def _root() -> ColumnElement[bool]:
    """Children are worked on with their root; they have no lease of their own."""
    return runs.c.parent_run_id.is_(None)


def _free(db: Connection, which: ColumnElement[bool], reason: str, message: str) -> list[str]:
    """Make running runs ready, with a reason."""
    freeing = (
        update(runs)
        .where(which)
        .values(status="ready", lease_holder=None, lease_until_ms=None, reason=None)
        .returning(runs.c.run_id, runs.c.project_id, runs.c.environment)
    )
    freed = [(Scope(row.project_id, row.environment), row.run_id) for row in db.execute(freeing)]
    if freed:
        now = database_now(db)
        note_changes(db, freed, "ready", reason, message, now=now)
        give_places_back(db, [run_id for _, run_id in freed], now=now)
        for scope, run_id in freed:
            tell_status(db, scope, run_id, "ready", now)
    return [run_id for _, run_id in freed]
