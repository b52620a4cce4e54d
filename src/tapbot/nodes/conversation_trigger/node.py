"""Conversation Trigger: starts when something happens in a conversation."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias, get_args

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.events.types import Event
from tapbot.nodes.fields import EmptyList, FromJson, Text, has_expression
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeCall, NodeParams, trigger_node
from tapbot.workflow.types import Item, Outputs

Happened: TypeAlias = Literal["messageReceived", "opened", "handedOver", "returned", "closed", "tagged"]
BY_HOLDER: dict[str, Happened] = {"human": "handedOver", "bot": "returned", "closed": "closed"}
ID = "0f3c7b52-7f0e-4a53-9f55-0c2f5a0e9a11"
SAMPLE: JsonObject = {
    "event": "messageReceived",
    "at": "2026-01-31T09:00:00+00:00",
    "reason": None,
    "conversation": {
        "id": ID,
        "bot": "taxi",
        "channel": "telegram",
        "chatId": "77",
        "holder": "bot",
        "language": "ru",
        "team": None,
        "tags": [],
    },
    "contact": {"id": ID, "name": "Aru", "phone": "+77010000000"},
    "message": {"id": ID, "text": "Салем", "value": None, "files": []},
}
"""What a run by hand gets, so that there is something to build on."""


def _received() -> list[Happened]:
    return ["messageReceived"]


class ConversationTriggerParams(NodeParams):
    """Of what the workflow wants to hear."""

    events: Annotated[list[Happened], EmptyList, FromJson] = Field(default_factory=_received)
    """What happened: a customer wrote (`messageReceived`), a conversation was `opened`, `handedOver` to people,
    `returned` to the bot, `closed` or `tagged`."""
    bot: Text = ""
    """Only conversations of this bot; empty for all."""
    channel: Text = ""
    """Only conversations of this channel, such as `telegram`; empty for all."""

    def happened(self, event: Event) -> Happened | None:
        """What an event is among those that are wanted; `None` when it is none of them."""
        found = _happened(event)
        return found if found in self.events else None

    def is_about(self, bot: str, channel: str) -> bool:
        """Whether conversations of a bot and a channel are wanted."""
        return self.bot in ("", bot) and self.channel in ("", channel)


def _happened(event: Event) -> Happened | None:
    data = event.data
    if event.kind == "message":
        return (
            "messageReceived" if data.keys() == {"conversation_id", "author"} and data["author"] == "contact" else None
        )
    if event.kind != "conversation":
        return None
    if data.get("new"):
        return "opened"
    if data.get("change") == "tags":
        return "tagged"
    return BY_HOLDER.get(str(data.get("holder"))) if data.get("change") == "holder" else None


def upgrade(parameters: JsonObject, _version: float) -> JsonObject:
    """Parameters are looked at when the workflow is loaded, before anything happens.

    Raises:
        InvalidInput: An event is unknown, or a parameter is an expression.
    """
    if has_expression(parameters):
        raise InvalidInput(
            "A conversation trigger has no expressions: nothing has happened yet that they could speak of.",
            code="node.invalid_parameter",
            place="events",
            hint="Filter behind the trigger: ={{ $json.message.text }}.",
        )
    events = parameters.get("events")
    unknown = [one for one in events if one not in get_args(Happened)] if isinstance(events, list) else []
    if unknown:
        raise InvalidInput(
            f"There is no event {unknown[0]!r}.",
            code="node.invalid_parameter",
            place="events",
            hint=f"Choose among {', '.join(get_args(Happened))}.",
        )
    return parameters


@trigger_node(
    "tapbot.conversationTrigger",
    ConversationTriggerParams,
    version=1,
    label="Conversation Trigger",
    trigger="conversation",
    inputs=0,
    upgrade=upgrade,
)
def start_by_conversation(call: NodeCall[ConversationTriggerParams]) -> Outputs:
    """Pass on what happened. The run belongs to the conversation: Send Message and Handoff find it by themselves."""
    if not any(item.json for item in call.items):
        return [[Item(json={**SAMPLE, "event": call.params.events[0] if call.params.events else "messageReceived"})]]
    return [call.items]
