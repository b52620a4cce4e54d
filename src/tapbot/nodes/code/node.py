"""Code: JavaScript or Python over the items, in its sandbox."""

from __future__ import annotations

from typing import Literal

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


PYTHON_ALL = """# Loop over input items and add a new field to the JSON of each one
for item in _items:
    item["json"]["my_new_field"] = 1
return _items"""
PYTHON_EACH = """# Add a new field to the JSON of the item
_item["json"]["my_new_field"] = 1
return _item"""


class CodeParams(NodeParams):
    """What to run, and how often."""

    mode: Literal["runOnceForAllItems", "runOnceForEachItem"] = "runOnceForAllItems"
    """Run once for all items, or once for each."""
    language: Literal["javaScript", "python", "pythonNative"] = "javaScript"
    """Language of the code. Both Pythons run in the same interpreter, a safe subset of Python."""
    js_code: str | None = None
    """JavaScript. It returns items: a list of objects, or one object when run for each item."""
    python_code: str | None = None
    """Python. It sees `_items`, or `_item` when run for each item, and returns the same; fields are read as
    `item["json"]["name"]`."""


@batch_node(
    "n8n-nodes-base.code",
    CodeParams,
    version=2,
    label="Code",
    raw_parameters=frozenset({"jsCode", "pythonCode"}),
)
async def run_code(call: NodeCall[CodeParams]) -> Outputs:
    """Run the code over the items."""
    params = call.params
    each = params.mode == "runOnceForEachItem"
    items = call.items if each else call.seen
    if params.language == "javaScript":
        source = params.js_code if params.js_code is not None else (DEFAULT_EACH if each else DEFAULT_ALL)
        return [await call.step.run_code(source, items, each=each)]
    source = params.python_code if params.python_code is not None else (PYTHON_EACH if each else PYTHON_ALL)
    return [await call.step.run_code(source, items, each=each, language="python")]
