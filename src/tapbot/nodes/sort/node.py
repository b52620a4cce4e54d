"""Sort: puts items in order."""

from __future__ import annotations

from tapbot.nodes.lists.sorting import SortParams, sort_items
from tapbot.workflow.node import NodeCall, batch_node
from tapbot.workflow.types import Outputs


@batch_node("n8n-nodes-base.sort", SortParams, version=1, label="Sort")
async def sort(call: NodeCall[SortParams]) -> Outputs:
    """Put the items in order."""
    return [await sort_items(call.params, call.items, call.step)]
