"""`tapbot runs`: what ran, what each step did, and what a person does about it."""

from __future__ import annotations

from datetime import datetime
from json import loads
from typing import Any, Literal

from cyclopts import App

from tapbot.cli.connection import ask
from tapbot.cli.options import DataOption, JsonOption, ProjectOption
from tapbot.cli.printing import show, show_json, show_table
from tapbot.errors import InvalidInput
from tapbot.workflow.history import printed_lines

app = App(name="runs", help="List runs, show what each step did, cancel, retry and decide.")

COLUMNS = {"run_id": "RUN", "kind": "KIND", "name": "NAME", "status": "STATUS", "created_at": "BEGAN", "error": "ERROR"}
STEPS = {"step_key": "STEP", "kind": "KIND", "status": "STATUS", "ms": "MS", "error": "ERROR"}
CHANGES = {"at": "AT", "status": "STATUS", "reason": "REASON", "message": "MESSAGE"}
DEAD = "run.too_many_attempts"


@app.command(name="list")
def list_runs(
    *,
    project: ProjectOption = None,
    data: DataOption = None,
    workflow: str | None = None,
    status: str | None = None,
    reason: str | None = None,
    dead: bool = False,
    limit: int = 50,
    json: JsonOption = False,
) -> None:
    """List the newest runs.

    Args:
        workflow: Only runs of the workflow with this id.
        status: Only runs with this status: ready, running, waiting, succeeded, failed, in_doubt or cancelled.
        reason: Only runs with this reason for their status, for example `run.cancelled`.
        dead: Only runs that were begun too often and never ended. `tapbot runs retry` begins one again.
        limit: Most runs to list.
    """
    args = {"workflow": workflow, "status": status, "reason": DEAD if dead else reason, "limit": limit}
    found = ask("runs.list", args, project=project, data=data)
    if json:
        show_json(found)
    else:
        show_table([_row(run) for run in found], COLUMNS, empty="No runs yet.")


@app.command(name="show")
def show_run(run_id: str, *, project: ProjectOption = None, data: DataOption = None, json: JsonOption = False) -> None:
    """Show one run: its nodes, what their code printed, its recorded steps, its children.

    Args:
        run_id: As `tapbot runs list` prints it.
    """
    run = ask("runs.show", {"run_id": run_id}, project=project, data=data)
    if json:
        show_json(run)
        return
    show(f"{run['kind']} {run['name']}: {run['status']}, began {run['created_at']}, release {run['release'][:12]}")
    if run["error"]:
        show(f"error: {_error(run['error'])}")
    show(f"nodes: {' → '.join(run['order']) or 'none'}")
    for line in printed_lines(run["nodes"]):
        show(line)
    show_table([_row(step) for step in run["steps"]], STEPS, empty="No recorded steps.")
    show_table(run["changes"], CHANGES, empty="Its status changed by itself alone.")
    show_table([_row(child) for child in run["children"]], COLUMNS, empty="No children.")


@app.command(name="cancel")
def cancel_run(
    run_id: str, *, project: ProjectOption = None, data: DataOption = None, json: JsonOption = False
) -> None:
    """End a run that is not over; whoever works on it stops at its next step.

    Args:
        run_id: As `tapbot runs list` prints it.
    """
    _tell(ask("runs.cancel", {"run_id": run_id}, project=project, data=data), "was cancelled", json=json)


@app.command(name="resume")
def resume_run(
    run_id: str, *, project: ProjectOption = None, data: DataOption = None, json: JsonOption = False
) -> None:
    """Let a run that waits go on at once, as if its time had come.

    Args:
        run_id: As `tapbot runs list` prints it.
    """
    _tell(ask("runs.resume", {"run_id": run_id}, project=project, data=data), "goes on", json=json)


@app.command(name="retry")
def retry_run(
    run_id: str,
    *,
    start: Literal["failed_step", "beginning"] = "failed_step",
    release: Literal["same", "current"] = "same",
    project: ProjectOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Try a run again.

    Args:
        run_id: As `tapbot runs list` prints it.
        start: failed_step: the run goes on with what is recorded, and with its idempotency keys. beginning: a new run
            repeats it, with new keys: services do everything once more.
        release: Keep the release that the run began with, or take the current one.
    """
    args = {"run_id": run_id, "start": start, "release": release}
    found = ask("runs.retry", args, project=project, data=data)
    told = "goes on, with its idempotency keys" if start == "failed_step" else "repeats it, with new idempotency keys"
    _tell(found, told, json=json)


@app.command(name="decide")
def decide_step(
    run_id: str,
    decision: Literal["happened", "again", "fail"],
    *,
    step: str | None = None,
    output: str | None = None,
    project: ProjectOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Settle a step of which nobody knows whether it took place.

    Args:
        run_id: A run in doubt, as `tapbot runs list --status in_doubt` prints it.
        decision: happened: it took place and gave the output. again: it did not, so it is done again, with the same
            idempotency key. fail: the run is given up.
        step: Its key, as `tapbot runs show` prints it; not needed when one alone is in doubt.
        output: What it gave, as JSON: an item or a list of items.
    """
    args = {"run_id": run_id, "decision": decision, "step": step, "output": _json(output)}
    found = ask("runs.decide", args, project=project, data=data)
    _tell(found, "was given up" if decision == "fail" else "goes on", json=json)


def _json(text: str | None) -> Any:
    try:
        return None if text is None else loads(text)
    except ValueError as error:
        raise InvalidInput(f"{text!r} is not JSON: {error}.", code="cli.invalid_option", place="--output") from error


def _tell(found: Any, what: str, *, json: bool) -> None:
    if json:
        show_json(found)
    else:
        show(f"{found['run_id']} {what}.")


def _row(entry: dict[str, Any]) -> dict[str, Any]:
    return {**entry, "error": _error(entry.get("error")), "ms": _milliseconds(entry)}


def _milliseconds(entry: dict[str, Any]) -> str:
    """How long a step took."""
    began, ended = entry.get("started_at"), entry.get("finished_at")
    if not began or not ended:
        return ""
    return f"{(_time(ended) - _time(began)).total_seconds() * 1000:.0f}"


def _time(value: Any) -> datetime:
    """A time as the stores give it, or as text from the server."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def _error(error: Any) -> str:
    return str(error.get("message") or "") if isinstance(error, dict) else str(error or "")
