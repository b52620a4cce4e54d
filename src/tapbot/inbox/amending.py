"""What customers change afterwards: their own words, and whether the bot may write to them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, RowMapping, or_, select, update

from tapbot.events.store import tell
from tapbot.inbox.changes import lock_conversation
from tapbot.inbox.conversations import conversation_of
from tapbot.inbox.tables import conversations, inbound, messages
from tapbot.inbox.types import Chat
from tapbot.storage.columns import within
from tapbot.storage.types import JsonObject, Scope

MOST_EARLIER = 20
"""Texts that are kept of one message: the first one and the newest."""
UNREAD = ("new", "held")


def keep_edit(
    db: Connection, scope: Scope, chat: Chat, external_id: str, text: str, *, number: int, edited_at: datetime
) -> bool:
    """A customer changed a message. Whatever the bot has not read yet, it reads as it is now; a turn that was taken
    is not taken again, and people see both texts.

    Args:
        external_id: The channel's own name of the message.
        number: Grows with each edit: one that comes again, or late, changes nothing.

    Returns:
        Whether something changed; not where the message was never kept.
    """
    conversation_id = db.execute(conversation_of(scope, **asdict(chat))).scalar_one_or_none()
    if conversation_id is None:
        return False
    lock_conversation(db, scope, conversation_id)  # a turn is not taken meanwhile
    this = (within(messages, scope), messages.c.conversation_id == conversation_id)
    theirs = (*this, messages.c.external_id == external_id, messages.c.author == "contact")
    older = or_(messages.c.edit_number.is_(None), messages.c.edit_number < number)
    row = db.execute(select(messages).where(*theirs, older)).mappings().one_or_none()
    if row is None or row["text"] == text:
        return False
    changed = {"text": text, "edited_at": edited_at, "edit_number": number, "earlier": _earlier(row)}
    db.execute(update(messages).where(*theirs).values(**changed))
    waiting = (within(inbound, scope), inbound.c.inbound_id == row["inbound_id"], inbound.c.status.in_(UNREAD))
    db.execute(update(inbound).where(*waiting, inbound.c.value.is_(None)).values(text=text))
    last = (within(conversations, scope), conversations.c.conversation_id == conversation_id)
    shown = conversations.c.last_text == row["text"][:200]
    db.execute(update(conversations).where(*last, shown).values(last_text=text[:200]))
    data: JsonObject = {"conversation_id": conversation_id, "author": "contact", "edited": True}
    tell(db, scope, "message", row["message_id"], data, now=edited_at)
    return True


def _earlier(row: RowMapping) -> list[str]:
    texts = [*(row["earlier"] or []), row["text"]]
    return texts if len(texts) <= MOST_EARLIER else [texts[0], *texts[-MOST_EARLIER + 1 :]]


def keep_blocking(db: Connection, scope: Scope, chat: Chat, *, blocked: bool, now: datetime) -> bool:
    """A customer blocked the bot, or let it in again; whether that was news."""
    conversation_id = db.execute(conversation_of(scope, **asdict(chat))).scalar_one_or_none()
    if conversation_id is None:
        return False
    this = (within(conversations, scope), conversations.c.conversation_id == conversation_id)
    other = conversations.c.blocked_at.is_(None) if blocked else conversations.c.blocked_at.is_not(None)
    changed = update(conversations).where(*this, other).values(blocked_at=now if blocked else None)
    if db.execute(changed).rowcount == 0:
        return False
    tell(db, scope, "conversation", conversation_id, {"blocked": blocked}, now=now)
    return True
