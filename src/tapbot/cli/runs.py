"""`tapbot runs`: what ran, and what each step did."""

from __future__ import annotations

from typing import Any

from cyclopts import App

from tapbot.cli.connection import ask
from tapbot.cli.options import DataOption, JsonOption, ProjectOption
from tapbot.cli.printing import show, show_json, show_table

app = App(name="runs", help="List runs and show what each step did.")

COLUMNS = {"run_id": "RUN", "kind": "KIND", "name": "NAME", "status": "STATUS", "created_at": "BEGAN", "error": "ERROR"}
STEPS = {"step_key": "STEP", "kind": "KIND", "status": "STATUS", "error": "ERROR"}


@app.command(name="list")
def list_runs(
    *,
    project: ProjectOption = None,
    data: DataOption = None,
    workflow: str | None = None,
    status: str | None = None,
    limit: int = 50,
    json: JsonOption = False,
) -> None:
    """List the newest runs.

    Args:
        workflow: Only runs of the workflow with this id.
        status: Only runs with this status: ready, running, waiting, succeeded, failed, in_doubt or cancelled.
        limit: Most runs to list.
    """
    args = {"workflow": workflow, "status": status, "limit": limit}
    found = ask("runs.list", args, project=project, data=data)
    if json:
        show_json(found)
    else:
        show_table([_row(run) for run in found], COLUMNS, empty="No runs yet.")


@app.command(name="show")
def show_run(run_id: str, *, project: ProjectOption = None, data: DataOption = None, json: JsonOption = False) -> None:
    """Show one run: its nodes, its recorded steps, its children.

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
    show_table([_row(step) for step in run["steps"]], STEPS, empty="No recorded steps.")
    show_table([_row(child) for child in run["children"]], COLUMNS, empty="No children.")


def _row(entry: dict[str, Any]) -> dict[str, Any]:
    return {**entry, "error": _error(entry.get("error"))}


def _error(error: Any) -> str:
    return str(error.get("message") or "") if isinstance(error, dict) else str(error or "")
