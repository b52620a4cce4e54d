"""Runs that wait cost a row: parking them, timers, and events that they wait for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, update

from tapbot.storage.columns import owned, within
from tapbot.storage.sql import insert_new
from tapbot.storage.types import JsonObject, Scope
from tapbot.workflow.journal.changes import note_change, note_changes
from tapbot.workflow.journal.limits import IS_LIMITED, give_places_back
from tapbot.workflow.journal.records import HOLDS, Fence, NewRun, held_by, is_now, run_of, stale, tell_status
from tapbot.workflow.tables import runs, steps, waits

TIMER = "wait.timer"
EVENT = "wait.event"

_PARK_CHILD = (
    update(runs)
    .where(runs.c.run_id == bindparam("parked_run_id"), runs.c.status.in_(("running", "waiting")), HOLDS)
    .values(status="waiting", parked=bindparam("new_parked"), history=bindparam("new_history"))
)
_PARK_ROOT = (
    update(runs)
    .where(runs.c.run_id == bindparam("parked_run_id"), HOLDS)
    .values(
        {name: bindparam(f"new_{name}") for name in ("status", "parked", "history", "reply", "wake_at", "reason")}
        | {"lease_holder": None, "lease_until_ms": None, "begun": 0}
    )
    .returning(runs.c.project_id, runs.c.environment, IS_LIMITED.label("limited"))
)


@dataclass(frozen=True, slots=True)
class ParkedRun:
    """A run as it leaves memory.

    Args:
        parked: What it needs to go on, see `workflow/parking.py`.
        history: What its nodes did so far, for people.
    """

    run_id: str
    parked: JsonObject
    history: JsonObject
    reply: JsonObject | None = None


def park_run(
    db: Connection,
    fence: Fence,
    scope: Scope,
    root: ParkedRun,
    children: Sequence[ParkedRun],
    *,
    wake_at: datetime | None,
    event_key: str | None,
    now: datetime,
) -> bool:
    """Let a run leave memory until a time or an event, whichever comes first.

    Returns:
        `False` when the event was there already: the run is ready again.
    """
    delivered = event_key is not None and _wait_for(db, scope, fence.run_id, event_key, now)
    for child in children:
        parking = {"parked_run_id": child.run_id, "new_parked": child.parked, "new_history": child.history}
        if db.execute(_PARK_CHILD, parking | held_by(fence)).rowcount != 1:
            raise stale(fence)
    reason = EVENT if event_key else TIMER
    status = "ready" if delivered else "waiting"
    values: dict[str, Any] = {
        "parked_run_id": root.run_id,
        "new_status": status,
        "new_parked": root.parked,
        "new_history": root.history,
        "new_reply": root.reply,
        "new_wake_at": None if delivered else wake_at,
        "new_reason": reason,
    }
    done = db.execute(_PARK_ROOT, values | held_by(fence)).one_or_none()
    if done is None:
        raise stale(fence)
    if done.limited:
        give_places_back(db, [root.run_id], now=now)
    until = wake_at.isoformat() if wake_at else None
    message = f"It waits for {event_key!r}." if event_key else "It waits for a time."
    note_change(db, scope, root.run_id, status, reason, message, now=now, data={"until": until, "event": event_key})
    tell_status(db, scope, root.run_id, status, now, **({"wake_at": until} if until else {}))
    return not delivered


def due_waits(db: Connection, now: datetime, limit: int) -> list[str]:
    """Parked runs whose time has come, the longest overdue first."""
    due = select(runs.c.run_id).where(is_now("waiting"), runs.c.wake_at <= now)
    return list(db.execute(due.order_by(runs.c.wake_at).limit(limit)).scalars())


def wake_due(db: Connection, now: datetime, limit: int) -> list[tuple[str, Scope]]:
    """Make parked runs ready whose time has come, and name them; several processes may do so at once."""
    due = select(runs.c.run_id).where(is_now("waiting"), runs.c.wake_at <= now)
    first = due.order_by(runs.c.wake_at).limit(limit).with_for_update(skip_locked=True)
    waking = (
        update(runs)
        .where(runs.c.run_id.in_(first), is_now("waiting"))
        .values(status="ready", wake_at=None, reason=None)
        .returning(runs.c.run_id, runs.c.project_id, runs.c.environment)
    )
    woken = [(row.run_id, Scope(row.project_id, row.environment)) for row in db.execute(waking)]
    note_changes(
        db,
        [(scope, run_id) for run_id, scope in woken],
        "ready",
        "wait.over",
        "The time that it waited for came.",
        now=now,
    )
    for run_id, scope in woken:
        tell_status(db, scope, run_id, "ready", now)
    return woken


def next_wake(db: Connection) -> datetime | None:
    """When the next parked run is due; `None` when none waits for a time."""
    query = select(runs.c.wake_at).where(is_now("waiting"), runs.c.wake_at.is_not(None))
    found: datetime | None = db.execute(query.order_by(runs.c.wake_at).limit(1)).scalar_one_or_none()
    return found


def count_waiting(db: Connection) -> int:
    """How many runs are parked."""
    return int(db.execute(select(func.count()).select_from(runs).where(is_now("waiting"))).scalar_one())


def deliver(db: Connection, scope: Scope, key: str, payload: Any, *, now: datetime) -> bool:
    """Deliver an event to the run that waits for it, or will; `False` when it was delivered before."""
    db.execute(insert_new(waits), owned(scope) | {"wait_key": key, "created_at": now})
    first = (
        update(waits)
        .where(within(waits, scope), waits.c.wait_key == key, waits.c.delivered_at.is_(None))
        .values(payload=payload, delivered_at=now)
        .returning(waits.c.run_id)
    )
    found = db.execute(first).one_or_none()
    if found is None:
        return False
    waking = (
        update(runs)
        .where(within(runs, scope), runs.c.run_id == found.run_id, is_now("waiting"))
        .values(status="ready", wake_at=None, reason=None)
        .returning(runs.c.run_id)
    )
    if found.run_id is not None and db.execute(waking).one_or_none() is not None:
        message = f"The event {key!r} came."
        note_change(db, scope, found.run_id, "ready", "wait.event_came", message, now=now)
        tell_status(db, scope, found.run_id, "ready", now)
    return True


def read_delivery(db: Connection, scope: Scope, key: str) -> tuple[bool, Any]:
    """Whether an event came, and what it brought."""
    query = select(waits.c.delivered_at, waits.c.payload).where(within(waits, scope), waits.c.wait_key == key)
    found = db.execute(query).one_or_none()
    return (found is not None and found.delivered_at is not None, found.payload if found else None)


@dataclass(frozen=True, slots=True)
class OpenWait:
    """A run that waits for a request to its own address.

    Args:
        run: The run that waits: the one whose address it is.
        root_run_id: The run that stands at the top of its tree.
        about: How the request is answered, see the Wait node.
    """

    run: NewRun
    root_run_id: str
    event: str
    node: str
    about: JsonObject


def find_open_wait(db: Connection, run_id: str) -> tuple[NewRun | None, OpenWait | None]:
    """A run and the request that it waits for, if it does: `(None, None)` when there is no such run."""
    found = db.execute(select(runs).where(runs.c.run_id == run_id)).mappings().one_or_none()
    if found is None:
        return None, None
    run = run_of(dict(found))
    query = select(steps.c.node, steps.c.output).where(steps.c.run_id == run_id, steps.c.status == "waiting")
    for row in db.execute(query):
        about = (row.output or {}).get("about")
        if about is None:
            continue
        open_key = (waits.c.wait_key == row.output["event"]) & waits.c.delivered_at.is_(None)
        root = db.execute(select(waits.c.run_id).where(within(waits, run.scope), open_key)).scalar_one_or_none()
        if root is not None:
            return run, OpenWait(run, root, row.output["event"], row.node, about)
    return run, None


def answer_wait(db: Connection, wait: OpenWait, payload: Any, *, now: datetime) -> bool:
    """Let a run go on with what a request brought; `False` when another request was faster.

    What an earlier caller was answered is forgotten: the answer that comes now is for this one.
    """
    if not deliver(db, wait.run.scope, wait.event, payload, now=now):
        return False
    db.execute(update(runs).where(runs.c.run_id == wait.root_run_id).values(reply=None))
    return True


def forget_waits(db: Connection, moment: datetime, *, limit: int) -> int:
    """Delete up to `limit` events that came before a moment and that no run ever asked for."""
    old = select(waits.c.wait_key, waits.c.project_id, waits.c.environment).where(
        waits.c.run_id.is_(None), waits.c.created_at < moment
    )
    chosen = db.execute(old.limit(limit)).all()
    for key, project_id, environment in chosen:
        db.execute(delete(waits).where(within(waits, Scope(project_id, environment)), waits.c.wait_key == key))
    return len(chosen)


def _wait_for(db: Connection, scope: Scope, run_id: str, key: str, now: datetime) -> bool:
    """Say that a run waits for an event; `True` when it is there already.

    Whoever waits and whoever delivers write the event's row first, so that neither misses the other.
    """
    db.execute(insert_new(waits), owned(scope) | {"wait_key": key, "created_at": now})
    mine = update(waits).where(within(waits, scope), waits.c.wait_key == key).values(run_id=run_id)
    return db.execute(mine.returning(waits.c.delivered_at)).scalar_one() is not None
