"""The journal: the only writer of runs and steps. Plain functions of a connection, each fenced by its attempt."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, insert, literal, select, update

from tapbot.errors import TapbotError
from tapbot.events.store import tell
from tapbot.storage.columns import owned, within, within_any
from tapbot.storage.types import JsonObject, Scope
from tapbot.workflow.tables import runs, schedules, steps

OPEN = ("ready", "running")
FINAL = ("succeeded", "failed", "in_doubt", "cancelled")

# Statements are made once: composing one costs more than running it.
_HELD = runs.alias("held")
_HOLDS = exists().where(
    _HELD.c.run_id == bindparam("held_run_id"),
    _HELD.c.attempt == bindparam("held_attempt"),
    _HELD.c.status == "running",
)
"""The condition that the root run is still held by an attempt."""
_CHECK_FENCE = select(literal(1)).where(_HOLDS)
_KEEP_RUN = insert(runs)
_BEGIN_RUN = insert(runs).prefix_with("OR IGNORE", dialect="sqlite").returning(runs.c.run_id)
_FINISH_RUN = (
    update(runs)
    .where(runs.c.run_id == bindparam("ended_run_id"), runs.c.status.in_(OPEN), _HOLDS)
    .values(
        {name: bindparam(f"new_{name}") for name in ("status", "output", "history", "error", "reply", "finished_at")}
        | {"lease_holder": None}
    )
    .returning(runs.c.project_id, runs.c.environment)
)
_FINISH_STEP = (
    update(steps)
    .where(steps.c.run_id == bindparam("new_run_id"), steps.c.step_key == bindparam("new_step_key"), _HOLDS)
    .values({name: bindparam(f"new_{name}") for name in ("status", "output", "error", "finished_at")})
)


class StaleAttempt(TapbotError):
    """Somebody else holds this run now: what this attempt does no longer counts."""

    default_code = "run.stale_attempt"


@dataclass(frozen=True, slots=True)
class Fence:
    """Which attempt of which root run a write belongs to."""

    run_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run as it begins.

    Args:
        kind: `"workflow"`, `"turn"` (a bot's answer) or `"tool"` (a workflow called by one).
        release: Hash of the release that the run keeps to its end.
        clock: The run's `now`.
        seed: Of the run's randomness.
    """

    run_id: str
    scope: Scope
    release: str
    kind: str
    workflow_id: str
    name: str
    trigger_node: str
    mode: str
    input: Any
    clock: datetime
    seed: int
    created_at: datetime
    parent_run_id: str | None = None
    parent_step_key: str | None = None
    conversation_id: str | None = None


@dataclass(frozen=True, slots=True)
class RecordedStep:
    """A step as the journal has it."""

    step_key: str
    node: str
    kind: str
    status: str
    input_hash: str
    output: Any
    error: JsonObject | None


def begin_run(db: Connection, run: NewRun, *, holder: str) -> bool:
    """Keep a run that this process begins at once; `False` when it is known already, which stays as it is."""
    values = _run_values(run) | {
        "status": "running",
        "attempt": 1,
        "lease_holder": holder,
        "started_at": run.created_at,
    }
    begun = db.execute(_BEGIN_RUN, values).one_or_none() is not None
    if begun and run.parent_run_id is None:
        _tell(db, run.scope, run.run_id, "running", run.created_at)
    return begun


def keep_finished_run(
    db: Connection,
    run: NewRun,
    *,
    status: str,
    output: Any,
    history: JsonObject,
    error: JsonObject | None,
    finished_at: datetime,
) -> None:
    """Keep a run that was done in memory, as one row (the fast path)."""
    values = _run_values(run) | {
        "status": status,
        "attempt": 1,
        "started_at": run.created_at,
        "finished_at": finished_at,
        "output": output,
        "history": history,
        "error": error,
    }
    db.execute(_KEEP_RUN, values)
    _tell(db, run.scope, run.run_id, status, finished_at)


def claim_run(db: Connection, run_id: str, *, holder: str, now: datetime) -> tuple[NewRun, Fence] | None:
    """Take over a run that nobody works on; `None` when it is over or held.

    The new attempt number fences off whoever held it before.
    """
    claim = (
        update(runs)
        .where(runs.c.run_id == run_id, runs.c.status == "ready")
        .values(status="running", lease_holder=holder, attempt=runs.c.attempt + 1, started_at=now)
        .returning(*runs.c)
    )
    row = db.execute(claim).mappings().one_or_none()
    if row is None:
        return None
    return _new_run(dict(row)), Fence(run_id, row["attempt"])


def free_abandoned_runs(db: Connection, scopes: Collection[Scope], *, holder: str) -> list[str]:
    """Make the runs of processes that are gone ready again, and name every ready one, oldest first.

    In the embedded set-up the lock on the data folder proves that no other process lives. Runs of projects that are
    not served now wait for the day that they are.
    """
    db.execute(
        update(runs)
        .where(
            within_any(runs, scopes),
            runs.c.status == "running",
            runs.c.parent_run_id.is_(None),
            runs.c.lease_holder.is_distinct_from(holder),
        )
        .values(status="ready", lease_holder=None)
    )
    ready = select(runs.c.run_id).where(
        within_any(runs, scopes), runs.c.status == "ready", runs.c.parent_run_id.is_(None)
    )
    return list(db.execute(ready.order_by(runs.c.created_at)).scalars())


