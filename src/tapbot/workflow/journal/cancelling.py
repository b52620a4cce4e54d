"""What a person does to a run that is not over: cancel it, or end its wait."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, or_, select, update

from tapbot.errors import Conflict
from tapbot.storage.types import JsonObject, Scope
from tapbot.workflow.journal.changes import note_change
from tapbot.workflow.journal.limits import give_places_back
from tapbot.workflow.journal.records import OPEN, tell_status
from tapbot.workflow.journal.tree import below, find_root, is_over, lock_run, require_workflow
from tapbot.workflow.tables import runs, steps, waits

CANCELLED = "run.cancelled"


def cancel_run(db: Connection, scope: Scope, run_id: str, *, actor_id: str | None, now: datetime) -> str:
    """End a run, with its children. Whoever works on it can write nothing more, and stops at its next step.

    Returns:
        The id of the run that was cancelled: the one at the top.

    Raises:
        NotFound: There is no such run.
        Conflict: It is over already, or it is a bot's turn.
    """
    root = find_root(db, scope, run_id)
    lock_run(db, root["run_id"])
    root = find_root(db, scope, run_id)
    require_workflow(root)
    if is_over(root):
        raise Conflict(f"The run is over: it {_ended(root['status'])}.", code="run.is_over", place=root["run_id"])
    everything = [root["run_id"], *below(db, root["run_id"])]
    error: JsonObject = {"code": CANCELLED, "message": "The run was cancelled.", "place": None, "hint": None}
    ended = {"status": "cancelled", "finished_at": now, "wake_at": None, "lease_holder": None, "lease_until_ms": None}
    ended |= {"error": error, "reason": CANCELLED}
    db.execute(update(runs).where(runs.c.run_id.in_(everything), runs.c.status.in_(OPEN)).values(ended))
    db.execute(delete(waits).where(waits.c.run_id.in_(everything), waits.c.delivered_at.is_(None)))
    under_way = _end_steps(db, everything, now)
    give_places_back(db, everything, now=now)
    message = "A person cancelled it." if actor_id else "It was cancelled."
    if under_way:
        message += " A call that may not be repeated was under way: whether it took place is not known."
    data: Any = {"under_way": under_way} if under_way else None
    note_change(db, scope, root["run_id"], "cancelled", CANCELLED, message, now=now, actor_id=actor_id, data=data)
    tell_status(db, scope, root["run_id"], "cancelled", now)
    return str(root["run_id"])


def end_wait(db: Connection, scope: Scope, run_id: str, *, actor_id: str | None, now: datetime) -> str:
    """Let a run that waits go on at once, as if its time had come.

    Raises:
        NotFound: There is no such run.
        Conflict: It does not wait.
    """
    root = find_root(db, scope, run_id)
    lock_run(db, root["run_id"])
    root = find_root(db, scope, run_id)
    if root["status"] != "waiting":
        raise Conflict(
            f"The run does not wait: it is {root['status']}.",
            code="run.not_waiting",
            place=root["run_id"],
            hint="A run that failed or was cancelled goes on by `tapbot runs retry`.",
        )
    everything = [root["run_id"], *below(db, root["run_id"])]
    for step in db.execute(_open_waits(everything, now)).mappings().all():
        output = {**step["output"], "until": now.isoformat(), "ended": True}
        values = {"output": output} | ({"finished_at": now} if step["finished_at"] else {})
        same = (steps.c.run_id == step["run_id"]) & (steps.c.step_key == step["step_key"])
        db.execute(update(steps).where(same).values(values))
    woken = {"status": "ready", "wake_at": None, "reason": None}
    db.execute(update(runs).where(runs.c.run_id == root["run_id"]).values(woken))
    message = "A person ended its wait." if actor_id else "Its wait was ended."
    note_change(db, scope, root["run_id"], "ready", "wait.ended", message, now=now, actor_id=actor_id)
    tell_status(db, scope, root["run_id"], "ready", now)
    return str(root["run_id"])


def _open_waits(run_ids: Collection[str], now: datetime) -> Any:
    """The waits of some runs that are not over."""
    not_over = or_(steps.c.status == "waiting", steps.c.finished_at > now)
    columns = [steps.c[name] for name in ("run_id", "step_key", "output", "finished_at")]
    return select(*columns).where(steps.c.run_id.in_(run_ids), not_over)


def _end_steps(db: Connection, run_ids: Collection[str], now: datetime) -> list[str]:
    """End the waits of runs that end, and name the calls that were under way."""
    not_over = or_(steps.c.status == "waiting", steps.c.finished_at > now)
    ending = update(steps).where(steps.c.run_id.in_(run_ids), not_over).values(status="cancelled", finished_at=now)
    db.execute(ending)
    begun = select(steps.c.step_key).where(steps.c.run_id.in_(run_ids), steps.c.status == "started")
    return list(db.execute(begun.order_by(steps.c.step_key)).scalars())


def _ended(status: str) -> str:
    return {"in_doubt": "is in doubt", "cancelled": "was cancelled"}.get(status, status)
