"""How far triggers have come that look for news."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, select, update

from tapbot.storage.columns import owned, within
from tapbot.storage.sql import insert_new, lock_until_commit
from tapbot.storage.types import JsonObject, Scope
from tapbot.workflow.tables import cursors


def read_cursor(db: Connection, scope: Scope, workflow_id: str, node: str) -> JsonObject | None:
    """How far a trigger has come; `None` when it never looked."""
    found: JsonObject | None = db.execute(
        select(cursors.c.position).where(_cursor(scope, workflow_id, node))
    ).scalar_one_or_none()
    return found


def lock_cursor(db: Connection, scope: Scope, workflow_id: str, node: str) -> JsonObject | None:
    """`read_cursor` by the only one who changes it until this transaction ends."""
    lock_until_commit(db, "cursor", scope.project_id, scope.environment, workflow_id, node)
    return read_cursor(db, scope, workflow_id, node)


def keep_cursor(
    db: Connection, scope: Scope, workflow_id: str, node: str, position: JsonObject, *, now: datetime
) -> None:
    """Keep how far a trigger has come, in the transaction that begins the runs of what it found."""
    kept = {"position": position, "changed_at": now}
    db.execute(insert_new(cursors), owned(scope) | {"workflow_id": workflow_id, "node": node, **kept})
    db.execute(update(cursors).where(_cursor(scope, workflow_id, node)).values(**kept))


def rest_cursors(db: Connection, scope: Scope, watched: Collection[tuple[str, str]]) -> None:
    """Forget the cursors of triggers that nobody watches any more: one that comes back later begins anew.

    Args:
        watched: Workflow and node of each trigger that goes on.
    """
    known = db.execute(select(cursors.c.workflow_id, cursors.c.node).where(within(cursors, scope)))
    for workflow_id, node in known.all():
        if (workflow_id, node) not in watched:
            db.execute(delete(cursors).where(_cursor(scope, workflow_id, node)))


def _cursor(scope: Scope, workflow_id: str, node: str) -> ColumnElement[bool]:
    return within(cursors, scope) & (cursors.c.workflow_id == workflow_id) & (cursors.c.node == node)
