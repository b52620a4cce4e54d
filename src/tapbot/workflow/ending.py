"""How a run ends: with it is kept what its code remembers, and after a failure the run of its error workflow begins."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol, cast

from msgspec.structs import replace
from sqlalchemy import Connection

from tapbot.errors import NotFound
from tapbot.storage.types import JsonObject, Scope
from tapbot.telemetry import logger
from tapbot.workflow import journal
from tapbot.workflow.journal import NewRun
from tapbot.workflow.journal.static import keep_static
from tapbot.workflow.outcome import Outcome
from tapbot.workflow.release import PreparedNode, PreparedWorkflow
from tapbot.workflow.remembering import PLACE
from tapbot.workflow.types import Item

LOG = logger("workflow")
ERROR_RUN_NAMES = uuid.UUID("0b6f5a34-0c53-4c5b-8a3e-1d7e4d0a8f52")
MODE = "error"
NOT_TOLD = frozenset({"manual", MODE, "integrated"})
"""Runs whose failure starts nothing: somebody looks on, or it is a failure of telling one, or its parent fails too."""


class NewRuns(Protocol):
    """What is needed to make a run (`Engine`)."""

    releases: Any

    def new_run(
        self,
        scope: Scope,
        release: str,
        workflow: PreparedWorkflow,
        trigger: PreparedNode,
        items: Sequence[Item],
        *,
        mode: str,
    ) -> NewRun:
        """See `Engine.new_run`."""
        ...


async def error_run(
    engine: NewRuns, failed: NewRun, workflow: PreparedWorkflow, outcome: Outcome, *, public_url: str
) -> NewRun | None:
    """The run of the error workflow for a run that failed; `None` when nothing is to run.

    The workflow that `settings.errorWorkflow` names runs, or the failed one itself when it has an Error Trigger. The
    id is made of the failed run's: a failure is told once, however often it is recorded.
    """
    if outcome.status != "failed" or failed.mode in NOT_TOLD or failed.kind != "workflow" or failed.parent_run_id:
        return None
    named = workflow.workflow.settings.get("errorWorkflow")
    found = workflow
    if isinstance(named, str) and named:
        try:
            found = await engine.releases.find(failed.scope, failed.release, named)
        except NotFound:
            LOG.warning("the error workflow is missing", workflow=workflow.workflow.id, error_workflow=named)
    triggers = found.triggers("error")
    if not triggers:
        return None
    item = Item(json=_describe(failed, workflow, outcome, public_url))
    new = engine.new_run(failed.scope, failed.release, found, triggers[0], [item], mode=MODE)
    return replace(new, run_id=str(uuid.uuid5(ERROR_RUN_NAMES, failed.run_id)), dedup_key=None)


def _describe(failed: NewRun, workflow: PreparedWorkflow, outcome: Outcome, public_url: str) -> JsonObject:
    """What the Error Trigger gives, in n8n's shape."""
    error = outcome.error or {}
    order = outcome.execution.plan.order if outcome.execution else []
    told = {"message": error.get("message"), "name": error.get("code"), "description": error.get("hint")}
    about = {"id": workflow.workflow.id, "name": workflow.workflow.name}
    if not order or order == [failed.trigger_node]:
        return cast(JsonObject, {"trigger": {"error": told, "mode": failed.mode}, "workflow": about})
    execution = {
        "id": failed.run_id,
        "url": f"{public_url}/runs/{failed.run_id}",
        **({"retryOf": failed.retry_of} if failed.retry_of else {}),
        "error": told,
        "lastNodeExecuted": order[-1],
        "mode": failed.mode,
    }
    return cast(JsonObject, {"execution": execution, "workflow": about})


def finishing(
    ended: Callable[[Connection], Any], after: NewRun | None, outcome: Outcome, new: NewRun, *, now: datetime
) -> Callable[[Connection], Any]:
    """The end of a run with what goes into the same transaction: the run that follows, and changed static data."""
    plan = outcome.execution.plan if outcome.execution else None
    context = plan.contexts.get(PLACE) if plan else None
    keeps = context is not None and "changed" in context.items
    keeps = keeps and outcome.status == "succeeded" and new.mode != "manual"
    if after is None and not keeps:
        return ended

    def change(db: Connection) -> None:
        ended(db)
        if after is not None:
            journal.accept_run(db, after)
        if keeps and context is not None:
            keep_static(db, new.scope, new.workflow_id, context.values, now=now)

    return change
