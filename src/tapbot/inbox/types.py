"""What the inbox takes and gives. Frozen, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tapbot.storage.types import Scope


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message of a customer as a channel parsed it.

    Args:
        message_id: Unique in its chat; a second arrival of the same one is a duplicate.
        value: Value of a pressed button.
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


@dataclass(frozen=True, slots=True)
class Answer:
    """What a turn leaves behind, written in one transaction.

    Args:
        handoff: Why a person is called; the bot is silent from then on.
        contact: What was learned about the contact.
    """

    replies: list[dict[str, Any]]
    state: dict[str, Any]
    language: str | None
    handoff: str | None
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
