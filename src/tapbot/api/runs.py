"""Runs with their nodes, steps and children."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter, Depends
from sqlalchemy import Connection
from starlette.responses import Response

from tapbot.access.types import Permission
from tapbot.api.auth import Context, allowed
from tapbot.api.context import ApiContext
from tapbot.api.masking import mask_headers
from tapbot.api.models import Cursor, Limit, Model, ProjectName, decode_cursor, encode_cursor, raw_json
from tapbot.errors import NotFound
from tapbot.storage.types import JsonObject, Scope
from tapbot.workflow import store
from tapbot.workflow.history import show_nodes

router = APIRouter(dependencies=[Depends(allowed(Permission.READ_RUNS))])

MOST_CHILDREN = 200
Status = Literal["ready", "running", "waiting", "succeeded", "failed", "in_doubt", "cancelled"]


class ErrorModel(Model):
    """Why something failed."""

    message: str
    code: str | None = None
    place: str | None = None
    hint: str | None = None


class RunModel(Model):
    """A run in a list."""

    id: str
    kind: Literal["workflow", "turn", "tool"]
    name: str
    workflow_id: str | None
    trigger: str | None
    status: Status
    started_at: datetime | None
    finished_at: datetime | None
    duration_ms: float | None
    error: ErrorModel | None
    parent_run_id: str | None
    conversation_id: str | None
    release: str


class RunPage(Model):
    """Runs, the newest first."""

    items: list[RunModel]
    next: str | None
    """Give it as `before` for the next page."""


class NodeRunModel(Model):
    """One execution of one node; `inputs[port][index]` and `outputs[port][index]` are items."""

    run_index: int
    status: Status
    started_at: datetime | None
    duration_ms: float | None
    inputs: list[list[dict[str, Any]]]
    outputs: list[list[dict[str, Any]]]
    counts: list[int]
    """How many items each output had; more than are kept when there were many."""
    error: ErrorModel | str | None


class StepModel(Model):
    """One recorded step."""

    key: str
    node: str | None
    kind: str
    status: str
    started_at: datetime | None
    finished_at: datetime | None
    input_hash: str | None
    output: Any
    error: ErrorModel | None


class RunDetail(RunModel):
    """A run with all that it did."""

    workflow: dict[str, Any] | None
    """The workflow as of the run's release; null when that is gone."""
    nodes: dict[str, list[NodeRunModel]]
    order: list[str]
    steps: list[StepModel]
    children: list[RunModel]


@router.get("/runs")
async def list_runs(
    context: Context,
    project: ProjectName = None,
    workflow: str | None = None,
    status: Status | None = None,
    conversation: str | None = None,
    before: Cursor = None,
    limit: Limit = 50,
) -> RunPage:
    """List runs, the newest first."""
    scope, cursor = context.release(project).scope, decode_cursor(before)
    rows = await context.database.read(
        lambda db: store.list_runs(
            db,
            scope,
            workflow_id=workflow,
            status=status,
            conversation_id=conversation,
            before=cursor,
            limit=limit + 1,
        )
    )
    more = len(rows) > limit
    rows = rows[:limit]
    following = encode_cursor(rows[-1]["created_at"], rows[-1]["run_id"]) if more else None
    return RunPage(items=[RunModel(**_show(row)) for row in rows], next=following)


@router.get("/runs/{run_id}", response_model=RunDetail)
async def get_run(run_id: str, context: Context, project: ProjectName = None) -> Response:
    """Read one run with the input and output of each node, its steps and children."""
    scope = context.release(project).scope

    def read(db: Connection) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
        run = store.get_run(db, scope, run_id)
        if run is None:
            raise NotFound(f"there is no run {run_id!r}.", code="run.not_found")
        children = store.list_runs(db, scope, parent_run_id=run_id, limit=MOST_CHILDREN)
        return run, store.list_steps(db, scope, run_id), children[::-1]

    run, steps, children = await context.database.read(read)
    history = run["history"] or {}
    trigger_items = run["input"] if isinstance(run["input"], list) else []
    detail = {
        **_show(run),
        "workflow": await _workflow_of(context, scope, run),
        "nodes": mask_headers(show_nodes(history, trigger_items)),
        "order": history.get("order", []),
        "steps": [_show_step(step) for step in steps],
        "children": [_show(child) for child in children],
    }
    return raw_json(detail)


async def _workflow_of(context: ApiContext, scope: Scope, run: dict[str, Any]) -> JsonObject | None:
    """The workflow's JSON as of the run's release."""
    try:
        release = await context.releases.get(scope, run["release"])
    except NotFound:
        return None
    files = release.project.workflow_files
    return next((file.raw for file in files if file.workflow_id == run["workflow_id"]), None)


def _show(row: dict[str, Any]) -> dict[str, Any]:
    started, finished = row["started_at"], row["finished_at"]
    took_ms = round((finished - started).total_seconds() * 1000, 3) if started and finished else None
    same = ("kind", "name", "status", "started_at", "finished_at", "parent_run_id", "conversation_id", "release")
    return {
        "id": row["run_id"],
        "workflow_id": row["workflow_id"] or None,
        "trigger": row["trigger_node"] or None,
        "duration_ms": took_ms,
        "error": row["error"],
        **{name: row[name] for name in same},
    }


def _show_step(row: dict[str, Any]) -> dict[str, Any]:
    same = ("node", "kind", "status", "started_at", "finished_at", "input_hash", "output", "error")
    return {"key": row["step_key"], **{name: mask_headers(row[name]) for name in same}}
