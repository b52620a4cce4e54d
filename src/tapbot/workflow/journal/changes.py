"""Why a run's status changed: what its own row does not tell."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from tapbot.storage.columns import owned, within
from tapbot.storage.sql import database_ms
from tapbot.storage.types import JsonObject, Scope
from tapbot.workflow.tables import run_changes

_NOTE = insert(run_changes)


def note_change(
    db: Connection,
    scope: Scope,
    run_id: str,
    status: str,
    reason: str,
    message: str,
    *,
    now: datetime,
    actor_id: str | None = None,
    data: JsonObject | None = None,
) -> None:
    """Write into a run's history why it has another status.

    Args:
        reason: Stable code, such as `"lease.lapsed"`.
        message: The reason for a person.
        actor_id: Who did it, if a person did.
    """
    db.execute(_NOTE, _values(scope, run_id, status, reason, message, now, actor_id, data))


def note_changes(
    db: Connection, found: Collection[tuple[Scope, str]], status: str, reason: str, message: str, *, now: datetime
) -> None:
    """Write the same reason into the history of many runs."""
    if found:
        db.execute(_NOTE, [_values(scope, run_id, status, reason, message, now, None, None) for scope, run_id in found])


def list_changes(db: Connection, run_id: str, scope: Scope | None = None) -> list[dict[str, Any]]:
    """Why a run's status changed, oldest first.

    Args:
        scope: Whose run it must be.
    """
    names = ("at", "status", "reason", "message", "actor_id", "data")
    query = select(*[run_changes.c[name] for name in names]).where(run_changes.c.run_id == run_id)
    if scope is not None:
        query = query.where(within(run_changes, scope))
    return [dict(row) for row in db.execute(query.order_by(run_changes.c.change_id)).mappings()]


def database_now(db: Connection) -> datetime:
    """The time by the database's clock, by which leases are decided."""
    milliseconds: int = db.execute(select(database_ms())).scalar_one()
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _values(
    scope: Scope,
    run_id: str,
    status: str,
    reason: str,
    message: str,
    now: datetime,
    actor_id: str | None,
    data: JsonObject | None,
) -> dict[str, Any]:
    return owned(scope) | {
        "run_id": run_id,
        "at": now,
        "status": status,
        "reason": reason,
        "message": message,
        "actor_id": actor_id,
        "data": data,
    }
