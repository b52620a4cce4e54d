"""Which runs are done in memory and kept as one finished row (DESIGN.md, "Runs and steps", 5)."""

from __future__ import annotations

from tapbot.workflow.release import PreparedWorkflow


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
