"""Summarize: counts, sums and the like, by groups."""

from __future__ import annotations

from tapbot.nodes.lists.summarizing import SummarizeParams, summarize_items
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeCall, batch_node
from tapbot.workflow.types import Outputs


def upgrade(parameters: JsonObject, version: float) -> JsonObject:
    """Version 1 took a field that no item has for an error."""
    return {**parameters, "mustExist": True} if version < 1.1 else parameters


@batch_node("n8n-nodes-base.summarize", SummarizeParams, version=1.1, label="Summarize", upgrade=upgrade)
def summarize(call: NodeCall[SummarizeParams]) -> Outputs:
    """Work out figures over all items, an item for each group."""
    return [summarize_items(call.params, call.items)]
