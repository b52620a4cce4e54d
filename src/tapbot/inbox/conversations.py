"""The conversation of a chat and the contact behind it, each made when it is new."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select, update

from tapbot.events.store import tell
from tapbot.inbox.tables import contacts, conversations
from tapbot.storage.columns import owned, within
from tapbot.storage.sql import insert_new
from tapbot.storage.types import Scope


def conversation_for(
    db: Connection,
    scope: Scope,
    *,
    bot_id: str,
    channel: str,
    chat_id: str,
    sender_id: str,
    sender_name: str | None,
    now: datetime,
) -> str:
    """The conversation of a chat, made at its first message, whichever side wrote it.

    Args:
        sender_id: Who the contact of a new conversation is, as the channel knows them.
    """
    # Locked first, so that the positions of a conversation's messages are in the order of their commits.
    known = conversation_of(scope, bot_id, channel, chat_id).with_for_update()
    found = db.execute(known).scalar_one_or_none()
    if found is not None:
        return str(found)
    conversation_id = str(uuid.uuid4())
    values: dict[str, Any] = owned(scope) | {
        "conversation_id": conversation_id,
        "bot_id": bot_id,
        "channel": channel,
        "chat_id": chat_id,
        "contact_id": contact_for(db, scope, channel, sender_id, sender_name, now),
        "holder": "bot",
        "state": {},
        "turns": 0,
        "last_message_at": now,
        "unread": 0,
        "created_at": now,
    }
    made = insert_new(conversations).returning(conversations.c.conversation_id)
    if db.execute(made, values).one_or_none() is None:  # another process was faster
        return str(db.execute(known).scalar_one())
    tell(db, scope, "conversation", conversation_id, {"new": True}, now=now)
    return conversation_id


def conversation_of(scope: Scope, bot_id: str, channel: str, chat_id: str) -> Select[str]:
    """The id of a chat's conversation, as a query."""
    return select(conversations.c.conversation_id).where(
        within(conversations, scope),
        conversations.c.bot_id == bot_id,
        conversations.c.channel == channel,
        conversations.c.chat_id == chat_id,
    )


def mark_read(db: Connection, scope: Scope, conversation_id: str, *, now: datetime) -> bool:
    """Somebody has a conversation before their eyes; whether it had unread messages."""
    where = (within(conversations, scope), conversations.c.conversation_id == conversation_id)
    marked = db.execute(update(conversations).where(*where, conversations.c.unread > 0).values(unread=0))
    if marked.rowcount == 0:
        return False
    tell(db, scope, "conversation", conversation_id, {"read": True}, now=now)
    return True


def contact_for(
    db: Connection, scope: Scope, channel: str, external_id: str, first_name: str | None, now: datetime
) -> str:
    """Id of the contact of an account in a channel; a new one is made where there is none."""
    where = (within(contacts, scope), contacts.c.channel == channel, contacts.c.external_id == external_id)
    known = select(contacts.c.contact_id).where(*where)
    found = db.execute(known).scalar_one_or_none()
    if found is not None:
        return str(found)
    contact_id = str(uuid.uuid4())
    values: dict[str, Any] = owned(scope) | {
        "contact_id": contact_id,
        "channel": channel,
        "external_id": external_id,
        "first_name": first_name,
        "language": None,
        "preferences": {},
        "created_at": now,
    }
    if db.execute(insert_new(contacts).returning(contacts.c.contact_id), values).one_or_none() is None:
        return str(db.execute(known).scalar_one())
    return contact_id
