"""Static data: what the code of a workflow keeps from run to run."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from tapbot.storage.columns import owned, within
from tapbot.storage.sql import insert_new
from tapbot.storage.types import JsonObject, Scope
from tapbot.workflow.tables import static_data


def read_static(db: Connection, scope: Scope, workflow_id: str) -> JsonObject:
    """What was kept last; empty at first."""
    query = select(static_data.c.content).where(within(static_data, scope), static_data.c.workflow_id == workflow_id)
    found: JsonObject | None = db.execute(query).scalar_one_or_none()
    return found or {}


def keep_static(db: Connection, scope: Scope, workflow_id: str, content: JsonObject, *, now: datetime) -> None:
    """Keep it for the next run. Of two runs at once, the one that ends last is kept."""
    kept = {"content": content, "changed_at": now}
    db.execute(insert_new(static_data), owned(scope) | {"workflow_id": workflow_id, **kept})
    mine = within(static_data, scope), static_data.c.workflow_id == workflow_id
    db.execute(update(static_data).where(*mine).values(**kept))
