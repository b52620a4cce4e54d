"""Static data in a run: read once at its beginning, changed by its code, kept when it succeeds. Not in runs by hand."""

from __future__ import annotations

import msgspec

from tapbot.errors import LimitExceeded
from tapbot.storage.types import JsonObject
from tapbot.workflow.journal.static import read_static
from tapbot.workflow.plan import Plan
from tapbot.workflow.run import Run
from tapbot.workflow.types import NodeContext, StepKind

PLACE = "$static"
"""Where a plan has it, among the contexts of nodes; no node of a file is called so by its author."""
MOST_BYTES = 1_000_000


async def recall(run: Run, plan: Plan, workflow_id: str, *, path: str) -> None:
    """Put what earlier runs kept into the plan: a recorded step, so that a later attempt sees the same."""

    async def read() -> JsonObject:
        return await run.database.read(lambda db: read_static(db, run.new.scope, workflow_id))

    found = await run.step(f"{path}/{PLACE}" if path else PLACE, StepKind.SAFE, None, read, node="static data")
    plan.contexts[PLACE] = NodeContext(found)


def static_of(plan: Plan) -> JsonObject:
    """What the code of a run sees; the part of a node has its name."""
    return plan.contexts.setdefault(PLACE, NodeContext()).values


def change_static(plan: Plan, content: JsonObject) -> None:
    """Take in what code left.

    Raises:
        LimitExceeded: It is too large.
    """
    size_bytes = len(msgspec.json.encode(content))
    if size_bytes > MOST_BYTES:
        raise LimitExceeded(
            f"The static data has {size_bytes} bytes; a workflow keeps {MOST_BYTES} at most.",
            code="run.static_too_large",
            hint="Keep large things in a collection.",
        )
    context = plan.contexts.setdefault(PLACE, NodeContext())
    context.values = content
    context.items["changed"] = []
