"""Limit: keeps the first items, or the last."""

from __future__ import annotations

from tapbot.nodes.lists.limiting import LimitParams, limit_items
from tapbot.workflow.node import NodeCall, batch_node
from tapbot.workflow.types import Outputs


@batch_node("n8n-nodes-base.limit", LimitParams, version=1, label="Limit")
def limit(call: NodeCall[LimitParams]) -> Outputs:
    """Keep so many items."""
    return [limit_items(call.params, call.items)]
