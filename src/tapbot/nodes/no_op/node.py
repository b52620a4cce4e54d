"""No operation: passes items on as they are."""

from __future__ import annotations

from tapbot.workflow.node import NodeCall, NodeParams, batch_node
from tapbot.workflow.types import Outputs


class NoOpParams(NodeParams):
    """This node has no parameters."""


@batch_node("n8n-nodes-base.noOp", NoOpParams, version=1, label="No Operation")
def pass_on(call: NodeCall[NoOpParams]) -> Outputs:
    """Pass on all items: a place to join lines, or the end of a branch."""
    return [call.items]
