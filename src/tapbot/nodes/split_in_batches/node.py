"""Loop over items: hands out its items in batches, and what came back once all are through."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeCall, NodeParams, batch_node
from tapbot.workflow.types import Item, NodeContext, Outputs, Pair

LEFT, COLLECTED = "left", "collected"
FIRST_SIZE = 10
"""Size of a batch where versions 1 and 2 said nothing."""


class SplitInBatchesOptions(NodeParams):
    """Less used settings."""

    reset: bool = False
    """Begin anew with the items that come in. An expression: a plain yes would never end."""


class SplitInBatchesParams(NodeParams):
    """How the items are handed out."""

    batch_size: int = Field(default=1, ge=1)
    """Most items in a batch."""
    options: SplitInBatchesOptions = Field(default_factory=SplitInBatchesOptions)
    """Less used settings."""
    outputs_of: Literal["one", "loop_done", "done_loop"] = "done_loop"
    """Order of the outputs; versions 1 and 2 had others."""


def output_names(parameters: JsonObject) -> tuple[str, ...]:
    """`done` and `loop`; version 2 had them the other way round, version 1 only the loop."""
    named = {"one": ("loop",), "loop_done": ("loop", "done")}
    return named.get(str(parameters.get("outputsOf")), ("done", "loop"))


def upgrade(parameters: JsonObject, version: float) -> JsonObject:
    """Versions 1 and 2 had other outputs and larger batches."""
    if version >= 3:
        return parameters
    return {"batchSize": FIRST_SIZE, **parameters, "outputsOf": "one" if version < 2 else "loop_done"}


@batch_node(
    "n8n-nodes-base.splitInBatches",
    SplitInBatchesParams,
    version=3,
    label="Loop Over Items",
    outputs=output_names,
    upgrade=upgrade,
)
def split_in_batches(call: NodeCall[SplitInBatchesParams]) -> Outputs:
    """Hand out the next batch; when none is left, what came back since the loop began."""
    context, size = call.step.context, call.params.batch_size
    came = [_kept(item, index, call.step.run_index) for index, item in enumerate(call.items)]
    if not context.values or call.params.options.reset:
        context.items[LEFT], context.items[COLLECTED] = came, []
        context.values |= {"currentRunIndex": 0, "maxRunIndex": -(-len(came) // size)}
    else:
        context.items[COLLECTED] += came
        context.values["currentRunIndex"] = _number(context, "currentRunIndex") + 1
    batch, context.items[LEFT] = context.items[LEFT][:size], context.items[LEFT][size:]
    context.values |= {"noItemsLeft": not context.items[LEFT], "done": not batch}
    done = [] if batch else list(context.items[COLLECTED])
    named = {"loop": batch, "done": done}
    return [named[name] for name in output_names({"outputsOf": call.params.outputs_of})]


def _kept(item: Item, index: int, run_index: int) -> Item:
    """An item that leaves in a later run and is still paired to where it came in."""
    return Item(json=item.json, binary=item.binary, paired_item=(Pair(index, 0, run_index),))


def _number(context: NodeContext, name: str) -> int:
    value = context.values[name]
    return value if isinstance(value, int) else 0
