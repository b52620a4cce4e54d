"""Steps: what was recorded, what is begun, how it ended. Each write checks the fence in the same statement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Executable, FromClause, Row, bindparam, insert, select, update

from tapbot.storage.rows import Given, RowChange, RowStatement
from tapbot.workflow.journal.records import FENCE_TYPES, Fence, RecordedStep, held_by, holds, stale
from tapbot.workflow.tables import steps

_STEP_COLUMNS = [column.name for column in steps.c]
_STEP_TYPES = {f"new_{column.name}": column.type for column in steps.c} | FENCE_TYPES
_ENDED = ("run_id", "step_key", "status", "output", "error", "finished_at")
_ENDED_TYPES = {f"new_{name}": steps.c[name].type for name in _ENDED} | FENCE_TYPES
_STEP_KEY = {"run_id": "new_run_id", "step_key": "new_step_key"}


def _compose_insert(given: Given, rows: FromClause | None) -> Executable:
    values = select(*[given(f"new_{name}").label(f"new_{name}") for name in _STEP_COLUMNS]).where(holds(given, rows))
    if rows is not None:
        values = values.select_from(rows)
    return insert(steps).from_select(_STEP_COLUMNS, values).returning(steps.c.run_id, steps.c.step_key)


def _compose_end(given: Given, rows: FromClause | None) -> Executable:
    this = (steps.c.run_id == given("new_run_id"), steps.c.step_key == given("new_step_key"))
    changed = {name: given(f"new_{name}") for name in _ENDED[2:]}
    return update(steps).where(*this, holds(given, rows)).values(changed).returning(steps.c.run_id, steps.c.step_key)


_HELD_STEP = RowStatement(_compose_insert, _STEP_TYPES, _STEP_KEY)
_END_STEP = RowStatement(_compose_end, _ENDED_TYPES, _STEP_KEY)
_LOAD_STEPS = select(
    *[steps.c[name] for name in ("step_key", "node", "kind", "status", "input_hash", "output", "error")]
).where(steps.c.run_id == bindparam("of_run_id"))


def load_steps(db: Connection, run_id: str) -> dict[str, RecordedStep]:
    """What a run has recorded so far, by key."""
    rows = db.execute(_LOAD_STEPS, {"of_run_id": run_id})
    return {row.step_key: RecordedStep(*row) for row in rows}


def begin_step(db: Connection, fence: Fence, step: dict[str, Any]) -> None:
    """Record that a call which may not be repeated is about to be made."""
    step_begun(fence, step)(db)


def finish_step(db: Connection, fence: Fence, step: dict[str, Any]) -> None:
    """Record the outcome of a step that was not begun in the journal."""
    step_finished(fence, step)(db)


def finish_begun_step(db: Connection, fence: Fence, step: dict[str, Any]) -> None:
    """Record the outcome of a step that the journal knows as begun."""
    begun_step_finished(fence, step)(db)


def step_begun(fence: Fence, step: dict[str, Any]) -> RowChange[None]:
    """`begin_step` as a change that can be written together with others."""
    return step_finished(fence, step | {"status": "started"})


def step_finished(fence: Fence, step: dict[str, Any]) -> RowChange[None]:
    """`finish_step` as a change that can be written together with others."""
    values = {f"new_{name}": step.get(name) for name in _STEP_COLUMNS}
    return RowChange(_HELD_STEP, values | held_by(fence), _written(fence))


def begun_step_finished(fence: Fence, step: dict[str, Any]) -> RowChange[None]:
    """`finish_begun_step` as a change that can be written together with others."""
    return RowChange(_END_STEP, {f"new_{name}": step[name] for name in _ENDED} | held_by(fence), _written(fence))


def _written(fence: Fence) -> Callable[[Connection, Row[Any] | None], tuple[None, None]]:
    """Refuse what another attempt has overtaken."""

    def settle(_db: Connection, written: Row[Any] | None) -> tuple[None, None]:
        if written is None:
            raise stale(fence)
        return None, None

    return settle
