"""Customer Messenger: acts as if it sent a message, for courses."""

from __future__ import annotations

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import Text
from tapbot.workflow.node import NodeParams, Step, node
from tapbot.workflow.types import Item


class CustomerMessengerParams(NodeParams):
    """What to tell whom."""

    customer_id: Text = ""
    """Id of the customer."""
    message: Text = ""
    """Text of the message."""


@node(
    "n8n-nodes-base.n8nTrainingCustomerMessenger",
    CustomerMessengerParams,
    version=1,
    label="Customer Messenger (n8n training)",
)
def tell_customer(params: CustomerMessengerParams, _item: Item, _step: Step) -> Item:
    """Say that the message was sent; nothing is."""
    if not params.customer_id:
        raise InvalidInput("No customer is named.", code="node.invalid_parameter", place="customerId")
    return Item(json={"output": f"Sent message to customer {params.customer_id}:  {params.message}"})
