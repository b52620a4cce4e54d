"""How much is accepted, parked or in doubt: for back-pressure and metrics."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from tapbot.storage.types import Scope
from tapbot.workflow.tables import runs


def count_ready(db: Connection) -> dict[Scope, int]:
    """Runs that were accepted and not begun, by project."""
    whose = (runs.c.project_id, runs.c.environment)
    query = select(*whose, func.count()).where(runs.c.status == "ready", runs.c.parent_run_id.is_(None))
    rows = db.execute(query.group_by(*whose))
    return {Scope(project_id, environment): count for project_id, environment, count in rows}
