"""Conversations and messages as people and chats see them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from tapbot.inbox.conversations import conversation_of
from tapbot.inbox.tables import contacts, conversations, messages, outbox
from tapbot.storage.columns import within
from tapbot.storage.types import Scope


def list_conversations(
    db: Connection,
    scope: Scope,
    *,
    bot_id: str | None = None,
    channel: str | None = None,
    before: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Conversations, the one that changed last first.

    Args:
        before: `last_message_at` and `conversation_id` of the last one of the page before.
    """
    query = _conversations(scope)
    if bot_id is not None:
        query = query.where(conversations.c.bot_id == bot_id)
    if channel is not None:
        query = query.where(conversations.c.channel == channel)
    if before is not None:
        at, conversation_id = before
        query = query.where(
            (conversations.c.last_message_at < at)
            | ((conversations.c.last_message_at == at) & (conversations.c.conversation_id < conversation_id))
        )
    order = (conversations.c.last_message_at.desc(), conversations.c.conversation_id.desc())
    return [dict(row) for row in db.execute(query.order_by(*order).limit(limit)).mappings()]


def get_conversation(db: Connection, scope: Scope, conversation_id: str) -> dict[str, Any] | None:
    """One conversation with its contact and the bot's state."""
    query = _conversations(scope).where(conversations.c.conversation_id == conversation_id)
    row = db.execute(query).mappings().one_or_none()
    return dict(row) if row else None


def find_conversation(db: Connection, scope: Scope, *, bot_id: str, channel: str, chat_id: str) -> str | None:
    """Id of the conversation of a chat; `None` before its first message."""
    return db.execute(conversation_of(scope, bot_id, channel, chat_id)).scalar_one_or_none()


def list_messages(
    db: Connection,
    scope: Scope,
    conversation_id: str,
    *,
    after: int | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Messages, oldest first, with their delivery (`None` for what came in).

    Args:
        after: Only those after this `position`.
        before: The last `limit` ones before this `position`.
    """
    query = (
        select(messages, outbox.c.status.label("delivery"), outbox.c.error.label("delivery_error"))
        .outerjoin(outbox, (outbox.c.message_id == messages.c.message_id) & within(outbox, scope))
        .where(within(messages, scope), messages.c.conversation_id == conversation_id)
    )
    if after is not None:
        query = query.where(messages.c.position > after).order_by(messages.c.position)
        return [dict(row) for row in db.execute(query.limit(limit)).mappings()]
    if before is not None:
        query = query.where(messages.c.position < before)
    rows = db.execute(query.order_by(messages.c.position.desc()).limit(limit)).mappings()
    return [dict(row) for row in rows][::-1]


def _conversations(scope: Scope) -> Select[Any]:
    shown = [column for column in conversations.c if column.name not in ("project_id", "environment")]
    contact = [contacts.c.first_name, contacts.c.phone, contacts.c.language.label("contact_language")]
    return (
        select(*shown, *contact)
        .outerjoin(contacts, (contacts.c.contact_id == conversations.c.contact_id) & within(contacts, scope))
        .where(within(conversations, scope))
    )
