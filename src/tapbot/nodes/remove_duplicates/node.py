"""Remove Duplicates: of items that are equal, the first stays."""

from __future__ import annotations

from tapbot.errors import InvalidInput
from tapbot.nodes.lists.duplicates import DuplicateParams, remove_duplicates
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeCall, batch_node
from tapbot.workflow.types import Outputs


def upgrade(parameters: JsonObject, version: float) -> JsonObject:
    """Version 1 took a field with values of several types for a mistake; version 2 knows other operations.

    Raises:
        InvalidInput: Items of earlier runs are asked for.
    """
    operation = parameters.get("operation", "removeDuplicateInputItems")
    if operation != "removeDuplicateInputItems":
        raise InvalidInput(
            "Duplicates of items of earlier runs are not removed yet: only those of this input.",
            code="node.not_supported",
            place="operation",
            hint="Keep what was seen in a collection: node 'Record' finds and writes it.",
        )
    return {**parameters, "mixedTypes": version >= 1.1}


@batch_node("n8n-nodes-base.removeDuplicates", DuplicateParams, version=2, label="Remove Duplicates", upgrade=upgrade)
def remove(call: NodeCall[DuplicateParams]) -> Outputs:
    """Keep the first of all items that are equal."""
    return [remove_duplicates(call.params, call.items)]
