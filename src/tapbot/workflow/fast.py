"""Which runs are done in memory and kept as one finished row (DESIGN.md, "Runs and steps", 5)."""

from __future__ import annotations

from tapbot.workflow.release import PreparedWorkflow


def is_fast(workflow: PreparedWorkflow) -> bool:
    """Whether a webhook run of this workflow may be done in memory and kept as one finished row (DESIGN.md, 5).

    Not with an effect, an error workflow, or a sub-workflow: those keep the accepted row first.
    """
    return not workflow.has_effect and not workflow.workflow.settings.get("errorWorkflow")
