"""What a node saw in earlier runs: values, or the highest of them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, func, select

from tapbot.storage.columns import owned, within
from tapbot.storage.sql import insert_new, lock_until_commit
from tapbot.storage.types import Scope
from tapbot.workflow.tables import seen_values

AT_ONCE = 500
"""Most values in one statement."""


def lock_seen(db: Connection, scope: Scope, workflow_id: str, node: str) -> None:
    """Nobody else changes what this node saw until this transaction ends."""
    lock_until_commit(db, "seen", scope.project_id, scope.environment, workflow_id, node)


def read_seen(
    db: Connection, scope: Scope, workflow_id: str, node: str, kind: str, among: Collection[str] | None = None
) -> set[str]:
    """What was seen.

    Args:
        among: Look for these alone.
    """
    mine = _mine(scope, workflow_id, node) & (seen_values.c.kind == kind)
    if among is None:
        return set(db.scalars(select(seen_values.c.value).where(mine)))
    wanted, found = sorted(among), set[str]()
    for first in range(0, len(wanted), AT_ONCE):
        some = seen_values.c.value.in_(wanted[first : first + AT_ONCE])
        found |= set(db.scalars(select(seen_values.c.value).where(mine, some)))
    return found


def keep_seen(
    db: Connection,
    scope: Scope,
    workflow_id: str,
    node: str,
    kind: str,
    values: Collection[str],
    *,
    most: int,
    now: datetime,
) -> None:
    """Keep what was seen; beyond a number the oldest are forgotten.

    Args:
        most: How many values are kept.
    """
    whose = owned(scope) | {"workflow_id": workflow_id, "node": node, "kind": kind}
    for value in sorted(values):
        db.execute(insert_new(seen_values), whose | {"value": value, "seen_at": now})
    mine = _mine(scope, workflow_id, node) & (seen_values.c.kind == kind)
    number = db.execute(select(func.count()).select_from(seen_values).where(mine)).scalar_one()
    oldest = select(seen_values.c.value).where(mine).order_by(seen_values.c.seen_at, seen_values.c.value)
    forgotten = list(db.scalars(oldest.limit(max(0, number - most))))
    for first in range(0, len(forgotten), AT_ONCE):
        db.execute(delete(seen_values).where(mine, seen_values.c.value.in_(forgotten[first : first + AT_ONCE])))


def forget_seen(db: Connection, scope: Scope, workflow_id: str, node: str, kind: str | None = None) -> None:
    """Forget what a node saw; of all kinds, or of one."""
    mine = _mine(scope, workflow_id, node)
    db.execute(delete(seen_values).where(mine if kind is None else mine & (seen_values.c.kind == kind)))


def _mine(scope: Scope, workflow_id: str, node: str) -> ColumnElement[bool]:
    return within(seen_values, scope) & (seen_values.c.workflow_id == workflow_id) & (seen_values.c.node == node)
