"""Code: JavaScript over the items, in its sandbox."""

from __future__ import annotations

from typing import Literal

from tapbot.errors import InvalidInput
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeCall, NodeParams, batch_node
from tapbot.workflow.types import Outputs

DEFAULT_ALL = """// Loop over input items and add a new field called 'myNewField' to the JSON of each one
for (const item of $input.all()) {
  item.json.myNewField = 1;
}

return $input.all();"""
DEFAULT_EACH = """// Add a new field called 'myNewField' to the JSON of the item
$input.item.json.myNewField = 1;

return $input.item;"""


class CodeParams(NodeParams):
    """What to run, and how often."""

    mode: Literal["runOnceForAllItems", "runOnceForEachItem"] = "runOnceForAllItems"
    """Run once for all items, or once for each."""
    language: Literal["javaScript"] = "javaScript"
    """Language of the code."""
    js_code: str | None = None
    """JavaScript. It returns items: a list of objects, or one object when run for each item."""


def upgrade(parameters: JsonObject, _version: float) -> JsonObject:
    """All versions have the same parameters; Python is refused when the workflow is loaded."""
    language = parameters.get("language")
    if language in {"python", "pythonNative"}:
        raise InvalidInput(
            "Python in a Code node is not supported yet: write the code in JavaScript.",
            code="node.not_supported",
            place="language",
        )
    return parameters


@batch_node(
    "n8n-nodes-base.code",
    CodeParams,
    version=2,
    label="Code",
    upgrade=upgrade,
    raw_parameters=frozenset({"jsCode", "pythonCode"}),
)
async def run_code(call: NodeCall[CodeParams]) -> Outputs:
    """Run the code over the items."""
    each = call.params.mode == "runOnceForEachItem"
    source = call.params.js_code
    if source is None:
        source = DEFAULT_EACH if each else DEFAULT_ALL
    return [await call.step.run_code(source, call.items, each=each)]
