"""Aggregate: many items become one that holds lists."""

from __future__ import annotations

from tapbot.nodes.lists.aggregating import AggregateParams, aggregate_items
from tapbot.workflow.node import NodeCall, batch_node
from tapbot.workflow.types import Outputs


@batch_node("n8n-nodes-base.aggregate", AggregateParams, version=1, label="Aggregate")
def aggregate(call: NodeCall[AggregateParams]) -> Outputs:
    """Collect fields of all items, or whole items, into one item."""
    return [[aggregate_items(call.params, call.items)]]
