"""Answers of webhooks that are given before their run ends."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from tapbot.storage.types import JsonObject, Scope
from tapbot.workflow.journal.records import FINAL, HOLDS, Fence, held_by, stale, tell_status
from tapbot.workflow.tables import runs


def keep_reply(db: Connection, scope: Scope, fence: Fence, reply: JsonObject, *, now: datetime) -> None:
    """Record the answer that a node gave, so that the process in which the caller waits can send it."""
    keeping = update(runs).where(runs.c.run_id == fence.run_id, HOLDS).values(reply=reply)
    if db.execute(keeping, held_by(fence)).rowcount != 1:
        raise stale(fence)
    tell_status(db, scope, fence.run_id, "running", now, replied="yes")


def read_answer(db: Connection, run_id: str) -> dict[str, Any] | None:
    """How a run ended, or the answer that it gave on its way; `None` when the caller has to wait on."""
    columns = [runs.c[name] for name in ("status", "output", "error", "reply")]
    row = db.execute(select(*columns).where(runs.c.run_id == run_id)).mappings().one_or_none()
    if row is None or (row["status"] not in FINAL and row["reply"] is None):
        return None
    return dict(row)
