"""A run with its children: finding them, and opening again the ones that ended together."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from tapbot.errors import Conflict, NotFound
from tapbot.storage.columns import within
from tapbot.storage.types import Scope
from tapbot.workflow.journal.changes import note_change
from tapbot.workflow.journal.records import OPEN, tell_status
from tapbot.workflow.tables import run_blobs, runs, steps

_SEEN = (
    "run_id", "kind", "name", "status", "parent_run_id", "parent_step_key", "release", "error", "created_at",
    "finished_at", "parked",
)  # fmt: skip
BROKEN_OFF = ("failed", "cancelled", "in_doubt")


def find_run(db: Connection, scope: Scope, run_id: str) -> dict[str, Any]:
    """A run of a project.

    Raises:
        NotFound: There is none.
    """
    query = select(*[runs.c[name] for name in _SEEN]).where(within(runs, scope), runs.c.run_id == run_id)
    row = db.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound(f"there is no run {run_id!r}.", code="run.not_found", hint="`tapbot runs list` lists them.")
    return dict(row)


def find_root(db: Connection, scope: Scope, run_id: str) -> dict[str, Any]:
    """The run at the top of the one that is named.

    Raises:
        NotFound: There is none.
    """
    found = find_run(db, scope, run_id)
    while found["parent_run_id"] is not None:
        found = find_run(db, scope, found["parent_run_id"])
    return found


def require_workflow(run: dict[str, Any]) -> None:
    """Refuse a bot's turn: its conversation went on without it.

    Raises:
        Conflict: The run is a turn.
    """
    if run["kind"] == "turn":
        raise Conflict(
            "A bot's turn cannot be changed: the customer was told, and the conversation went on.",
            code="run.is_a_turn",
            place=run["run_id"],
            hint="Write to the customer in the conversation.",
        )


def lock_run(db: Connection, run_id: str) -> None:
    """Hold others off a run that a person changes."""
    db.execute(select(runs.c.run_id).where(runs.c.run_id == run_id).with_for_update())


def below(db: Connection, run_id: str) -> list[str]:
    """The ids of all children of a run, and of theirs."""
    found: list[str] = []
    level: Collection[str] = [run_id]
    while level:
        level = list(db.execute(select(runs.c.run_id).where(runs.c.parent_run_id.in_(level))).scalars())
        found += level
    return found


def broken_chain(db: Connection, run: dict[str, Any]) -> list[dict[str, Any]]:
    """A run that ended badly and the children that it ended with, the deepest last.

    A child whose failure its parent took in its stride is not among them: the parent recorded steps after it.
    """
    chain = [run]
    while True:
        parent = chain[-1]
        children = select(*[runs.c[name] for name in _SEEN]).where(runs.c.parent_run_id == parent["run_id"])
        newest = children.order_by(runs.c.created_at.desc(), runs.c.run_id).limit(1)
        last = db.execute(newest).mappings().one_or_none()
        if last is None or last["status"] not in BROKEN_OFF:
            return chain
        later = select(steps.c.step_key).where(
            steps.c.run_id == parent["run_id"], steps.c.started_at > (last["finished_at"] or last["created_at"])
        )
        if db.execute(later.limit(1)).first() is not None:
            return chain
        chain.append(dict(last))


def reopen(
    db: Connection,
    scope: Scope,
    chain: list[dict[str, Any]],
    *,
    reason: str,
    message: str,
    now: datetime,
    actor_id: str | None,
    data: Any = None,
    release: str | None = None,
) -> None:
    """Let a run that ended go on by its record; each of its children that ended with it goes on too.

    Args:
        chain: The root first, as `broken_chain` gives it.
        release: The release that the run keeps from now on; its own when not given.
    """
    root = chain[0]["run_id"]
    for run in chain:
        rests = run["parked"] is not None and release is None
        opened: dict[str, Any] = {"status": "ready" if run["run_id"] == root else "running"}
        opened |= {"finished_at": None, "error": None, "output": None, "reason": None, "begun": 0}
        if not rests:  # it is replayed from its beginning, so what its nodes did is told anew
            opened |= {"history": None, "parked": None}
            db.execute(delete(run_blobs).where(run_blobs.c.run_id == run["run_id"]))
        db.execute(update(runs).where(runs.c.run_id == run["run_id"]).values(opened))
    if release is not None:
        db.execute(update(runs).where(runs.c.run_id.in_([root, *below(db, root)])).values(release=release))
    note_change(db, scope, root, "ready", reason, message, now=now, actor_id=actor_id, data=data)
    tell_status(db, scope, root, "ready", now)


def is_over(run: dict[str, Any]) -> bool:
    """Whether a run ended."""
    return run["status"] not in OPEN