def load_steps(db: Connection, run_id: str) -> dict[str, RecordedStep]:
    """What a run has recorded so far, by key."""
    columns = [steps.c[name] for name in ("step_key", "node", "kind", "status", "input_hash", "output", "error")]
    rows = db.execute(select(*columns).where(steps.c.run_id == run_id))
    return {row.step_key: RecordedStep(*row) for row in rows}


def begin_step(db: Connection, fence: Fence, step: dict[str, Any]) -> None:
    """Record that a call which may not be repeated is about to be made."""
    _insert_step(db, fence, step | {"status": "started"})


def finish_step(db: Connection, fence: Fence, step: dict[str, Any]) -> None:
    """Record the outcome of a step that was not begun in the journal."""
    _insert_step(db, fence, step)


def finish_begun_step(db: Connection, fence: Fence, step: dict[str, Any]) -> None:
    """Record the outcome of a step that `begin_step` recorded."""
    names = ("run_id", "step_key", "status", "output", "error", "finished_at")
    done = db.execute(_FINISH_STEP, {f"new_{name}": step[name] for name in names} | _held_by(fence))
    if done.rowcount != 1:
        raise _stale(fence)


def finish_run(
    db: Connection,
    run_id: str,
    fence: Fence,
    *,
    status: str,
    output: Any,
    history: JsonObject | None,
    error: JsonObject | None,
    now: datetime,
    reply: JsonObject | None = None,
) -> None:
    """Record how a run ended."""
    values = {
        "new_status": status,
        "new_output": output,
        "new_history": history,
        "new_error": error,
        "new_reply": reply,
        "new_finished_at": now,
    }
    done = db.execute(_FINISH_RUN, values | {"ended_run_id": run_id} | _held_by(fence)).one_or_none()
    if done is None:
        raise _stale(fence)
    _tell(db, Scope(*done), run_id, status, now)


def check_fence(db: Connection, fence: Fence) -> None:
    """Refuse to go on in a transaction whose attempt no longer holds the run."""
    if db.execute(_CHECK_FENCE, _held_by(fence)).first() is None:
        raise _stale(fence)


def forget_finished(db: Connection, moment: datetime, *, limit: int) -> int:
    """Delete up to `limit` runs that ended before a moment, with their steps; what is in doubt stays for a person."""
    old = select(runs.c.run_id).where(
        runs.c.finished_at < moment, runs.c.status.in_(("succeeded", "failed", "cancelled"))
    )
    chosen = list(db.execute(old.order_by(runs.c.finished_at).limit(limit)).scalars())
    if chosen:
        db.execute(delete(steps).where(steps.c.run_id.in_(chosen)))
        db.execute(delete(runs).where(runs.c.run_id.in_(chosen)))
    return len(chosen)


def next_due(db: Connection, scope: Scope, workflow_id: str, node: str, *, rules_hash: str) -> datetime | None:
    """When a schedule fires next; `None` when these rules are new."""
    query = select(schedules.c.due_at).where(_schedule(scope, workflow_id, node), schedules.c.rules_hash == rules_hash)
    found: datetime | None = db.execute(query).scalar_one_or_none()
    return found


def due_schedule(
    db: Connection, scope: Scope, workflow_id: str, node: str, *, rules_hash: str, first: datetime
) -> datetime:
    """When a schedule fires next. A new one, or one whose rules changed, begins at `first`."""
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


def _schedule(scope: Scope, workflow_id: str, node: str) -> ColumnElement[bool]:
    return within(schedules, scope) & (schedules.c.workflow_id == workflow_id) & (schedules.c.node == node)


_STEP_COLUMNS = [column.name for column in steps.c]
_HELD_STEP = insert(steps).from_select(
    _STEP_COLUMNS,
    select(*[bindparam(f"new_{column.name}", type_=column.type) for column in steps.c]).where(_HOLDS),
)


def _insert_step(db: Connection, fence: Fence, step: dict[str, Any]) -> None:
    """Insert a step in the same statement that checks the fence."""
    values = {f"new_{name}": step.get(name) for name in _STEP_COLUMNS}
    done = db.execute(_HELD_STEP, values | _held_by(fence))
    if done.rowcount != 1:
        raise _stale(fence)


def _held_by(fence: Fence) -> dict[str, Any]:
    """The parameters of `_HOLDS`."""
    return {"held_run_id": fence.run_id, "held_attempt": fence.attempt}


def _tell(db: Connection, scope: Scope, run_id: str, status: str, now: datetime) -> None:
    tell(db, scope, "run", run_id, {"status": status}, now=now)


def _stale(fence: Fence) -> StaleAttempt:
    return StaleAttempt(f"Attempt {fence.attempt} no longer holds the run.", place=fence.run_id)


def _run_values(run: NewRun) -> dict[str, Any]:
    values = {name: getattr(run, name) for name in NewRun.__slots__ if name != "scope"}
    return values | owned(run.scope)


def _new_run(row: dict[str, Any]) -> NewRun:
    names = [name for name in NewRun.__slots__ if name != "scope"]
    scope = Scope(row["project_id"], row["environment"])
    return NewRun(scope=scope, **{name: row[name] for name in names})
