"""A person has a run tried again: from the step that failed, or from the start."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Literal

from msgspec.structs import replace
from sqlalchemy import Connection, delete, select

from tapbot.errors import Conflict
from tapbot.storage.types import Scope
from tapbot.workflow.journal.changes import note_change
from tapbot.workflow.journal.records import Group, run_of
from tapbot.workflow.journal.runs import accept_run
from tapbot.workflow.journal.tree import broken_chain, find_root, is_over, lock_run, reopen, require_workflow
from tapbot.workflow.tables import run_groups, runs, steps

Start = Literal["failed_step", "beginning"]


def retry_run(
    db: Connection,
    scope: Scope,
    run_id: str,
    *,
    start: Start,
    new_run_id: str,
    release: str | None,
    actor_id: str | None,
    now: datetime,
) -> str:
    """Try a run again.

    From the failed step the run itself goes on: what is recorded stays, and its idempotency keys with it. From the
    beginning a new run repeats it, with keys of its own, so that services do everything once more.

    Args:
        release: The release to go on with; the run's own when not given.
        new_run_id: Id of the new run, if there is to be one.

    Returns:
        The id of the run that goes on.

    Raises:
        NotFound: There is no such run.
        Conflict: It is not over, it is a bot's turn, or a person must decide about it first.
    """
    root = find_root(db, scope, run_id)
    lock_run(db, root["run_id"])
    root = find_root(db, scope, run_id)
    require_workflow(root)
    if not is_over(root):
        raise Conflict(f"The run is {root['status']}: it is not over yet.", code="run.not_over", place=root["run_id"])
    if start == "beginning":
        return _repeat(db, scope, root, new_run_id, release, actor_id, now)
    _go_on(db, scope, root, release, actor_id, now)
    return str(root["run_id"])


def _go_on(
    db: Connection, scope: Scope, root: dict[str, Any], release: str | None, actor_id: str | None, now: datetime
) -> None:
    """Forget the failure that ended the run, and let it go on by the rest of its record."""
    if root["status"] not in {"failed", "cancelled"}:
        in_doubt = root["status"] == "in_doubt"
        raise Conflict(
            "A step is in doubt: decide about it first." if in_doubt else "The run succeeded: no step of it failed.",
            code="run.decide_first" if in_doubt else "run.nothing_failed",
            place=root["run_id"],
            hint="`tapbot runs decide` does that." if in_doubt else "It can be retried from the beginning.",
        )
    chain = broken_chain(db, root)
    for run in chain:
        _forget_failure(db, run["run_id"])
    message = "It goes on at the step that failed, with the idempotency keys that it had."
    if release not in {None, root["release"]}:
        message += f" The release is {release[:12] if release else ''} from now on."
    changed = release if release != root["release"] else None
    reopen(db, scope, chain, reason="run.retried", message=message, now=now, actor_id=actor_id, release=changed)


def _forget_failure(db: Connection, run_id: str) -> None:
    """Delete the record of a run's last step if it failed; failures before it were taken in its stride."""
    newest = select(steps.c.step_key, steps.c.status).where(steps.c.run_id == run_id)
    last = db.execute(newest.order_by(steps.c.position.desc()).limit(1)).one_or_none()
    if last is not None and last.status == "failed":
        db.execute(delete(steps).where(steps.c.run_id == run_id, steps.c.step_key == last.step_key))


def _repeat(
    db: Connection,
    scope: Scope,
    root: dict[str, Any],
    new_run_id: str,
    release: str | None,
    actor_id: str | None,
    now: datetime,
) -> str:
    """Begin a new run with what the old one began with."""
    row = db.execute(select(runs).where(runs.c.run_id == root["run_id"])).mappings().one()
    old = run_of(dict(row))
    new = replace(
        old,
        run_id=new_run_id,
        release=release or old.release,
        clock=now,
        created_at=now,
        seed=uuid.UUID(new_run_id).int % 2**53,
        dedup_key=None,
        retry_of=old.run_id,
    )
    mine = db.execute(select(run_groups).where(run_groups.c.run_id == old.run_id)).mappings()
    groups = [Group(group["group_key"], group["most"]) for group in mine]
    accept_run(db, new, groups=groups)
    told = f"It repeats the run {old.run_id} from the start, with new idempotency keys: services do everything anew."
    note_change(db, scope, new_run_id, "ready", "run.repeats", told, now=now, actor_id=actor_id)
    told = f"A person had it repeated from the start, as {new_run_id}."
    data: Any = {"run_id": new_run_id}
    note_change(db, scope, old.run_id, root["status"], "run.repeated", told, now=now, actor_id=actor_id, data=data)
    return new_run_id
