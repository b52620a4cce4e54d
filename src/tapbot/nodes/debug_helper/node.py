"""Debug Helper: fails on purpose, or gives made-up records."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.nodes.debug_helper.made_up import make_records
from tapbot.nodes.fields import Text
from tapbot.workflow.node import NodeCall, NodeParams, batch_node
from tapbot.workflow.types import Item, Outputs


class DebugHelperParams(NodeParams):
    """What to do."""

    category: Literal["doNothing", "throwError", "oom", "randomData"] = "throwError"
    """`throwError`: fail. `randomData`: give made-up records. `doNothing`: pass items on. `oom` is refused here."""
    throw_error_type: Literal["NodeApiError", "NodeOperationError", "Error"] = "NodeApiError"
    """Kind of the error; here all kinds act alike."""
    throw_error_message: Text = "Node has thrown an error"
    """Message of the error."""
    memory_size_value: float = 10
    """Memory to use up, in megabytes; refused here."""
    random_data_type: Literal[
        "address", "latLong", "creditCard", "email", "ipv4", "ipv6", "macAddress", "nanoid", "url", "user", "uuid",
        "semver",
    ] = "user"  # fmt: skip
    """What the records are about."""
    nanoid_alphabet: Text = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    """Letters of `nanoid`."""
    nanoid_length: int = Field(default=16, ge=1, le=1000)
    """Length of `nanoid`."""
    random_data_seed: Text = ""
    """The same seed gives the same records."""
    random_data_count: int = Field(default=10, ge=0, le=100_000)
    """How many records."""
    random_data_single_array: bool = False
    """Give one item with a list, instead of an item for each record."""


@batch_node("n8n-nodes-base.debugHelper", DebugHelperParams, version=1, label="Debug Helper")
def debug(call: NodeCall[DebugHelperParams]) -> Outputs:
    """Fail, pass on, or give made-up records for each item."""
    given: list[Item] = []
    for index, item in enumerate(call.items):
        params = call.resolve(index)
        if params.category == "throwError":
            raise InvalidInput(params.throw_error_message or "Node has thrown an error", code="node.on_purpose")
        if params.category == "oom":
            raise InvalidInput(
                "This server does not use up its memory on purpose.", code="node.not_supported", place="category"
            )
        if params.category == "doNothing":
            given.append(item)
            continue
        records = make_records(params, call.step.random)
        if params.random_data_single_array:
            given.append(Item(json={"generatedItems": [*records]}, paired_item=item.paired_item))
        else:
            given.extend(Item(json=record, paired_item=item.paired_item) for record in records)
    return [given]
