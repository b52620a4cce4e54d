"""Function item: JavaScript over each item, the older form of Code."""

from __future__ import annotations

from tapbot.workflow.node import NodeCall, NodeParams, batch_node
from tapbot.workflow.types import Outputs

SAMPLE = """// Code here will run once per input item.
// Add a new field called 'myNewField' to the JSON of the item
item.myNewField = 1;

return item;"""
# On one line with the first of the code, so that lines are counted as the author counts them.
HEAD = "return { json: await (async function (item) { "
TAIL = "\n}).call(this, $json), ...(Object.keys($binary).length ? { binary: $binary } : {}) };"


class FunctionItemParams(NodeParams):
    """What to run."""

    function_code: str = SAMPLE
    """JavaScript. It sees the fields of one item as `item` and returns an object."""


@batch_node(
    "n8n-nodes-base.functionItem",
    FunctionItemParams,
    version=1,
    label="Function Item",
    raw_parameters=frozenset({"functionCode"}),
)
async def run_function_item(call: NodeCall[FunctionItemParams]) -> Outputs:
    """Run the code for each item; files stay."""
    return [await call.step.run_code(HEAD + call.params.function_code + TAIL, call.items, each=True)]
