"""How much is accepted, parked or in doubt: for back-pressure and metrics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from tapbot.storage.types import Scope
from tapbot.workflow.journal.changes import database_now
from tapbot.workflow.tables import runs

COUNTED = ("ready", "running", "waiting", "in_doubt")


@dataclass(slots=True)
class Backlog:
    """Runs of a project that are not over, or that a person has to look at.

    Args:
        waiting: Parked ones.
        oldest_seconds: Age of the oldest that is ready.
    """

    ready: int = 0
    running: int = 0
    waiting: int = 0
    in_doubt: int = 0
    oldest_seconds: float = 0.0


def count_ready(db: Connection) -> dict[Scope, int]:
    """Runs that were accepted and not begun, by project."""
    whose = (runs.c.project_id, runs.c.environment)
    query = select(*whose, func.count()).where(runs.c.status == "ready", runs.c.parent_run_id.is_(None))
    rows = db.execute(query.group_by(*whose))
    return {Scope(project_id, environment): count for project_id, environment, count in rows}


def count_backlog(db: Connection) -> dict[Scope, Backlog]:
    """What is not over, by project."""
    whose = (runs.c.project_id, runs.c.environment)
    query = select(*whose, runs.c.status, func.count(), func.min(runs.c.created_at))
    query = query.where(runs.c.status.in_(COUNTED), runs.c.parent_run_id.is_(None)).group_by(*whose, runs.c.status)
    found: dict[Scope, Backlog] = {}
    now = database_now(db)
    oldest: datetime
    for project_id, environment, status, count, oldest in db.execute(query):
        backlog = found.setdefault(Scope(project_id, environment), Backlog())
        setattr(backlog, status, count)
        if status == "ready":
            backlog.oldest_seconds = max(0.0, (now - oldest).total_seconds())
    return found
