"""Groups of runs of which only some run at once: by workflow, by project, or by a key of the workflow's own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, exists, func, insert, select, update

from tapbot.storage.columns import owned, within
from tapbot.storage.sql import insert_new
from tapbot.storage.types import Scope
from tapbot.workflow.journal.records import Group, is_now, tell_status
from tapbot.workflow.tables import group_locks, run_groups, runs

NO_PLACE = "limit.concurrency"
"""Reason of a run that is ready and waits for others of its group."""

_other = run_groups.alias("other")
IS_LIMITED = exists().where(run_groups.c.run_id == runs.c.run_id)
"""Whether a run belongs to a group."""
_taken = (
    select(func.count())
    .select_from(_other)
    .where(
        _other.c.project_id == run_groups.c.project_id,
        _other.c.environment == run_groups.c.environment,
        _other.c.group_key == run_groups.c.group_key,
        _other.c.held == 1,
    )
    .scalar_subquery()
)


def has_place() -> ColumnElement[bool]:
    """The condition that no group of a run is full."""
    return ~exists().where(run_groups.c.run_id == runs.c.run_id, run_groups.c.most <= _taken)


def join_groups(db: Connection, scope: Scope, run_id: str, groups: Sequence[Group]) -> None:
    """Put a new run into its groups."""
    if groups:
        rows = [owned(scope) | {"run_id": run_id, "group_key": group.key, "most": group.most} for group in groups]
        db.execute(insert(run_groups), rows)


def take_places(db: Connection, run_id: str) -> bool:
    """Take a place in each group of a run; `False`, and none is taken, when one of them is full.

    Whoever counts a group locks it first, in the order of the keys, so that two processes never both take the last.
    """
    mine = db.execute(select(run_groups).where(run_groups.c.run_id == run_id).order_by(run_groups.c.group_key))
    groups = mine.mappings().all()
    for group in groups:
        scope = Scope(group["project_id"], group["environment"])
        key = group["group_key"]
        db.execute(insert_new(group_locks), owned(scope) | {"group_key": key})
        lock = select(group_locks.c.group_key).where(within(group_locks, scope), group_locks.c.group_key == key)
        db.execute(lock.with_for_update())
        held = select(func.count()).where(
            within(run_groups, scope), run_groups.c.group_key == key, run_groups.c.held == 1
        )
        if db.execute(held).scalar_one() >= group["most"]:
            return False
    if groups:
        ready = exists().where(runs.c.run_id == run_id, is_now("ready"))
        db.execute(update(run_groups).where(run_groups.c.run_id == run_id, ready).values(held=1))
    return True


def give_places_back(db: Connection, run_ids: Collection[str], *, now: datetime) -> None:
    """Runs no longer run: for each place that they had, the next ready run of the group is told of."""
    freed = db.execute(
        update(run_groups)
        .where(run_groups.c.run_id.in_(run_ids), run_groups.c.held == 1)
        .values(held=0)
        .returning(run_groups.c.project_id, run_groups.c.environment, run_groups.c.group_key)
    ).all()
    for project_id, environment, key in freed:
        following = _next_ready(db, Scope(project_id, environment), key)
        if following is not None:
            tell_status(db, Scope(project_id, environment), following, "ready", now)


def _next_ready(db: Connection, scope: Scope, key: str) -> str | None:
    query = (
        select(runs.c.run_id)
        .join(run_groups, run_groups.c.run_id == runs.c.run_id)
        .where(within(run_groups, scope), run_groups.c.group_key == key, run_groups.c.held == 0)
        .where(is_now("ready"))
    )
    found: str | None = db.execute(query.order_by(runs.c.priority, runs.c.created_at).limit(1)).scalar_one_or_none()
    return found
