"""What the inbox takes and gives. Frozen, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Required, TypedDict

from tapbot.storage.types import Scope


class Attachment(TypedDict, total=False):
    """A file or a place of a message, as its row keeps it."""

    kind: Required[str]
    """`photo`, `voice`, `audio`, `video`, `document`, `sticker` or `place`."""
    file_id: str | None
    """Once the file is here."""
    source: str | None
    """What the channel calls a file that is still to be fetched."""
    failed: str | None
    """Why a file is not here and will not come."""
    name: str | None
    media_type: str | None
    size_bytes: int | None
    latitude: float | None
    longitude: float | None
    transcript: str | None
    """What is said in a voice message."""


@dataclass(frozen=True, slots=True)
class Chat:
    """Where a message is written."""

    bot_id: str
    channel: str
    chat_id: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message of a customer as a channel parsed it.

    Args:
        message_id: Unique in its chat; a second arrival of the same one is a duplicate.
        value: Value of a pressed button.
        attachments: Files and places, see `Attachment`.
        album: What was sent together has the same one.
    """

    bot_id: str
    channel: str
    chat_id: str
    message_id: str
    text: str | None
    value: str | None
    sender_id: str
    sender_name: str | None
    sender_language: str | None
    callback_id: str | None = None
    attachments: tuple[Attachment, ...] = ()
    album: str | None = None
    thread: Mapping[str, str] | None = None
    """What the channel wants back with answers."""
    group: str | None = None
    """Title of the group, where the chat is one: then the chat itself is the contact, whoever writes."""
    external_id: str | None = None
    """The channel's own name of the message in its chat, by which an edit names it."""
    link: str | None = None
    """What the link carried by which the customer came."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of an arrival."""

    conversation_id: str
    inbound_id: int
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """The messages that one turn answers, and the state before it."""

    scope: Scope
    conversation_id: str
    bot_id: str
    channel: str
    turn_number: int
    language: str | None
    state: dict[str, Any]
    contact: dict[str, Any]
    inbound_ids: list[int]
    messages: list[dict[str, Any]]
    summary: str | None = None
    """What a person left for the bot when giving the conversation back."""
    link: str | None = None
    """What the link carried by which the customer came last."""
    chat_id: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a turn leaves behind, written in one transaction.

    Args:
        handoff: Why and how a person is called; the bot is silent from then on.
        contact: What was learned about the contact.
    """

    replies: list[dict[str, Any]]
    state: dict[str, Any]
    language: str | None
    handoff: Handover | None
    contact: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Queued:
    """A message that waits in the outbox."""

    outbox_id: int
    scope: Scope
    send_key: str
    message_id: str
    conversation_id: str
    bot_id: str
    channel: str
    chat_id: str
    text: str
    buttons: list[dict[str, str]]
    attempts: int
    due_at: datetime
    retry_at: datetime | None
    written_at: datetime
    customer_wrote_at: datetime | None
    language: str | None
    attachments: list[Attachment] | None = None
    unasked: int | None = None
    broadcast_id: str | None = None
    thread: dict[str, str] | None = None
    parts_sent: int | None = None


Holder = Literal["bot", "human", "approval", "closed"]
"""Who has a conversation: the bot answers, a person does, a person's approval is awaited, or nobody does for now."""

ActorKind = Literal["contact", "bot", "person", "phone", "workflow", "timer"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changed something about a conversation.

    Args:
        kind: `phone` is the company's own phone, `timer` is tapbot when a time came.
        actor_id: The principal, the bot or the run, where there is one.
    """

    kind: ActorKind
    actor_id: str | None = None


TIMER = Actor("timer")


@dataclass(frozen=True, slots=True)
class Handover:
    """How a person gets a conversation.

    Args:
        reason: Why, as the console shows it: `asked`, `misses`, `anger`, `error`, or a person's own words.
        team: Whose conversation it becomes; `None` leaves it where it is.
        people: Ids of those among whom the next one is chosen in turn; empty when nobody is chosen.
        reply_minutes: How soon a person is to answer each time; `None` sets no time.
        return_minutes: After so long without a person's word the bot answers again; `None` leaves it to people.
        opens_at: When somebody is there to answer; `None` when that is now.
    """

    reason: str
    team: str | None = None
    people: tuple[str, ...] = ()
    reply_minutes: int | None = None
    return_minutes: int | None = None
    opens_at: datetime | None = None
