"""The outbox: each message is queued once by its send key, sent in the order of its chat, and retried when due."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from sqlalchemy import Connection, Select, and_, func, insert, or_, select, update

from tapbot.errors import Conflict, NotFound
from tapbot.events.store import tell
from tapbot.inbox.conversations import conversation_for
from tapbot.inbox.files import NewFile, keep_files_said, sign_of
from tapbot.inbox.holding import move_to_end
from tapbot.inbox.tables import contacts, conversations, messages, outbox, windows
from tapbot.inbox.types import Attachment, Queued
from tapbot.inbox.views import chat_of_conversation
from tapbot.storage.columns import owned, within, within_any
from tapbot.storage.sql import database_ms, insert_new
from tapbot.storage.types import JsonObject, Scope

WINDOW_KEY = ("project_id", "environment", "channel", "bot_id", "chat_id")
ZONE_FIELD = "time_zone"
IN_DOUBT = "in_doubt"
UNDELIVERED = (IN_DOUBT, "failed")
LEFT_ALONE: JsonObject = {
    "code": "outbox.in_doubt",
    "message": "Whoever was sending it ended in the middle: nobody knows whether it arrived.",
}
FRESH = timedelta(minutes=15)
"""Whoever wrote so lately is awake and waits for an answer."""
GROUP = "-"
"""Ids of groups begin with it: nobody sleeps in a group."""
CLAIM_MS = 6_000
"""A claim is renewed while its process lives (`renew_claims`); after so long it is taken for dead."""


def queue_reply(
    db: Connection,
    scope: Scope,
    *,
    conversation_id: str,
    text: str,
    buttons: list[dict[str, str]],
    send_key: str,
    run_id: str | None,
    now: datetime,
    inbound_id: int | None = None,
    author: str = "bot",
    author_id: str | None = None,
    due_at: datetime | None = None,
    attachments: list[Attachment] | None = None,
    unasked: bool = False,
    broadcast_id: str | None = None,
    to_colleague: bool = False,
) -> str:
    """Put a message into a conversation and its outbox; the same send key gives the message that is there already.

    While a person holds the conversation a bot's message is held back: the same transaction decides it.

    Args:
        author_id: The person who wrote it.
        attachments: Files that are here.
        unasked: Nobody asked for it, so that it waits for the end of quiet hours.
        broadcast_id: The broadcast that it is part of.
        to_colleague: It asks somebody of the company, or answers their decision: nobody's talk there holds it back.

    Raises:
        NotFound: There is no such conversation.
    """
    chat = _lock_chat(db, scope, conversation_id)
    held = chat.pop("holder") == "human" and author == "bot" and not to_colleague
    message_id = str(uuid.uuid4())
    place = {"message_id": message_id, "conversation_id": conversation_id}
    state = {"send_key": send_key, "status": "held" if held else "queued", "attempts": 0, "due_at": due_at or now}
    kind = {"unasked": int(unasked and not chat["chat_id"].startswith(GROUP)), "broadcast_id": broadcast_id}
    waiting = owned(scope) | place | chat | state | kind
    if db.execute(insert_new(outbox).returning(outbox.c.outbox_id), waiting).one_or_none() is None:
        return str(find_sent(db, scope, send_key))
    said: dict[str, Any] = {"author": author, "text": text, "buttons": buttons, "attachments": attachments or None}
    said |= {"inbound_id": inbound_id, "run_id": run_id, "author_id": author_id, "created_at": now}
    db.execute(insert(messages), owned(scope) | place | said)
    told: JsonObject = {"conversation_id": conversation_id, "author": author}
    if held:
        tell(db, scope, "message", message_id, told | {"delivery": "held"}, now=now)
        return message_id
    _show_last(db, scope, conversation_id, text or sign_of(attachments or ()), now)
    tell(db, scope, "message", message_id, told | chat, now=now)
    return message_id


def _show_last(db: Connection, scope: Scope, conversation_id: str, shown: str, now: datetime) -> None:
    this = (within(conversations, scope), conversations.c.conversation_id == conversation_id)
    db.execute(update(conversations).where(*this).values(last_text=shown[:200], last_message_at=now))


def find_sent(db: Connection, scope: Scope, send_key: str) -> str | None:
    """The message that has a send key."""
    known = select(outbox.c.message_id).where(within(outbox, scope), outbox.c.send_key == send_key)
    return db.execute(known).scalar_one_or_none()


def _lock_chat(db: Connection, scope: Scope, conversation_id: str) -> dict[str, Any]:
    """The chat of a conversation and its holder, kept until the end: positions are in the order of commits."""
    columns = (conversations.c.bot_id, conversations.c.channel, conversations.c.chat_id, conversations.c.holder)
    where = (within(conversations, scope), conversations.c.conversation_id == conversation_id)
    row = db.execute(select(*columns).where(*where).with_for_update()).mappings().one_or_none()
    if row is None:
        raise NotFound("There is no such conversation.", code="inbox.no_conversation", place=conversation_id)
    return dict(row)


def queue_message(
    db: Connection,
    scope: Scope,
    *,
    text: str,
    buttons: list[dict[str, str]],
    send_key: str,
    author: str,
    run_id: str | None,
    now: datetime,
    conversation_id: str | None = None,
    bot_id: str | None = None,
    channel: str | None = None,
    chat_id: str | None = None,
    due_at: datetime | None = None,
    unasked: bool = False,
    files: Sequence[NewFile] = (),
    to_colleague: bool = False,
) -> str:
    """Queue a message for a conversation, or for a chat such as a group of drivers; the chat is made when new.

    Args:
        files: They go with it.
        unasked: It waits for the end of quiet hours, unless the customer has just written.
        to_colleague: See `queue_reply`.

    Raises:
        NotFound: There is no such conversation.
    """
    conversation_id = conversation_id or _conversation_of_chat(db, scope, bot_id, channel, chat_id, now)
    return queue_reply(
        db,
        scope,
        conversation_id=conversation_id,
        text=text,
        buttons=buttons,
        send_key=send_key,
        run_id=run_id,
        now=now,
        author=author,
        due_at=due_at,
        attachments=_keep_files(db, scope, conversation_id, files, send_key, now),
        unasked=unasked and not (due_at is None and _wrote_lately(db, scope, conversation_id, now)),
        to_colleague=to_colleague,
    )


def _conversation_of_chat(
    db: Connection, scope: Scope, bot_id: str | None, channel: str | None, chat_id: str | None, now: datetime
) -> str:
    """Whoever answers there first may be one of a group: the chat itself is the contact."""
    if bot_id is None or channel is None or chat_id is None:
        raise NotFound("A message needs a conversation, or a bot, a channel and a chat.", code="inbox.no_conversation")
    return conversation_for(
        db, scope, bot_id=bot_id, channel=channel, chat_id=chat_id, sender_id=chat_id, sender_name=None, now=now
    )


def _keep_files(
    db: Connection, scope: Scope, conversation_id: str, files: Sequence[NewFile], send_key: str, now: datetime
) -> list[Attachment] | None:
    """Keep the files of a message that is not there yet."""
    if not files or find_sent(db, scope, send_key) is not None:
        return None
    return keep_files_said(db, scope, chat_of_conversation(db, scope, conversation_id), files, now=now)


def _wrote_lately(db: Connection, scope: Scope, conversation_id: str, now: datetime) -> bool:
    """Whether the customer of a conversation is awake."""
    mine = (within(messages, scope), messages.c.conversation_id == conversation_id)
    lately = (messages.c.author == "contact", messages.c.created_at > now - FRESH)
    return db.execute(select(messages.c.message_id).where(*mine, *lately).limit(1)).one_or_none() is not None


def put_off(db: Connection, queued: Queued, *, due_at: datetime) -> None:
    """A message waits for the end of quiet hours; others of its chat go first. What is just being sent is let be."""
    this = (outbox.c.outbox_id == queued.outbox_id, outbox.c.status == "queued", outbox.c.claimed_until_ms.is_(None))
    db.execute(update(outbox).where(*this).values(due_at=due_at))


def withdraw(db: Connection, scope: Scope, conversation_id: str, message_id: str, *, now: datetime) -> None:
    """Take back a message that is to be sent later.

    Raises:
        NotFound: There is no such message of ours.
        Conflict: It is sent, or just being sent.
    """
    this = (within(outbox, scope), outbox.c.message_id == message_id, outbox.c.conversation_id == conversation_id)
    if db.execute(select(outbox.c.outbox_id).where(*this)).one_or_none() is None:
        raise NotFound("There is no such message of ours.", code="inbox.no_message", place=message_id)
    waiting = (outbox.c.status.in_(["queued", "held"]), outbox.c.claimed_until_ms.is_(None), outbox.c.due_at > now)
    if db.execute(update(outbox).where(*this, *waiting).values(status="dropped")).rowcount == 0:
        raise Conflict("It is too late to take this message back.", code="outbox.too_late", place=message_id)
    tell(db, scope, "message", message_id, {"conversation_id": conversation_id, "delivery": "dropped"}, now=now)


def zone_of(db: Connection, queued: Queued) -> str | None:
    """The time zone that a message's receiver is known to live in: the contact's field `time_zone`."""
    of = contacts.alias()
    person = contacts.c.contact_id == func.coalesce(of.c.person_id, of.c.contact_id)
    joined = conversations.join(of, of.c.contact_id == conversations.c.contact_id).join(contacts, person)
    this = conversations.c.conversation_id == queued.conversation_id
    known: Any = db.execute(select(contacts.c.fields).select_from(joined).where(this)).scalar_one_or_none() or {}
    zone = known.get(ZONE_FIELD)
    return zone if isinstance(zone, str) else None


def first_waiting(db: Connection, scopes: Collection[Scope]) -> list[Queued]:
    """The first waiting message of each chat of some projects."""
    first = (
        select(func.min(outbox.c.outbox_id))
        .where(within_any(outbox, scopes), outbox.c.status == "queued")
        .group_by(outbox.c.project_id, outbox.c.environment, outbox.c.bot_id, outbox.c.channel, outbox.c.chat_id)
    )
    return [_queued(dict(row)) for row in db.execute(_waiting().where(outbox.c.outbox_id.in_(first))).mappings()]


def due_chats(
    db: Connection, scopes: Collection[Scope], now: datetime, *, limit: int
) -> list[tuple[Scope, str, str, str]]:
    """Bot, channel and chat of what should have been sent by now, the longest overdue first."""
    chat = (outbox.c.project_id, outbox.c.environment, outbox.c.bot_id, outbox.c.channel, outbox.c.chat_id)
    due = (outbox.c.status == "queued") & (outbox.c.due_at <= now)
    again = or_(outbox.c.retry_at.is_(None), outbox.c.retry_at <= now)
    query = select(*chat).where(within_any(outbox, scopes), due, again).group_by(*chat)
    rows = db.execute(query.order_by(func.min(outbox.c.due_at)).limit(limit))
    return [(Scope(row.project_id, row.environment), row.bot_id, row.channel, row.chat_id) for row in rows]


def next_in_chat(db: Connection, scope: Scope, bot_id: str, channel: str, chat_id: str) -> Queued | None:
    """The message of a chat that is to be sent next: a later one never overtakes an earlier one."""
    query = _waiting().where(
        within(outbox, scope),
        outbox.c.bot_id == bot_id,
        outbox.c.channel == channel,
        outbox.c.chat_id == chat_id,
    )
    row = db.execute(query.order_by(outbox.c.due_at, outbox.c.outbox_id).limit(1)).mappings().one_or_none()
    return _queued(dict(row)) if row else None


def _waiting() -> Select[Any]:
    said = (messages.c.text, messages.c.buttons, messages.c.attachments, messages.c.created_at.label("written_at"))
    window = [windows.c[name] == outbox.c[name] for name in WINDOW_KEY]
    return (
        select(outbox, *said, windows.c.customer_wrote_at, conversations.c.language, conversations.c.thread)
        .join(messages, messages.c.message_id == outbox.c.message_id)
        .join(conversations, conversations.c.conversation_id == outbox.c.conversation_id)
        .outerjoin(windows, and_(*window))
        .where(outbox.c.status == "queued")
    )


class Claim(Enum):
    """Who sends a message."""

    OURS = "ours"
    THEIRS = "theirs"
    """Another process is at it, or was."""
    LEFT = "left"
    """Somebody began and never told the end: it is in doubt now."""


def claim(db: Connection, queued: Queued, *, holder: str, repeatable: bool, now: datetime) -> Claim:
    """Let one process send a message that is the first of its chat.

    A claim ends with what came of it, or after `CLAIM_MS`: then its process is taken for dead. One of our own that
    did not end is dead too: a chat's messages are sent one by one.

    Args:
        repeatable: See `Channel.repeatable`: such a message is simply sent again.
    """
    unclaimed = outbox.c.claimed_until_ms.is_(None)
    dead = or_(outbox.c.claimed_until_ms < database_ms(), outbox.c.claimed_by == holder)
    this = (within(outbox, queued.scope), outbox.c.outbox_id == queued.outbox_id, outbox.c.status == "queued")
    unchanged = outbox.c.attempts == queued.attempts  # else somebody tried meanwhile, and it may have to wait
    claiming = update(outbox).where(*this, unchanged, or_(unclaimed, dead) if repeatable else unclaimed)
    if db.execute(claiming.values(claimed_by=holder, claimed_until_ms=database_ms() + CLAIM_MS)).rowcount == 1:
        return Claim.OURS
    left = select(outbox.c.outbox_id).where(*this, unchanged, dead)
    if repeatable or db.execute(left).one_or_none() is None:
        return Claim.THEIRS
    mark_in_doubt(db, queued, error=LEFT_ALONE, now=now)
    return Claim.LEFT


def renew_claims(db: Connection, holder: str) -> int:
    """Keep what a process is just sending for another while; gives the number of messages."""
    mine = (outbox.c.status == "queued") & (outbox.c.claimed_by == holder)
    return db.execute(update(outbox).where(mine).values(claimed_until_ms=database_ms() + CLAIM_MS)).rowcount


def mark_sent(db: Connection, queued: Queued, *, external_id: str | None, now: datetime) -> None:
    """A message reached its channel. One that was written long before stands in the thread where it was said."""
    db.execute(
        update(outbox)
        .where(outbox.c.outbox_id == queued.outbox_id)
        .values(status="sent", sent_at=now, external_id=external_id, attempts=queued.attempts + 1)
    )
    if queued.due_at > queued.written_at:
        move_to_end(db, queued.scope, queued.message_id, created_at=now)
    data: JsonObject = {"conversation_id": queued.conversation_id, "delivery": "sent"}
    tell(db, queued.scope, "message", queued.message_id, data, now=now)


def postpone(db: Connection, queued: Queued, *, retry_at: datetime, error: JsonObject) -> None:
    """The channel was down or asked us to wait."""
    db.execute(
        update(outbox)
        .where(outbox.c.outbox_id == queued.outbox_id)
        .values(attempts=queued.attempts + 1, retry_at=retry_at, error=error, claimed_by=None, claimed_until_ms=None)
    )


def mark_failed(db: Connection, queued: Queued, *, error: JsonObject, now: datetime) -> None:
    """The channel refused a message for good, or every try failed: seen in the console with its reason."""
    db.execute(
        update(outbox)
        .where(outbox.c.outbox_id == queued.outbox_id)
        .values(status="failed", attempts=queued.attempts + 1, error=error)
    )
    data: JsonObject = {"conversation_id": queued.conversation_id, "delivery": "failed"}
    tell(db, queued.scope, "message", queued.message_id, data, now=now)


def mark_in_doubt(db: Connection, queued: Queued, *, error: JsonObject, now: datetime) -> None:
    """Nobody knows whether a message arrived, and the channel would show it twice: a person decides."""
    values = {"status": IN_DOUBT, "attempts": queued.attempts + 1, "error": error}
    free = {"claimed_by": None, "claimed_until_ms": None}
    db.execute(update(outbox).where(outbox.c.outbox_id == queued.outbox_id).values(**values, **free))
    data: JsonObject = {"conversation_id": queued.conversation_id, "delivery": IN_DOUBT}
    tell(db, queued.scope, "message", queued.message_id, data, now=now)


def count_in_doubt(db: Connection) -> dict[Scope, int]:
    """How many messages in doubt each project has."""
    whose = (outbox.c.project_id, outbox.c.environment)
    rows = db.execute(select(*whose, func.count()).where(outbox.c.status == IN_DOUBT).group_by(*whose))
    return {Scope(project, environment): count for project, environment, count in rows}


def _queued(row: dict[str, Any]) -> Queued:
    names = [name for name in Queued.__slots__ if name != "scope"]
    return Queued(scope=Scope(row["project_id"], row["environment"]), **{name: row[name] for name in names})
