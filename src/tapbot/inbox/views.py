"""Conversations and messages as people and chats see them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, Text, and_, case, func, or_, select, type_coerce

from tapbot.errors import NotFound
from tapbot.inbox.conversations import conversation_of
from tapbot.inbox.tables import RECEIPT_KEY, contacts, conversations, inbound, messages, outbox, receipts
from tapbot.inbox.types import Chat
from tapbot.storage.columns import within
from tapbot.storage.types import Scope


def list_conversations(
    db: Connection,
    scope: Scope,
    *,
    bot_id: str | None = None,
    channel: str | None = None,
    holder: str | None = None,
    team: str | None = None,
    assignee: str | None = None,
    tag: str | None = None,
    snoozed: bool | None = None,
    before: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Conversations, the one that changed last first.

    Args:
        assignee: Id of the person who looks after it.
        snoozed: Only those that are put off, or only those that are not.
        before: `last_message_at` and `conversation_id` of the last one of the page before.
    """
    query = _conversations(scope)
    if bot_id is not None:
        query = query.where(conversations.c.bot_id == bot_id)
    if channel is not None:
        query = query.where(conversations.c.channel == channel)
    equal = {"holder": holder, "team": team, "assignee_id": assignee}
    query = query.where(*(conversations.c[name] == value for name, value in equal.items() if value is not None))
    if tag is not None:
        query = query.where(type_coerce(conversations.c.tags, Text).contains(_quoted(tag), autoescape=True))
    if snoozed is not None:
        put_off = conversations.c.snoozed_until
        query = query.where(put_off.is_not(None) if snoozed else put_off.is_(None))
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


def show_conversation(found: Mapping[str, Any]) -> dict[str, Any]:
    """A conversation of `get_conversation`, as workflows see it."""
    return {
        "id": found["conversation_id"],
        "bot": found["bot_id"],
        "channel": found["channel"],
        "chatId": found["chat_id"],
        "holder": found["holder"],
        "language": found["language"],
        "team": found["team"],
        "tags": found["tags"] or [],
        "link": found["link"],
    }


def show_contact(found: Mapping[str, Any]) -> dict[str, Any]:
    """The contact of a conversation of `get_conversation`, as workflows see it."""
    return {"id": found["contact_id"], "name": found["first_name"], "phone": found["phone"]}


def find_conversation(db: Connection, scope: Scope, *, bot_id: str, channel: str, chat_id: str) -> str | None:
    """Id of the conversation of a chat; `None` before its first message."""
    return db.execute(conversation_of(scope, bot_id, channel, chat_id)).scalar_one_or_none()


def chat_of_conversation(db: Connection, scope: Scope, conversation_id: str) -> Chat:
    """Where a conversation is held.

    Raises:
        NotFound: There is no such conversation.
    """
    columns = (conversations.c.bot_id, conversations.c.channel, conversations.c.chat_id)
    query = select(*columns).where(within(conversations, scope), conversations.c.conversation_id == conversation_id)
    row = db.execute(query).one_or_none()
    if row is None:
        raise NotFound("There is no such conversation.", code="inbox.no_conversation", place=conversation_id)
    return Chat(*row)


