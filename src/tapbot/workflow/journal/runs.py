"""Runs: how they are accepted, begun, and how they end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Executable, FromClause, Row, bindparam, insert, select, update

from tapbot.events.types import Event
from tapbot.storage.columns import owned, within
from tapbot.storage.rows import Given, RowChange, RowStatement
from tapbot.storage.sql import database_ms, insert_new, unindexed
from tapbot.storage.types import JsonObject, Scope
from tapbot.workflow.journal.limits import IS_LIMITED, give_places_back, join_groups
from tapbot.workflow.journal.records import (
    FENCE_TYPES,
    LEASE_MS,
    NEW_RUN_COLUMNS,
    OPEN,
    Fence,
    Group,
    NewRun,
    held_by,
    holds,
    stale,
    status_fact,
    tell_status,
    values_of,
)
from tapbot.workflow.tables import run_blobs, runs

MOST_HISTORY_BYTES = 256_000
"""A larger history goes to a row of its own, so that lists and claims stay quick."""
HISTORY = "history"

# Statements are made once: composing one costs more than running it.
_KEEP_NEW_RUN = insert_new(runs).returning(runs.c.run_id)
_BEGUN = (*NEW_RUN_COLUMNS, "status", "attempt", "begun", "lease_holder", "started_at")
_KEPT = (*_BEGUN[:-2], "started_at", "finished_at", "output", "history", "error", "reply", "reason", "size_bytes")
_ENDED = ("status", "output", "history", "error", "reply", "finished_at", "reason", "size_bytes")


def _compose_begin(given: Given, rows: FromClause | None) -> Executable:
    until = database_ms() + LEASE_MS
    if rows is None:
        return insert_new(runs).values(lease_until_ms=until).returning(runs.c.run_id)
    values = select(*map(given, _BEGUN), until)
    return insert_new(runs).from_select([*_BEGUN, "lease_until_ms"], values).returning(runs.c.run_id)


def _compose_keep(given: Given, rows: FromClause | None) -> Executable:
    if rows is None:
        return insert(runs).returning(runs.c.run_id)
    return insert(runs).from_select(list(_KEPT), select(*map(given, _KEPT))).returning(runs.c.run_id)


def _compose_finish(given: Given, rows: FromClause | None) -> Executable:
    ended = {name: given(f"new_{name}") for name in _ENDED}
    return (
        update(runs)
        .where(runs.c.run_id == given("ended_run_id"), unindexed(runs.c.status).in_(OPEN), holds(given, rows))
        .values(ended | {"lease_holder": None, "lease_until_ms": None, "parked": None})
        .returning(runs.c.run_id, runs.c.project_id, runs.c.environment, IS_LIMITED.label("limited"))
    )


_BEGIN_RUN = RowStatement(_compose_begin, {name: runs.c[name].type for name in _BEGUN}, {"run_id": "run_id"})
_KEEP_RUN = RowStatement(_compose_keep, {name: runs.c[name].type for name in _KEPT}, {"run_id": "run_id"})
_FINISH_RUN = RowStatement(
    _compose_finish,
    {f"new_{name}": runs.c[name].type for name in _ENDED} | {"ended_run_id": runs.c.run_id.type} | FENCE_TYPES,
    {"run_id": "ended_run_id"},
)
_STATE = select(runs.c.begun, runs.c.parked, runs.c.history, runs.c.reply).where(
    runs.c.run_id == bindparam("of_run_id")
)


@dataclass(frozen=True, slots=True)
class RunState:
    """How far a run came.

    Args:
        begun: How often it was begun since it last came to rest.
        parked: Its plan when it left memory, if it did.
        history: What its nodes did until then.
        reply: What its webhook's caller got until then.
    """

    begun: int
    parked: JsonObject | None
    history: JsonObject | None
    reply: JsonObject | None


def begin_run(db: Connection, run: NewRun, *, holder: str) -> bool:
    """Keep a run that this process begins at once; `False` when it is known already, which stays as it is."""
    return run_begun(run, holder=holder)(db)


def run_begun(run: NewRun, *, holder: str) -> RowChange[bool]:
    """`begin_run` as a change that can be written together with others."""
    row = values_of(run) | {
        "status": "running",
        "attempt": 1,
        "begun": 1,
        "lease_holder": holder,
        "started_at": run.created_at,
    }

    def settle(_db: Connection, written: Row[Any] | None) -> tuple[bool, RowChange[Event] | None]:
        told = written is not None and run.parent_run_id is None
        return written is not None, status_fact(run.scope, run.run_id, "running", run.created_at) if told else None

    return RowChange(_BEGIN_RUN, row, settle)


def accept_run(db: Connection, run: NewRun, *, groups: Sequence[Group] = ()) -> bool:
    """Keep a run that whoever has time begins; `False` when it is known already.

    Args:
        groups: It begins only when none of them is full.
    """
    values = values_of(run) | {"status": "ready", "attempt": 0}
    if db.execute(_KEEP_NEW_RUN, values).one_or_none() is None:
        return False
    join_groups(db, run.scope, run.run_id, groups)
    tell_status(db, run.scope, run.run_id, "ready", run.created_at)
    return True


def keep_finished_run(
    run: NewRun,
    *,
    status: str,
    output: Any,
    history: JsonObject,
    error: JsonObject | None,
    finished_at: datetime,
    reply: JsonObject | None = None,
) -> RowChange[None]:
    """Keep a run that was done in memory, as one row (the fast path)."""
    encoded = msgspec.json.encode(history)
    written = msgspec.Raw(encoded)  # encoded once: the column takes it as it is
    size_bytes = len(encoded)
    large = size_bytes > MOST_HISTORY_BYTES
    row = values_of(run) | {
        "status": status,
        "attempt": 1,
        "begun": 1,
        "started_at": run.created_at,
        "finished_at": finished_at,
        "output": output,
        "history": None if large else written,
        "error": error,
        "reply": reply,
        "reason": reason_of(error),
        "size_bytes": size_bytes,
    }

    def settle(db: Connection, _written: Row[Any] | None) -> tuple[None, RowChange[Event]]:
        if large:
            keep_blob(db, run.scope, run.run_id, HISTORY, written)
        return None, status_fact(run.scope, run.run_id, status, finished_at)

    return RowChange(_KEEP_RUN, row, settle)


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
    ended = run_finished(
        run_id, fence, status=status, output=output, history=history, error=error, now=now, reply=reply
    )
    ended(db)


def run_finished(
    run_id: str,
    fence: Fence,
    *,
    status: str,
    output: Any,
    history: JsonObject | None,
    error: JsonObject | None,
    now: datetime,
    reply: JsonObject | None = None,
) -> RowChange[None]:
    """`finish_run` as a change that can be written together with others."""
    size_bytes = size_of(history)
    large = size_bytes > MOST_HISTORY_BYTES
    row = {
        "ended_run_id": run_id,
        "new_status": status,
        "new_output": output,
        "new_history": None if large else history,
        "new_error": error,
        "new_reply": reply,
        "new_finished_at": now,
        "new_reason": reason_of(error),
        "new_size_bytes": size_bytes,
    }

    def settle(db: Connection, written: Row[Any] | None) -> tuple[None, RowChange[Event]]:
        if written is None:
            raise stale(fence)
        scope = Scope(written.project_id, written.environment)
        if large:
            keep_blob(db, scope, run_id, HISTORY, history)
        if written.limited:
            give_places_back(db, [run_id], now=now)
        return None, status_fact(scope, run_id, status, now)

    return RowChange(_FINISH_RUN, row | held_by(fence), settle)


def load_state(db: Connection, run_id: str) -> RunState:
    """How far a run came before it left memory."""
    row = db.execute(_STATE, {"of_run_id": run_id}).one()
    return RunState(row.begun, row.parked, row.history or read_blob(db, run_id, HISTORY), row.reply)


def keep_blob(db: Connection, scope: Scope, run_id: str, name: str, value: Any) -> None:
    """Keep what is too large for a run's own row; what had that name before is gone."""
    content = msgspec.json.encode(value)
    db.execute(run_blobs.delete().where(run_blobs.c.run_id == run_id, run_blobs.c.name == name))
    db.execute(insert(run_blobs), owned(scope) | {"run_id": run_id, "name": name, "content": content})


def read_blob(db: Connection, run_id: str, name: str, scope: Scope | None = None) -> Any:
    """What `keep_blob` kept; `None` when there is nothing of that name.

    Args:
        scope: Whose run it must be.
    """
    query = select(run_blobs.c.content).where(run_blobs.c.run_id == run_id, run_blobs.c.name == name)
    if scope is not None:
        query = query.where(within(run_blobs, scope))
    content = db.execute(query).scalar_one_or_none()
    return None if content is None else msgspec.json.decode(content)


def size_of(value: Any) -> int:
    """Bytes that a value takes as JSON."""
    return 0 if value is None else len(msgspec.json.encode(value))


def reason_of(error: JsonObject | None) -> str | None:
    """The code of an error, by which runs are listed."""
    return str(error.get("code") or "error")[:64] if error else None
