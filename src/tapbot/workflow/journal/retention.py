"""What is old, too many or too large goes; what is in doubt stays for a person."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from tapbot.storage.columns import within
from tapbot.storage.types import Scope
from tapbot.workflow.tables import run_blobs, run_changes, run_groups, runs, steps, waits

FORGETTABLE = ("succeeded", "failed", "cancelled")


def forget_finished(db: Connection, moment: datetime, *, limit: int) -> int:
    """Delete up to `limit` runs that ended before a moment, with all that belongs to them."""
    old = select(runs.c.run_id).where(runs.c.finished_at < moment, runs.c.status.in_(FORGETTABLE))
    return _forget(db, list(db.execute(old.order_by(runs.c.finished_at).limit(limit)).scalars()))


def forget_beyond(db: Connection, scope: Scope, *, most_runs: int | None, most_bytes: int | None, limit: int) -> int:
    """Delete up to `limit` of a project's oldest finished runs, as long as it keeps too many or too much."""
    finished = within(runs, scope) & runs.c.status.in_(FORGETTABLE)
    count, size_bytes = db.execute(
        select(func.count(), func.coalesce(func.sum(runs.c.size_bytes), 0)).where(finished)
    ).one()
    over_runs = max(0, count - most_runs) if most_runs is not None else 0
    over_bytes = max(0, size_bytes - most_bytes) if most_bytes is not None else 0
    if not over_runs and not over_bytes:
        return 0
    oldest = select(runs.c.run_id, runs.c.size_bytes).where(finished).order_by(runs.c.finished_at).limit(limit)
    chosen: list[str] = []
    for run_id, run_bytes in db.execute(oldest):
        if len(chosen) >= over_runs and over_bytes <= 0:
            break
        chosen.append(run_id)
        over_bytes -= run_bytes or 0
    return _forget(db, chosen)


def _forget(db: Connection, run_ids: Collection[str]) -> int:
    if run_ids:
        for table in (steps, run_changes, run_groups, run_blobs, waits, runs):
            db.execute(delete(table).where(table.c.run_id.in_(run_ids)))
    return len(run_ids)


MOST_AT_ONCE = 500


def find_runs_of(db: Connection, scope: Scope, conversation_ids: Collection[str]) -> list[str]:
    """Ids of all runs of some conversations, and of the runs that those began, whatever their status."""
    found: dict[str, None] = {}
    for ids in batched(conversation_ids):
        query = select(runs.c.run_id).where(within(runs, scope), runs.c.conversation_id.in_(ids))
        found.update(dict.fromkeys(db.execute(query).scalars()))
    fresh = list(found)
    while fresh:
        children: dict[str, None] = {}
        for ids in batched(fresh):
            query = select(runs.c.run_id).where(within(runs, scope), runs.c.parent_run_id.in_(ids))
            children.update(dict.fromkeys(db.execute(query).scalars()))
        fresh = [run_id for run_id in children if run_id not in found]
        found.update(dict.fromkeys(fresh))
    return list(found)


def erase_runs(db: Connection, scope: Scope, run_ids: Collection[str]) -> dict[str, int]:
    """Delete runs with all that belongs to them; gives the number of rows by table. Whoever works on one is refused."""
    gone: dict[str, int] = {}
    for ids in batched(run_ids):
        for table in (steps, run_changes, run_groups, run_blobs, waits, runs):
            rows = db.execute(delete(table).where(within(table, scope), table.c.run_id.in_(ids))).rowcount
            gone[table.name] = gone.get(table.name, 0) + rows
    return gone


def batched(ids: Collection[str]) -> Iterator[list[str]]:
    """Ids in portions that one statement takes."""
    known = list(ids)
    for start in range(0, len(known), MOST_AT_ONCE):
        yield known[start : start + MOST_AT_ONCE]