def list_messages(
    db: Connection,
    scope: Scope,
    conversation_id: str,
    *,
    after: int | None = None,
    before: int | None = None,
    limit: int = 100,
    said_only: bool = False,
) -> list[dict[str, Any]]:
    """Messages, oldest first, with their delivery (`None` for what came in).

    Args:
        said_only: As the customer sees them: without what is held back, or is to be said later.
        after: Only those after this `position`.
        before: The last `limit` ones before this `position`.
    """
    # What the channel told later says more than that it took the message.
    status = func.coalesce(receipts.c.status, outbox.c.status).label("delivery")
    error = case((receipts.c.status == "failed", receipts.c.error), else_=outbox.c.error).label("delivery_error")
    told = [receipts.c[name] == outbox.c[name] for name in RECEIPT_KEY]
    mine = within(conversations, scope)
    query = (
        select(messages, status, error, outbox.c.due_at, inbound.c.sender, conversations.c.chat_id)
        .outerjoin(outbox, (outbox.c.message_id == messages.c.message_id) & within(outbox, scope))
        .outerjoin(receipts, and_(*told, within(receipts, scope)))
        .join(conversations, and_(messages.c.conversation_id == conversations.c.conversation_id, mine))
        .outerjoin(inbound, and_(messages.c.inbound_id == inbound.c.inbound_id, within(inbound, scope)))
        .where(within(messages, scope), messages.c.conversation_id == conversation_id)
    )
    if said_only:
        at_once = and_(outbox.c.status == "queued", outbox.c.due_at <= messages.c.created_at)
        query = query.where(
            or_(outbox.c.status.is_(None), outbox.c.status.in_(["sent", "failed", "in_doubt"]), at_once)
        )
    if after is not None:
        query = query.where(messages.c.position > after).order_by(messages.c.position)
        return [dict(row) for row in db.execute(query.limit(limit)).mappings()]
    if before is not None:
        query = query.where(messages.c.position < before)
    rows = db.execute(query.order_by(messages.c.position.desc()).limit(limit)).mappings()
    return [dict(row) for row in rows][::-1]


def get_message(db: Connection, scope: Scope, message_id: str) -> dict[str, Any] | None:
    """One message as it was said."""
    query = select(messages).where(within(messages, scope), messages.c.message_id == message_id)
    row = db.execute(query).mappings().one_or_none()
    return dict(row) if row else None


def list_undelivered(db: Connection, scope: Scope, states: Collection[str], *, limit: int) -> list[dict[str, Any]]:
    """Messages of ours that did not arrive, or of which nobody knows, the newest first.

    Args:
        states: Of the outbox, such as `in_doubt`.
    """
    mine = (messages.c.message_id == outbox.c.message_id) & within(messages, scope)
    said = (messages.c.created_at, messages.c.text, outbox.c.outbox_id)
    place = (outbox.c.message_id, outbox.c.conversation_id, outbox.c.bot_id, outbox.c.channel, outbox.c.chat_id)
    ours = select(outbox.c.status, outbox.c.error, *said, *place).join(messages, mine)
    query = ours.where(within(outbox, scope), outbox.c.status.in_(states)).order_by(outbox.c.outbox_id.desc())
    rows = [dict(row) for row in db.execute(query.limit(limit)).mappings()]
    if "failed" in states:
        rows += _failed_later(db, scope, (*said, *place), mine, limit)
    rows.sort(key=lambda row: row.pop("outbox_id"), reverse=True)
    return [{**row, "error": (row["error"] or {}).get("message")} for row in rows[:limit]]


def _failed_later(
    db: Connection, scope: Scope, columns: Sequence[Any], mine: ColumnElement[bool], limit: int
) -> list[dict[str, Any]]:
    """Messages that the channel took, and of which it told later that they failed."""
    told = and_(within(receipts, scope), *(receipts.c[name] == outbox.c[name] for name in RECEIPT_KEY))
    query = select(receipts.c.status, receipts.c.error, *columns).join(messages, mine).join(receipts, told)
    query = query.where(within(outbox, scope), outbox.c.status == "sent", receipts.c.status == "failed")
    return [dict(row) for row in db.execute(query.order_by(receipts.c.at.desc()).limit(limit)).mappings()]


def _quoted(tag: str) -> str:
    """A tag as it stands in the JSON list of a conversation's tags."""
    return msgspec.json.encode(tag.strip().lower()).decode()


def _conversations(scope: Scope) -> Select[Any]:
    shown = [column for column in conversations.c if column.name not in ("project_id", "environment")]
    person = contacts.alias("person")
    contact = [person.c.first_name, person.c.phone, person.c.language.label("contact_language")]
    ids = func.coalesce(contacts.c.person_id, contacts.c.contact_id)
    mine = and_(person.c.project_id == scope.project_id, person.c.environment == scope.environment)
    return (
        select(*shown, *contact)
        .outerjoin(contacts, (contacts.c.contact_id == conversations.c.contact_id) & within(contacts, scope))
        .outerjoin(person, (person.c.contact_id == ids) & mine)
        .where(within(conversations, scope))
    )
