"""What the journal writes and reads, and the condition that fences every write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, FromClause, bindparam, exists, literal, literal_column, select
from sqlalchemy.types import TypeEngine

from tapbot.errors import TapbotError
from tapbot.events.store import fact, tell
from tapbot.events.types import Event
from tapbot.storage.columns import owned
from tapbot.storage.rows import Given, RowChange
from tapbot.storage.sql import unindexed
from tapbot.storage.types import JsonObject, Scope
from tapbot.workflow.tables import runs

OPEN = ("ready", "running", "waiting")
FINAL = ("succeeded", "failed", "in_doubt", "cancelled")
LEASE_MS = 6_000
"""How long a lease lasts by the database's clock; its holder renews it every `LEASE_MS / 3`."""
PRIORITY = 5
"""Of a run whose workflow says nothing: 1 goes first, 9 last."""

# Statements are made once: composing one costs more than running it.
_HELD = runs.alias("held")
FENCE_TYPES: dict[str, TypeEngine[Any]] = {"held_run_id": runs.c.run_id.type, "held_attempt": runs.c.attempt.type}


def holds(given: Given, rows: FromClause | None = None) -> ColumnElement[bool]:
    """The condition that the root run is still held by an attempt.

    The lock (PostgreSQL's; SQLite has one writer) keeps a new attempt from beginning before this write is committed,
    and lets this write see an attempt that is just beginning: else both could pass.
    """
    run_id, attempt = given("held_run_id"), given("held_attempt")
    running = unindexed(_HELD.c.status) == "running"
    if rows is None:
        held = select(literal(1)).where(_HELD.c.run_id == run_id, _HELD.c.attempt == attempt, running)
        return exists(held.with_for_update(read=True))
    # All at once and before the rest: looked up for each row anew, it would be tried with every plan but the quick one.
    asked = select(rows.c.held_run_id)
    held = select(_HELD.c.run_id, _HELD.c.attempt).where(_HELD.c.run_id.in_(asked), running)
    locked = held.with_for_update(read=True).cte("locked")
    return exists(select(literal(1)).where(locked.c.run_id == run_id, locked.c.attempt == attempt))


HOLDS = holds(bindparam)
_CHECK_FENCE = select(literal(1)).where(HOLDS)


def is_now(status: str) -> ColumnElement[bool]:
    """The condition that a run has a status, as a constant: indexes of runs of one status alone serve no parameter."""
    return runs.c.status == literal_column(f"'{status}'")


class StaleAttempt(TapbotError):
    """Somebody else holds this run now: what this attempt does no longer counts."""

    default_code = "run.stale_attempt"


@dataclass(frozen=True, slots=True)
class Fence:
    """Which attempt of which root run a write belongs to."""

    run_id: str
    attempt: int


class NewRun(msgspec.Struct, frozen=True):
    """A run as it begins.

    Args:
        kind: `"workflow"`, `"turn"` (a bot's answer) or `"tool"` (a workflow called by one).
        release: Hash of the release that the run keeps to its end.
        clock: The run's `now`.
        seed: Of the run's randomness.
        priority: 1 goes first, 9 last.
        dedup_key: A workflow begins one run at most with the same key.
        retry_of: The run that this one repeats from the start.
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
    priority: int = PRIORITY
    dedup_key: str | None = None
    retry_of: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Runs of which only some may run at once.

    Args:
        key: Names the group within its project, such as `"workflow:orders"`.
        most: How many may run at once.
    """

    key: str
    most: int


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


def held_by(fence: Fence) -> dict[str, Any]:
    """The parameters of `HOLDS`."""
    return {"held_run_id": fence.run_id, "held_attempt": fence.attempt}


def check_fence(db: Connection, fence: Fence) -> None:
    """Refuse to go on in a transaction whose attempt no longer holds the run."""
    if db.execute(_CHECK_FENCE, held_by(fence)).first() is None:
        raise stale(fence)


def stale(fence: Fence) -> StaleAttempt:
    """What an attempt hears that no longer holds its run."""
    return StaleAttempt(f"Attempt {fence.attempt} no longer holds the run.", place=fence.run_id)


def status_fact(scope: Scope, run_id: str, status: str, now: datetime) -> RowChange[Event]:
    """`tell_status` as a change that can be written together with others."""
    return fact(scope, "run", run_id, {"status": status}, now=now)


def tell_status(db: Connection, scope: Scope, run_id: str, status: str, now: datetime, **more: str) -> None:
    """Tell that a root run has another status: who has work because of it hears of it after the commit."""
    tell(db, scope, "run", run_id, {"status": status, **more}, now=now)


_FIELDS = tuple(name for name in NewRun.__struct_fields__ if name != "scope")


NEW_RUN_COLUMNS = (*_FIELDS, "project_id", "environment")


def values_of(run: NewRun) -> dict[str, Any]:
    """A new run as values of its row."""
    values = msgspec.structs.asdict(run)
    del values["scope"]
    return values | owned(run.scope)


def run_of(row: dict[str, Any]) -> NewRun:
    """A new run as its row has it."""
    return NewRun(scope=Scope(row["project_id"], row["environment"]), **{name: row[name] for name in _FIELDS})
