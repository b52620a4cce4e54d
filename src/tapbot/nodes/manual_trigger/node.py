"""Manual trigger: a person starts the run by hand."""

from __future__ import annotations

from tapbot.workflow.node import NodeCall, NodeParams, trigger_node
from tapbot.workflow.types import Outputs


class ManualTriggerParams(NodeParams):
    """A manual trigger has no parameters."""


@trigger_node("n8n-nodes-base.manualTrigger", ManualTriggerParams, version=1, label="Manual Trigger", trigger="manual")
def start_by_hand(call: NodeCall[ManualTriggerParams]) -> Outputs:
    """Pass on the items that the run was started with."""
    return [call.items]
