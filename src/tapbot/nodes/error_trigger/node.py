"""Error trigger: starts when a run failed, of this workflow or of one that names it as its error workflow."""

from __future__ import annotations

from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeCall, NodeParams, trigger_node
from tapbot.workflow.types import Item, Outputs

SAMPLE: JsonObject = {
    "execution": {
        "id": "231",
        "url": "https://example.com/runs/231",
        "retryOf": "34",
        "error": {"message": "Example Error Message", "stack": "Stacktrace"},
        "lastNodeExecuted": "Node With Error",
        "mode": "manual",
    },
    "workflow": {"id": "1", "name": "Example Workflow"},
}
"""What a run by hand gets, so that there is something to build on."""


class ErrorTriggerParams(NodeParams):
    """An error trigger has no parameters."""


@trigger_node("n8n-nodes-base.errorTrigger", ErrorTriggerParams, version=1, label="Error Trigger", trigger="error")
def start_after_error(call: NodeCall[ErrorTriggerParams]) -> Outputs:
    """Pass on which run failed, where, and why."""
    if not any(item.json for item in call.items):
        return [[Item(json=SAMPLE)]]
    return [call.items]
