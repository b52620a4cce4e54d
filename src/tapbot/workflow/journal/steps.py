"""Steps: what was recorded, what is begun, how it ended. Each write checks the fence in the same statement."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from tapbot.workflow.journal.records import HOLDS, Fence, RecordedStep, held_by, stale
from tapbot.workflow.tables import steps

_STEP_COLUMNS = [column.name for column in steps.c]
_HELD_STEP = insert(steps).from_select(
    _STEP_COLUMNS,
    select(*[bindparam(f"new_{column.name}", type_=column.type) for column in steps.c]).where(HOLDS),
)
_FINISH_STEP = (
    update(steps)
    .where(steps.c.run_id == bindparam("new_run_id"), steps.c.step_key == bindparam("new_step_key"), HOLDS)
    .values({name: bindparam(f"new_{name}") for name in ("status", "output", "error", "finished_at")})
)
_LOAD_STEPS = select(
    *[steps.c[name] for name in ("step_key", "node", "kind", "status", "input_hash", "output", "error")]
).where(steps.c.run_id == bindparam("of_run_id"))


def load_steps(db: Connection, run_id: str) -> dict[str, RecordedStep]:
    """What a run has recorded so far, by key."""
    rows = db.execute(_LOAD_STEPS, {"of_run_id": run_id})
    return {row.step_key: RecordedStep(*row) for row in rows}


def begin_step(db: Connection, fence: Fence, step: dict[str, Any]) -> None:
    """Record that a call which may not be repeated is about to be made."""
    _insert_step(db, fence, step | {"status": "started"})


def finish_step(db: Connection, fence: Fence, step: dict[str, Any]) -> None:
    """Record the outcome of a step that was not begun in the journal."""
    _insert_step(db, fence, step)


def finish_begun_step(db: Connection, fence: Fence, step: dict[str, Any]) -> None:
    """Record the outcome of a step that the journal knows as begun."""
    names = ("run_id", "step_key", "status", "output", "error", "finished_at")
    done = db.execute(_FINISH_STEP, {f"new_{name}": step[name] for name in names} | held_by(fence))
    if done.rowcount != 1:
        raise stale(fence)


def _insert_step(db: Connection, fence: Fence, step: dict[str, Any]) -> None:
    """Insert a step in the same statement that checks the fence."""
    values = {f"new_{name}": step.get(name) for name in _STEP_COLUMNS}
    done = db.execute(_HELD_STEP, values | held_by(fence))
    if done.rowcount != 1:
        raise stale(fence)
