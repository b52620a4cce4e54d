"""When schedules fire next."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from tapbot.storage.columns import owned, within
from tapbot.storage.sql import lock_until_commit
from tapbot.storage.types import Scope
from tapbot.workflow.tables import schedules


def next_due(db: Connection, scope: Scope, workflow_id: str, node: str, *, rules_hash: str) -> datetime | None:
    """When a schedule fires next; `None` when these rules are new."""
    query = select(schedules.c.due_at).where(_schedule(scope, workflow_id, node), schedules.c.rules_hash == rules_hash)
    found: datetime | None = db.execute(query).scalar_one_or_none()
    return found


def due_schedule(
    db: Connection, scope: Scope, workflow_id: str, node: str, *, rules_hash: str, first: datetime
) -> datetime:
    """When a schedule fires next. A new one, or one whose rules changed, begins at `first`."""
    lock_until_commit(db, "schedule", scope.project_id, scope.environment, workflow_id, node)
    known = next_due(db, scope, workflow_id, node, rules_hash=rules_hash)
    if known is not None:
        return known
    db.execute(delete(schedules).where(_schedule(scope, workflow_id, node)))
    values = {"workflow_id": workflow_id, "node": node, "rules_hash": rules_hash, "due_at": first}
    db.execute(insert(schedules), owned(scope) | values)
    return first


def move_schedule(db: Connection, scope: Scope, workflow_id: str, node: str, *, due_at: datetime) -> None:
    """Set when a schedule fires next, in the transaction that begins the run of its last time."""
    db.execute(update(schedules).where(_schedule(scope, workflow_id, node)).values(due_at=due_at))


def rest_schedules(db: Connection, scope: Scope, watched: Collection[tuple[str, str]]) -> None:
    """Forget the schedules of a project that nobody watches any more: one that comes back later begins anew.

    Args:
        watched: Workflow and node of each schedule that goes on.
    """
    known = db.execute(select(schedules.c.workflow_id, schedules.c.node).where(within(schedules, scope)))
    for workflow_id, node in known.all():
        if (workflow_id, node) not in watched:
            db.execute(delete(schedules).where(_schedule(scope, workflow_id, node)))


def _schedule(scope: Scope, workflow_id: str, node: str) -> ColumnElement[bool]:
    return within(schedules, scope) & (schedules.c.workflow_id == workflow_id) & (schedules.c.node == node)
