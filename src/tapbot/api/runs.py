"""Runs with their nodes, steps and children."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from sqlalchemy import Connection
from starlette.responses import Response

from tapbot.access.types import Permission, Session
from tapbot.api.auth import Context, allowed
from tapbot.api.context import ApiContext
from tapbot.api.conversations import ButtonModel
from tapbot.api.masking import mask_headers
from tapbot.api.models import Cursor, Limit, Model, ProjectName, decode_cursor, encode_cursor, raw_json
from tapbot.api.run_changes import Actor
from tapbot.errors import NotFound
from tapbot.storage.types import JsonObject, Scope
from tapbot.workflow import store
from tapbot.workflow.history import show_nodes
from tapbot.workflow.journal import list_changes

router = APIRouter(dependencies=[Depends(allowed(Permission.READ_RUNS))])

MOST_CHILDREN = 200
SHOWN = (
    "kind", "name", "status", "started_at", "finished_at", "parent_run_id", "conversation_id", "release", "reason",
    "wake_at", "priority", "retry_of", "attempt",
)  # fmt: skip
Writer = Annotated[Session, Depends(allowed(Permission.WRITE_RUNS))]
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
    reason: str | None
    """Code of why it has its status, such as `run.too_many_attempts` for a dead letter."""
    wake_at: datetime | None
    """When a waiting run goes on."""
    priority: int
    """1 goes first, 9 last."""
    retry_of: str | None
    """The run that this one repeats from the start."""
    attempt: int
    """How often it was begun."""


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
    console: list[str] = []
    """Lines that its code printed."""


class StepModel(Model):
    """One recorded step."""

    key: str
    node: str | None
    kind: str
    status: str
    started_at: datetime | None
    finished_at: datetime | None
    duration_ms: float | None
    input_hash: str | None
    output: Any
    error: ErrorModel | None


class ChangeModel(Model):
    """One change of a run's status."""

    at: datetime
    status: Status
    reason: str
    """Stable code, such as `lease.lapsed`."""
    message: str
    actor_id: str | None
    """The person who did it, if one did."""
    data: dict[str, Any] | None


class RetryRequest(Model):
    """How a run is tried again."""

    start: Literal["failed_step", "beginning"] = "failed_step"
    """`failed_step`: the run goes on with what is recorded, and with its idempotency keys. `beginning`: a new run
    repeats it, with keys of its own."""
    release: Literal["same", "current"] = "same"
    """Keep the release that the run began with, or take the one that is served now."""


class DecideRequest(Model):
    """What a person says about a step in doubt."""

    decision: Literal["happened", "again", "fail"]
    """`happened`: it took place and gave `output`. `again`: it did not, so it is done again. `fail`: the run is given
    up."""
    step: str | None = None
    """Key of the step; not needed when one alone is in doubt."""
    output: Any = None
    """An item or a list of items, for `happened`."""


class ChangedRun(Model):
    """The run that goes on, or that ended."""

    id: str


class HeardModel(Model):
    """A message that a turn answered."""

    text: str | None
    value: str | None
    """Value of the button that was pressed."""


class ReplyModel(Model):
    """A message that a turn answered with."""

    text: str
    buttons: list[ButtonModel]


class TurnModel(Model):
    """What came in and what was answered."""

    messages: list[HeardModel]
    replies: list[ReplyModel]


class RunDetail(RunModel):
    """A run with all that it did."""

    workflow: dict[str, Any] | None
    """The workflow as of the run's release; null when that is gone."""
    nodes: dict[str, list[NodeRunModel]]
    order: list[str]
    steps: list[StepModel]
    changes: list[ChangeModel]
    """Why its status changed, oldest first; a run that just began and ended has none."""
    children: list[RunModel]
    turn: TurnModel | None
    """Of a bot's turn alone."""


