"""Which runs are done in memory and kept as one finished row (DESIGN.md, "Runs and steps", 5)."""

from __future__ import annotations

from datetime import datetime

from tapbot.errors import TapbotError
from tapbot.storage.rows import RowChange
from tapbot.telemetry import logger
from tapbot.workflow import journal
from tapbot.workflow.execution import Execution
from tapbot.workflow.items import item_from_json, item_to_json
from tapbot.workflow.journal import NewRun
from tapbot.workflow.outcome import Outcome, reply_to_json
from tapbot.workflow.release import PreparedWorkflow
from tapbot.workflow.run import Run, error_to_json
from tapbot.workflow.step import Surroundings
from tapbot.workflow.straight import execute_straight

LOG = logger("workflow")
ANSWERED_MODES = frozenset({"webhook", "form"})
"""Runs whose caller waits for an answer that a node may give."""


def is_fast(workflow: PreparedWorkflow) -> bool:
    """Whether a webhook run of this workflow may be done in memory and kept as one finished row.

    Not with an effect, a wait or a sub-workflow, an error workflow, static data, deduplication across runs, or a limit
    on runs at once: those keep the accepted row first. The caller sees to the rest: a webhook that answers before the
    run, one that streams, and a request with an idempotency key.
    """
    return not (
        workflow.has_effect
        or workflow.workflow.settings.get("errorWorkflow")
        or workflow.triggers("error")
        or workflow.rules.dedup is not None
        or workflow.rules.limited
        or workflow.uses_static_data
    )


def attempt_straight(run: Run, workflow: PreparedWorkflow, around: Surroundings) -> Outcome | None:
    """Run a workflow in memory without waiting; `None` when one of its nodes has to wait for something."""
    new = run.new
    execution = Execution(workflow, run, around, new.mode, reply_expected=new.mode in ANSWERED_MODES)
    status, error = "succeeded", None
    try:
        if not execute_straight(execution, new.trigger_node, [item_from_json(item) for item in new.input]):
            return None
    except TapbotError as failure:
        status, error = "failed", error_to_json(failure)
    except Exception as bug:  # noqa: BLE001  # the boundary of a run: it must leave a row
        return failed_inside(new, bug)
    items = [] if error else execution.last_items()
    return Outcome(new.run_id, status, items, error, execution.reply, execution)


def failed_inside(new: NewRun, error: Exception) -> Outcome:
    """The outcome of a run that met a bug of ours, or that killed its sandbox."""
    LOG.error("run failed", run_id=new.run_id, exc_info=error)
    told = TapbotError(f"internal: {type(error).__name__}", code="internal")
    return Outcome(new.run_id, "failed", [], error_to_json(told), None, None)


def finished_row(new: NewRun, outcome: Outcome, *, finished_at: datetime) -> RowChange[None]:
    """The one row that is kept of a run that was done in memory."""
    return journal.keep_finished_run(
        new,
        status=outcome.status,
        output=[item_to_json(item) for item in outcome.items],
        history=outcome.execution.history() if outcome.execution else {},
        error=outcome.error,
        finished_at=finished_at,
        reply=reply_to_json(outcome.reply),
    )
