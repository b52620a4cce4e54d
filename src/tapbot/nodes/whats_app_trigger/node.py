"""WhatsApp Trigger: starts with what Meta tells of a number.

https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/payload-examples
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import EmptyList, FromJson, has_expression
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeCall, NodeParams, trigger_node
from tapbot.workflow.types import Item, Outputs

ALL = "all"
SAMPLE: JsonObject = {
    "messaging_product": "whatsapp",
    "metadata": {"display_phone_number": "77000000001", "phone_number_id": "123456789012345"},
    "contacts": [{"profile": {"name": "Aru"}, "wa_id": "77010000000"}],
    "messages": [
        {"from": "77010000000", "id": "wamid.1", "timestamp": "1767225600", "type": "text", "text": {"body": "Hello"}}
    ],
    "field": "messages",
}
"""What a run by hand gets, so that there is something to build on."""


class TriggerOptions(NodeParams):
    """What else decides."""

    message_status_updates: Annotated[list[str], EmptyList, FromJson] = Field(default_factory=lambda: [ALL])
    """Of which states of our own messages the workflow hears: `sent`, `delivered`, `read`, `failed`, or `all`."""


class WhatsAppTriggerParams(NodeParams):
    """Of what the workflow wants to hear."""

    updates: Annotated[list[str], EmptyList, FromJson] = Field(default_factory=list)
    """Fields of the webhook, as Meta names them: `messages`, `message_template_status_update` and so on."""
    options: TriggerOptions = Field(default_factory=TriggerOptions)
    """What else decides."""

    def take(self, call: JsonObject) -> list[Item]:
        """The items of one call of Meta's: each change of a wanted field, with the name of the field."""
        found: Any = [change for entry in _list(call.get("entry")) for change in _list(entry.get("changes"))]
        taken = [self._item(change) for change in found if isinstance(change, dict)]
        return [item for item in taken if item is not None]

    def _item(self, change: Any) -> Item | None:
        field, value = change.get("field"), change.get("value")
        if field not in self.updates or not isinstance(value, dict):
            return None
        states = self.options.message_status_updates
        told = [one.get("status") for one in _list(value.get("statuses"))]
        if told and ALL not in states and not any(state in states for state in told):
            return None
        return Item(json={**value, "field": field})


def _list(value: Any) -> list[Any]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def upgrade(parameters: JsonObject, _version: float) -> JsonObject:
    """Parameters are looked at when the workflow is loaded, before anything happens.

    Raises:
        InvalidInput: A parameter is an expression, or no field is named.
    """
    if has_expression(parameters):
        raise InvalidInput(
            "A trigger has no expressions: nothing has happened yet that they could speak of.",
            code="node.invalid_parameter",
            place="updates",
            hint="Filter behind the trigger: ={{ $json.messages[0].type }}.",
        )
    if not parameters.get("updates"):
        raise InvalidInput(
            "No field is named.", code="node.invalid_parameter", place="updates", hint='For messages: ["messages"].'
        )
    return parameters


@trigger_node(
    "n8n-nodes-base.whatsAppTrigger",
    WhatsAppTriggerParams,
    version=1,
    label="WhatsApp Trigger",
    trigger="whatsapp",
    inputs=0,
    upgrade=upgrade,
)
def start_by_call(call: NodeCall[WhatsAppTriggerParams]) -> Outputs:
    """Pass on what Meta told."""
    return [call.items if any(item.json for item in call.items) else [Item(json=SAMPLE)]]
