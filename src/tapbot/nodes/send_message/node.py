"""Send message: puts a message to a contact into the outbox, in the transaction that records the step."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.inbox import outbox
from tapbot.inbox.files import NewFile
from tapbot.nodes.binaries import read_binary
from tapbot.nodes.fields import EmptyList, FromJson, Text, split_names
from tapbot.workflow.node import NodeParams, StoredStep, node
from tapbot.workflow.types import Item, StepKind


class MessageButton(NodeParams):
    """A button below the message."""

    label: Text
    """What the contact reads."""
    value: Text = ""
    """What the bot gets when it is pressed; without it, the label."""


class SendMessageParams(NodeParams):
    """To whom, and what."""

    conversation_id: Text = ""
    """Conversation; without it, and without a chat, the one that this run belongs to."""
    bot: Text = ""
    """Bot that writes, where a chat is named."""
    channel: Text = ""
    """Channel, for example `telegram`, where a chat is named."""
    chat_id: Text = ""
    """Chat on the channel: a person or a group, for example of drivers."""
    text: Text = ""
    """Text of the message; may be empty where files go with it."""
    files: Text = ""
    """Names of the item's files that go with it, such as `data, invoice`."""
    buttons: Annotated[list[MessageButton], EmptyList, FromJson] = Field(default_factory=list)
    """Buttons below the message."""
    due_at: datetime | None = None
    """When to send it; at once by default. A time without a zone is refused."""
    urgent: bool = False
    """Send it in quiet hours too, when others wait: a reminder of a ride at night, for example."""


@node("tapbot.sendMessage", SendMessageParams, version=1, label="Send Message", kind=StepKind.STORED)
def send_message(params: SendMessageParams, item: Item, step: StoredStep) -> Item:
    """Queue one message. The outbox sends it in order; and a crash neither loses nor doubles it."""
    files = [_file(item, name) for name in split_names(params.files)]
    if not params.text.strip() and not files:
        raise InvalidInput("The message has no text.", code="node.invalid_parameter", place="text")
    if params.due_at is not None and params.due_at.tzinfo is None:
        raise InvalidInput(
            "The time of sending has no zone.",
            code="node.invalid_parameter",
            place="dueAt",
            hint="Write it as {{ $now.plus({ hours: 1 }).toISO() }}.",
        )
    message_id = outbox.queue_message(
        step.connection,
        step.scope,
        text=params.text,
        buttons=[{"label": button.label, "value": button.value or button.label} for button in params.buttons],
        send_key=f"{step.run_id}/{step.step_key}",
        author="bot",
        run_id=step.run_id,
        now=step.now,
        due_at=params.due_at,
        unasked=not params.urgent,
        files=files,
        **_receiver(params, step),
    )
    return Item(json={"messageId": message_id})


def _file(item: Item, name: str) -> NewFile:
    content, about = read_binary(item, name)
    return NewFile(content, str(about.get("mimeType") or "application/octet-stream"), about.get("fileName"))


def _receiver(params: SendMessageParams, step: StoredStep) -> dict[str, Any]:
    """The conversation or the chat that gets the message."""
    chat = {"bot_id": params.bot, "channel": params.channel, "chat_id": params.chat_id}
    if params.conversation_id or not any(chat.values()):
        conversation_id = params.conversation_id or step.conversation_id
        if not conversation_id:
            raise InvalidInput(
                "Nobody is named to get the message.",
                code="node.invalid_parameter",
                place="conversationId",
                hint="This run belongs to no conversation: name one, or `bot`, `channel` and `chatId`.",
            )
        return {"conversation_id": conversation_id}
    missing = [
        name
        for name, value in (("bot", params.bot), ("channel", params.channel), ("chatId", params.chat_id))
        if not value
    ]
    if missing:
        raise InvalidInput(
            f"A chat needs `bot`, `channel` and `chatId`; missing: {', '.join(missing)}.",
            code="node.invalid_parameter",
            place=missing[0],
        )
    return chat
