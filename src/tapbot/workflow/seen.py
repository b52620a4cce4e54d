"""What expressions and code see of a run: its clock, zone, names and addresses. Pure."""

from __future__ import annotations

from datetime import datetime

from tapbot.sandbox.types import RunView
from tapbot.workflow.journal import NewRun
from tapbot.workflow.release import PreparedWorkflow
from tapbot.workflow.resuming import resume_token
from tapbot.workflow.step import Surroundings


def view_of(run: NewRun, workflow: PreparedWorkflow, around: Surroundings, *, mode: str, now: datetime) -> RunView:
    """The view of a run, the same for all its nodes but for the number of their run.

    Args:
        now: The run's clock, in the workflow's zone.
    """
    about, address = workflow.workflow, f"{run.run_id}.{resume_token(run)}"
    return RunView(
        run_id=run.run_id,
        mode=mode,
        workflow={"id": about.id, "name": about.name, "active": about.active},
        now=now.isoformat(),
        zone=workflow.zone,
        seed=run.seed,
        locale="en",
        vars=dict(around.vars),
        env=dict(around.env),
        resume_url=f"{around.public_url}/webhook-waiting/{address}",
        resume_form_url=f"{around.public_url}/form-waiting/{address}",
    )
