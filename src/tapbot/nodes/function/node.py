"""Function: JavaScript over all items, the older form of Code."""

from __future__ import annotations

from tapbot.workflow.node import NodeCall, NodeParams, batch_node
from tapbot.workflow.types import Outputs

SAMPLE = """// Code here will run only once, no matter how many input items there are.
// Loop over inputs and add a new field called 'myNewField' to the JSON of each one
for (item of items) {
  item.json.myNewField = 1;
}

return items;"""


class FunctionParams(NodeParams):
    """What to run."""

    function_code: str = SAMPLE
    """JavaScript. It sees `items` and returns a list of items."""


@batch_node(
    "n8n-nodes-base.function", FunctionParams, version=2, label="Function", raw_parameters=frozenset({"functionCode"})
)
async def run_function(call: NodeCall[FunctionParams]) -> Outputs:
    """Run the code once."""
    return [await call.step.run_code(call.params.function_code, call.items, each=False)]
