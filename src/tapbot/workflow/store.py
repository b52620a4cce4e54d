"""Reading runs: lists, one run, its steps and children."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from tapbot.storage.columns import within
from tapbot.storage.types import Scope
from tapbot.workflow.journal.records import is_now
from tapbot.workflow.journal.runs import HISTORY, read_blob
from tapbot.workflow.tables import runs, steps

_SHOWN = (
    "run_id", "kind", "workflow_id", "name", "trigger_node", "mode", "status", "created_at", "started_at",
    "finished_at", "error", "parent_run_id", "conversation_id", "release", "attempt", "reason", "wake_at", "priority",
    "retry_of",
)  # fmt: skip


def list_runs(
    db: Connection,
    scope: Scope,
    *,
    workflow_id: str | None = None,
    status: str | None = None,
    reason: str | None = None,
    conversation_id: str | None = None,
    parent_run_id: str | None = None,
    before: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Runs, the newest first, without what they did.

    Args:
        reason: Code of why they have their status, such as `"run.too_many_attempts"` for dead letters.
        before: `created_at` and `run_id` of the last run of the page before.
    """
    query = select(*[runs.c[name] for name in _SHOWN]).where(within(runs, scope))
    wanted = {
        "workflow_id": workflow_id,
        "status": status,
        "reason": reason,
        "conversation_id": conversation_id,
        "parent_run_id": parent_run_id,
    }
    for name, value in wanted.items():
        if value is not None:
            query = query.where(runs.c[name] == value)
    if before is not None:
        created_at, run_id = before
        query = query.where(
            (runs.c.created_at < created_at) | ((runs.c.created_at == created_at) & (runs.c.run_id < run_id))
        )
    query = query.order_by(runs.c.created_at.desc(), runs.c.run_id.desc()).limit(limit)
    return [dict(row) for row in db.execute(query).mappings()]


def get_run(db: Connection, scope: Scope, run_id: str) -> dict[str, Any] | None:
    """One run with its input, output and history."""
    row = db.execute(select(runs).where(within(runs, scope), runs.c.run_id == run_id)).mappings().one_or_none()
    if row is None:
        return None
    return {**row, "history": row["history"] or read_blob(db, run_id, HISTORY, scope)}


def find_duplicate(db: Connection, scope: Scope, workflow_id: str, dedup_key: str) -> str | None:
    """The run that was kept with a deduplication key."""
    same = (runs.c.workflow_id == workflow_id) & (runs.c.dedup_key == dedup_key)
    found: str | None = db.execute(select(runs.c.run_id).where(within(runs, scope), same)).scalar_one_or_none()
    return found


def list_steps(db: Connection, scope: Scope, run_id: str) -> list[dict[str, Any]]:
    """The recorded steps of a run, in the order in which they were made."""
    query = select(steps).where(within(steps, scope), steps.c.run_id == run_id).order_by(steps.c.position)
    return [dict(row) for row in db.execute(query).mappings()]


def count_open_runs(db: Connection) -> int:
    """How many runs are not over yet."""
    query = select(func.count()).select_from(runs).where(is_now("ready") | is_now("running"))
    return int(db.execute(query).scalar_one())