@router.get("/runs")
async def list_runs(
    context: Context,
    project: ProjectName = None,
    workflow: str | None = None,
    status: Status | None = None,
    reason: str | None = None,
    conversation: str | None = None,
    before: Cursor = None,
    limit: Limit = 50,
) -> RunPage:
    """List runs, the newest first."""
    scope, cursor = context.release(project).scope, decode_cursor(before)
    rows = await context.database.scoped(scope).read(
        lambda db: store.list_runs(
            db,
            scope,
            workflow_id=workflow,
            status=status,
            reason=reason,
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

    def read(db: Connection) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
        run = store.get_run(db, scope, run_id)
        if run is None:
            raise NotFound(f"there is no run {run_id!r}.", code="run.not_found")
        children = store.list_runs(db, scope, parent_run_id=run_id, limit=MOST_CHILDREN)
        return run, store.list_steps(db, scope, run_id), children[::-1], list_changes(db, run_id, scope)

    run, steps, children, changes = await context.database.scoped(scope).read(read)
    history = run["history"] or {}
    trigger_items = run["input"] if isinstance(run["input"], list) else []
    detail = {
        **_show(run),
        "workflow": await _workflow_of(context, scope, run),
        "nodes": mask_headers(show_nodes(history, trigger_items)),
        "order": history.get("order", []),
        "steps": [_show_step(step) for step in steps],
        "changes": changes,
        "children": [_show(child) for child in children],
        "turn": _show_turn(run) if run["kind"] == "turn" else None,
    }
    return raw_json(detail)


@router.post("/runs/{run_id}/cancel")
async def cancel_run(run_id: str, context: Context, session: Writer, project: ProjectName = None) -> ChangedRun:
    """End a run that is not over, with its children; whoever works on it stops at its next step."""
    return ChangedRun(id=await _actor(context, session, project).cancel(run_id))


@router.post("/runs/{run_id}/resume")
async def resume_run(run_id: str, context: Context, session: Writer, project: ProjectName = None) -> ChangedRun:
    """Let a run that waits go on at once, as if its time had come."""
    return ChangedRun(id=await _actor(context, session, project).end_wait(run_id))


@router.post("/runs/{run_id}/retry")
async def retry_run(
    run_id: str, wanted: RetryRequest, context: Context, session: Writer, project: ProjectName = None
) -> ChangedRun:
    """Try a run again: from the step that failed, or from the start as a new run."""
    current = context.release(project).project.release
    actor, new_run_id = _actor(context, session, project), str(uuid.uuid4())
    retried = actor.retry(run_id, start=wanted.start, which=wanted.release, current=current, new_run_id=new_run_id)
    return ChangedRun(id=await retried)


@router.post("/runs/{run_id}/decide")
async def decide_step(
    run_id: str, wanted: DecideRequest, context: Context, session: Writer, project: ProjectName = None
) -> ChangedRun:
    """Settle a step of which nobody knows whether it took place."""
    actor = _actor(context, session, project)
    decided = await actor.decide(run_id, decision=wanted.decision, step=wanted.step, output=wanted.output)
    return ChangedRun(id=decided)


def _actor(context: ApiContext, session: Session, project: str | None) -> Actor:
    scope = context.release(project).scope
    return Actor(context.database, scope, session.principal.principal_id, context.clock())


async def _workflow_of(context: ApiContext, scope: Scope, run: dict[str, Any]) -> JsonObject | None:
    """The workflow's JSON as of the run's release."""
    try:
        release = await context.releases.get(scope, run["release"])
    except NotFound:
        return None
    files = release.project.workflow_files
    return next((file.raw for file in files if file.workflow_id == run["workflow_id"]), None)


def _show(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["run_id"],
        "workflow_id": row["workflow_id"] or None,
        "trigger": row["trigger_node"] or None,
        "duration_ms": _took_ms(row),
        "error": row["error"],
        **{name: row[name] for name in SHOWN},
    }


def _show_turn(run: dict[str, Any]) -> dict[str, Any]:
    given, replies = run["input"] or {}, run["output"] or []
    return {
        "messages": [{"text": one.get("text"), "value": one.get("value")} for one in given.get("messages", [])],
        "replies": [{"text": one["text"], "buttons": one.get("buttons") or []} for one in replies],
    }


def _show_step(row: dict[str, Any]) -> dict[str, Any]:
    same = ("node", "kind", "status", "started_at", "finished_at", "input_hash", "output", "error")
    return {"key": row["step_key"], "duration_ms": _took_ms(row), **{name: mask_headers(row[name]) for name in same}}


def _took_ms(row: dict[str, Any]) -> float | None:
    """Milliseconds from start to end."""
    started, finished = row["started_at"], row["finished_at"]
    return round((finished - started).total_seconds() * 1000, 3) if started and finished else None
