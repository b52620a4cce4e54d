"""What a person should look at in all chats: what did not arrive, or perhaps, and what the bot could not answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, literal, null, select, update

from tapbot.errors import Conflict, NotFound
from tapbot.events.store import tell
from tapbot.inbox.changes import lock_conversation
from tapbot.inbox.outbox import UNDELIVERED
from tapbot.inbox.tables import RECEIPT_KEY, contacts, conversations, inbound, messages, outbox, receipts
from tapbot.storage.columns import within
from tapbot.storage.types import Scope

SET_ASIDE = "set_aside"
POISON = "poison"
"""What the row of a message says whose turn failed."""


def list_troubles(db: Connection, scope: Scope, *, limit: int) -> list[dict[str, Any]]:
    """Messages in doubt, failed and set aside, the newest first."""
    found = [*_undelivered(db, scope, limit), *_failed_later(db, scope, limit), *_set_aside(db, scope, limit)]
    return sorted(found, key=lambda row: (row["created_at"], row["message_id"]), reverse=True)[:limit]


def _undelivered(db: Connection, scope: Scope, limit: int) -> list[dict[str, Any]]:
    told = [receipts.c[name] == outbox.c[name] for name in RECEIPT_KEY]
    query = (
        _messages(scope, outbox.c.status.label("kind"), outbox.c.error, null().label("run_id"))
        .join(outbox, and_(outbox.c.message_id == messages.c.message_id, within(outbox, scope)))
        .outerjoin(receipts, and_(*told, within(receipts, scope)))
        .where(outbox.c.status.in_(UNDELIVERED), receipts.c.status.is_(None))
        .order_by(messages.c.created_at.desc())
    )
    return _explained(db, query.limit(limit))


def _failed_later(db: Connection, scope: Scope, limit: int) -> list[dict[str, Any]]:
    """Messages that the channel took, and of which it told later that they failed."""
    told = [receipts.c[name] == outbox.c[name] for name in RECEIPT_KEY]
    query = (
        _messages(scope, literal("failed").label("kind"), receipts.c.error, null().label("run_id"))
        .join(outbox, and_(outbox.c.message_id == messages.c.message_id, within(outbox, scope)))
        .join(receipts, and_(*told, within(receipts, scope)))
        .where(outbox.c.status == "sent", receipts.c.status == "failed")
        .order_by(receipts.c.at.desc())
    )
    return _explained(db, query.limit(limit))


def _explained(db: Connection, query: Select[Any]) -> list[dict[str, Any]]:
    rows = db.execute(query).mappings()
    told = [(row, row["error"] or {}) for row in rows]
    return [{**row, "error": error.get("message"), "error_code": error.get("code")} for row, error in told]


def _set_aside(db: Connection, scope: Scope, limit: int) -> list[dict[str, Any]]:
    mine = and_(messages.c.inbound_id == inbound.c.inbound_id, messages.c.author == "contact")
    query = (
        _messages(scope, literal(SET_ASIDE).label("kind"), null().label("error"), inbound.c.turn_run_id.label("run_id"))
        .join(inbound, and_(mine, within(inbound, scope)))
        .where(inbound.c.status == POISON)
        .order_by(messages.c.created_at.desc())
    )
    return [{**row, "error_code": None} for row in db.execute(query.limit(limit)).mappings()]


def _messages(scope: Scope, *more: Any) -> Select[Any]:
    """Messages with their conversation and what the customer is called."""
    said = (messages.c.message_id, messages.c.conversation_id, messages.c.text, messages.c.created_at)
    chat = (conversations.c.bot_id.label("bot"), conversations.c.channel)
    name = func.coalesce(contacts.c.first_name, contacts.c.phone).label("name")
    return (
        select(*said, *chat, name, *more)
        .join(
            conversations,
            and_(conversations.c.conversation_id == messages.c.conversation_id, within(conversations, scope)),
        )
        .outerjoin(contacts, and_(contacts.c.contact_id == conversations.c.contact_id, within(contacts, scope)))
        .where(within(messages, scope))
    )


def answer_set_aside(
    db: Connection, scope: Scope, conversation_id: str, message_id: str, *, again: bool, now: datetime
) -> None:
    """Decide about a message that the bot could not answer: it tries once more, or the message is let be.

    Raises:
        NotFound: There is no such message of a customer here.
        Conflict: It is not set aside.
    """
    lock_conversation(db, scope, conversation_id)
    query = (
        select(inbound.c.inbound_id, inbound.c.status)
        .join(messages, and_(messages.c.inbound_id == inbound.c.inbound_id, within(messages, scope)))
        .where(within(inbound, scope), inbound.c.conversation_id == conversation_id)
        .where(messages.c.message_id == message_id, messages.c.author == "contact")
    )
    row = db.execute(query).one_or_none()
    if row is None:
        raise NotFound("There is no such message of a customer.", code="inbox.no_message", place=message_id)
    if row.status != POISON:
        raise Conflict("This message is not set aside.", code="inbox.not_set_aside", place=message_id)
    this = (within(inbound, scope), inbound.c.inbound_id == row.inbound_id)
    db.execute(update(inbound).where(*this).values(status="new" if again else "done", turn_run_id=None))
    tell(db, scope, "conversation", conversation_id, {"turn_due": again}, now=now)
