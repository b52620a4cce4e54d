"""A person decides about a step of which nobody knows whether it took place."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, delete, select, update

from tapbot.errors import Conflict, InvalidInput
from tapbot.storage.types import JsonObject, Scope
from tapbot.workflow.items import item_from_json, item_to_json
from tapbot.workflow.journal.changes import note_change
from tapbot.workflow.journal.records import tell_status
from tapbot.workflow.journal.tree import broken_chain, find_root, lock_run, reopen, require_workflow
from tapbot.workflow.tables import runs, steps

Decision = Literal["happened", "again", "fail"]
GIVEN_UP = "run.given_up"
MESSAGES = {
    "happened": "A person found out that the step {step!r} took place; the run goes on with what they say it gave.",
    "again": "A person had the step {step!r} done again, with the same idempotency key.",
    "fail": "A person gave the run up at the step {step!r}.",
}


def decide_step(
    db: Connection,
    scope: Scope,
    run_id: str,
    *,
    decision: Decision,
    output: Any = None,
    step_key: str | None = None,
    actor_id: str | None,
    now: datetime,
) -> str:
    """Settle a step in doubt: it happened and gave an output, it is to be done again, or the run fails.

    Args:
        run_id: The run or any run above or below it.
        output: What the step gave, for `"happened"`: an item, or a list of items.
        step_key: The step; not needed when one alone is in doubt.

    Returns:
        The id of the run at the top, which goes on or has failed.

    Raises:
        NotFound: There is no such run.
        Conflict: It is not in doubt, or it is a bot's turn and more than given up.
        InvalidInput: The step is not one of the run's.
    """
    root = find_root(db, scope, run_id)
    lock_run(db, root["run_id"])
    root = find_root(db, scope, run_id)
    if root["status"] != "in_doubt":
        raise Conflict(
            f"The run is {root['status']}: nothing in it is in doubt.", code="run.not_in_doubt", place=root["run_id"]
        )
    if decision != "fail":
        require_workflow(root)
    chain = [run for run in broken_chain(db, root) if run["status"] == "in_doubt"]
    step = _doubtful(db, chain[-1], step_key)
    told = MESSAGES[decision].format(step=step["step_key"])
    data: Any = {"decision": decision, "step": step["step_key"], "run_id": chain[-1]["run_id"]}
    if decision == "fail":
        _give_up(db, scope, chain, told, now=now, actor_id=actor_id, data=data)
        return str(root["run_id"])
    same = (steps.c.run_id == chain[-1]["run_id"]) & (steps.c.step_key == step["step_key"])
    if decision == "again":
        db.execute(delete(steps).where(same))
    else:
        given = step["output"] if output is None and step["status"] == "done" else shape_output(step, output)
        # No hash: whatever the step is given on replay, this is what it gave.
        done = {"status": "done", "output": given, "error": None, "input_hash": "", "finished_at": now}
        db.execute(update(steps).where(same).values(done))
    reopen(db, scope, chain, reason="step.decided", message=told, now=now, actor_id=actor_id, data=data)
    return str(root["run_id"])


def shape_output(step: dict[str, Any], output: Any) -> Any:
    """What a person says in the shape that the step records: items by item, or by output for a whole node.

    Raises:
        InvalidInput: It is neither an item nor a list of items.
    """
    node, key = str(step["node"]), str(step["step_key"])
    parts = key[len(node) + 1 :].split("/") if key.startswith(f"{node}/") else []
    if not parts or not all(part.isdecimal() for part in parts):
        return output  # a model's answer or a tool's: taken as it is
    listed = output if isinstance(output, list) else [{} if output is None else output]
    if not all(isinstance(entry, dict) for entry in listed):
        raise InvalidInput(
            "The output is neither an item nor a list of items.",
            code="run.bad_output",
            place=key,
            hint='Write it as {"id": 7}, or as [{"id": 7}, {"id": 8}].',
        )
    items = [item_to_json(item_from_json(entry)) for entry in listed]
    return items if len(parts) == 2 else [items]  # run index and item


def _doubtful(db: Connection, run: dict[str, Any], step_key: str | None) -> dict[str, Any]:
    """The step that is in doubt: the one that was begun, or the one that the error names."""
    names = ("step_key", "node", "status", "output")
    query = select(*[steps.c[name] for name in names]).where(steps.c.run_id == run["run_id"])
    known = {row["step_key"]: dict(row) for row in db.execute(query).mappings()}
    begun = [key for key, step in known.items() if step["status"] == "started"]
    wanted = step_key or (begun[0] if len(begun) == 1 else str((run["error"] or {}).get("place") or ""))
    if wanted not in known:
        raise InvalidInput(
            f"the run {run['run_id']} has no step {wanted!r}.",
            code="run.no_such_step",
            hint=f"In doubt is: {', '.join(begun) or 'none that is recorded'}.",
        )
    return known[wanted]


def _give_up(
    db: Connection,
    scope: Scope,
    chain: list[dict[str, Any]],
    message: str,
    *,
    now: datetime,
    actor_id: str | None,
    data: Any,
) -> None:
    """Let a run in doubt fail, with its children."""
    error: JsonObject = {"code": GIVEN_UP, "message": message, "place": data["step"], "hint": None}
    ended = {"status": "failed", "error": error, "reason": GIVEN_UP, "finished_at": now}
    db.execute(update(runs).where(runs.c.run_id.in_([run["run_id"] for run in chain])).values(ended))
    root = chain[0]["run_id"]
    note_change(db, scope, root, "failed", GIVEN_UP, message, now=now, actor_id=actor_id, data=data)
    tell_status(db, scope, root, "failed", now)
