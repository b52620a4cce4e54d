"""Who works on a run: claims, leases by the database's clock, and runs whose holder is gone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, literal, select, update

from tapbot.storage.columns import Utc, within, within_any
from tapbot.storage.sql import database_ms
from tapbot.storage.types import Scope
from tapbot.workflow.journal.changes import database_now, note_change, note_changes
from tapbot.workflow.journal.limits import NO_PLACE, give_places_back, has_place, take_places
from tapbot.workflow.journal.records import LEASE_MS, Fence, NewRun, is_now, run_of, tell_status
from tapbot.workflow.tables import runs

MOST_FREED_AT_ONCE = 500


def claim_run(db: Connection, run_id: str, *, holder: str, now: datetime) -> tuple[NewRun, Fence] | None:
    """Take over a run that nobody works on; `None` when it is over or held, or when its groups are full.

    The new attempt number fences off whoever held it before.
    """
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
