"""Conversations in the database: accepting what comes in, one turn at a time, and answering."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, exists, func, insert, or_, select, update

from tapbot.errors import NotFound
from tapbot.events.store import tell
from tapbot.inbox import unsubscribing
from tapbot.inbox.changes import lock_conversation
from tapbot.inbox.contacts import learn
from tapbot.inbox.conversations import conversation_for
from tapbot.inbox.files import attachments_of, show_attachments, sign_of, take_attachments
from tapbot.inbox.holding import PHONE_RETURN_MINUTES, hand_over, hear_customer, note_answer
from tapbot.inbox.outbox import queue_reply
from tapbot.inbox.tables import chats, contacts, conversations, cursors, inbound, messages, outbox
from tapbot.inbox.types import Accepted, Actor, Answer, Arrival, Attachment, Handover, Turn
from tapbot.storage.columns import owned, within, within_any
from tapbot.storage.sql import insert_new
from tapbot.storage.types import Scope

MOST_MESSAGES_A_TURN = 20


def accept(db: Connection, scope: Scope, arrival: Arrival, *, now: datetime) -> Accepted:
    """Keep a message of a customer, once. It may be acknowledged when this is committed."""
    conversation_id = _conversation_for(db, scope, arrival, now)
    values: dict[str, Any] = owned(scope) | {
        "conversation_id": conversation_id,
        "message_id": arrival.message_id,
        "text": arrival.text,
        "value": arrival.value,
        "sender": {"id": arrival.sender_id, "name": arrival.sender_name, "language": arrival.sender_language},
        "callback_id": arrival.callback_id,
        "status": "new",
        "received_at": now,
        "album": arrival.album,
    }
    inbound_id = db.execute(insert_new(inbound).returning(inbound.c.inbound_id), values).scalar_one_or_none()
    if inbound_id is None:
        known = _find_inbound(db, scope, conversation_id, arrival.message_id)
        return Accepted(conversation_id, known, duplicate=True)
    said = arrival.text if arrival.value is None else _label_of(db, scope, conversation_id, arrival.value)
    attachments = take_attachments(db, scope, arrival)
    more = {"value": arrival.value, "external_id": arrival.external_id}
    message_id = _say(
        db, scope, conversation_id, "contact", said or "", inbound_id, now, attachments=attachments, **more
    )
    _touch(db, scope, conversation_id, arrival, said or sign_of(attachments), now)
    hear_customer(db, scope, conversation_id, now=now)
    unsubscribing.hear(db, scope, arrival, conversation_id, inbound_id, now=now)
    tell(db, scope, "message", message_id, {"conversation_id": conversation_id, "author": "contact"}, now=now)
    return Accepted(conversation_id, inbound_id, duplicate=False)


def _touch(db: Connection, scope: Scope, conversation_id: str, arrival: Arrival, shown: str, now: datetime) -> None:
    """Note on a conversation what came in: whoever writes does not block the bot."""
    values: dict[str, Any] = {"last_text": shown[:200], "last_message_at": now, "blocked_at": None}
    if arrival.thread:
        values["thread"] = dict(arrival.thread)
    if arrival.link:
        values["link"] = arrival.link
    this = (within(conversations, scope), conversations.c.conversation_id == conversation_id)
    db.execute(update(conversations).where(*this).values(unread=conversations.c.unread + 1, **values))


def accept_own(
    db: Connection, scope: Scope, arrival: Arrival, *, now: datetime, return_minutes: int | None = PHONE_RETURN_MINUTES
) -> Accepted:
    """Keep, once, what the company wrote from its own phone: from then on a person holds the conversation.

    Args:
        arrival: The message as the channel gives it; its sender is the customer to whom it was written.
        return_minutes: After so long without another word the bot answers again.
    """
    conversation_id = _conversation_for(db, scope, arrival, now)
    values: dict[str, Any] = owned(scope) | {
        "conversation_id": conversation_id,
        "message_id": arrival.message_id,
        "text": arrival.text,
        "value": None,
        "sender": {"id": None, "name": None, "language": None},
        "callback_id": None,
        "status": "done",
        "received_at": now,
    }
    inbound_id = db.execute(insert_new(inbound).returning(inbound.c.inbound_id), values).scalar_one_or_none()
    if inbound_id is None:
        known = _find_inbound(db, scope, conversation_id, arrival.message_id)
        return Accepted(conversation_id, known, duplicate=True)
    actor, handover = Actor("phone"), Handover("phone", return_minutes=return_minutes)
    hand_over(db, scope, conversation_id, handover, actor=actor, now=now)
    note_answer(db, scope, conversation_id, now=now)
    text, attachments = arrival.text or "", take_attachments(db, scope, arrival)
    message_id = _say(db, scope, conversation_id, "human", text, inbound_id, now, attachments=attachments)
    touch = update(conversations).where(
        within(conversations, scope), conversations.c.conversation_id == conversation_id
    )
    shown = text or sign_of(attachments)
    db.execute(touch.values(last_text=shown[:200], last_message_at=now, unread=0))
    tell(db, scope, "message", message_id, {"conversation_id": conversation_id, "author": "human"}, now=now)
    return Accepted(conversation_id, inbound_id, duplicate=False)


def _conversation_for(db: Connection, scope: Scope, arrival: Arrival, now: datetime) -> str:
    chat = {"bot_id": arrival.bot_id, "channel": arrival.channel, "chat_id": arrival.chat_id}
    sender_id, name = arrival.sender_id, arrival.sender_name
    if arrival.group is not None:
        sender_id, name = arrival.chat_id, arrival.group
    return conversation_for(db, scope, **chat, sender_id=sender_id, sender_name=name, now=now)


def mark_done(db: Connection, scope: Scope, inbound_id: int) -> None:
    """A message that needs no turn of the bot: what it asked for is done."""
    this = within(inbound, scope) & (inbound.c.inbound_id == inbound_id)
    db.execute(update(inbound).where(this).values(status="done"))


def take_turn(db: Connection, conversation_id: str, run_id: str) -> Turn | None:
    """Claim the waiting messages of a conversation for one turn.

    `None` when a turn is already being taken, nothing waits, or somebody else than the bot holds the conversation.
    """
    this = select(conversations).where(conversations.c.conversation_id == conversation_id)
    row = db.execute(this.with_for_update()).mappings().one()  # two processes must not take one turn
    scope = Scope(row["project_id"], row["environment"])
    waiting = list(
        db.execute(
            select(inbound)
            .where(inbound.c.conversation_id == conversation_id, inbound.c.status == "new")
            .order_by(inbound.c.inbound_id)
            .limit(MOST_MESSAGES_A_TURN)
        ).mappings()
    )
    if row["turn_run_id"] is not None or not waiting:
        return None
    ids = [message["inbound_id"] for message in waiting]
    if row["holder"] != "bot":  # until a person has answered, or the bot holds it again
        now_waiting = (inbound.c.conversation_id == conversation_id) & (inbound.c.status == "new")
        db.execute(update(inbound).where(now_waiting).values(status="held"))
        return None
    db.execute(update(inbound).where(inbound.c.inbound_id.in_(ids)).values(status="taken", turn_run_id=run_id))
    db.execute(
        update(conversations)
        .where(conversations.c.conversation_id == conversation_id)
        .values(turn_run_id=run_id, turns=conversations.c.turns + 1, summary=None)
    )
    files = attachments_of(db, ids)
    return Turn(
        scope=scope,
        conversation_id=conversation_id,
        **{name: row[name] for name in ("bot_id", "channel", "chat_id", "state", "summary", "link")},
        turn_number=row["turns"] + 1,
        language=row["language"] or _hinted_language(waiting),
        contact=get_contact(db, row["contact_id"]) | {"tags": row["tags"] or []},
        inbound_ids=ids,
        messages=[_heard(message, files.get(message["inbound_id"])) for message in waiting],
    )


def _heard(message: RowMapping, attachments: list[Attachment] | None) -> dict[str, Any]:
    """A message as bots see it."""
    heard = {"text": message["text"], "value": message["value"]}
    return heard | {"attachments": show_attachments(attachments)} if attachments else heard


def _hinted_language(waiting: Sequence[RowMapping]) -> str | None:
    """The language of the customer's program, for a conversation that begins without a word."""
    wordless = not any(message["text"] or message["value"] for message in waiting)
    hint: str | None = waiting[-1]["sender"].get("language") if wordless else None
    return hint


def finish_turn(db: Connection, turn: Turn, answer: Answer, *, run_id: str, now: datetime) -> list[str]:
    """Write a turn's replies, state and end. Belongs into the transaction that finishes its run.

    Returns:
        Ids of the messages that the outbox now holds.
    """
    row = lock_conversation(db, turn.scope, turn.conversation_id)
    done = db.execute(
        update(inbound)
        .where(inbound.c.inbound_id.in_(turn.inbound_ids), inbound.c.turn_run_id == run_id)
        .values(status="done")
    )
    if done.rowcount != len(turn.inbound_ids):
        raise NotFound("The messages of this turn are no longer its own.", code="inbox.turn_lost", place=run_id)
    sent = [] if _answered_since(db, row, turn) else _queue_replies(db, turn, answer.replies, run_id, now)
    values = {"turn_run_id": None, "state": answer.state, "language": answer.language}
    where = conversations.c.conversation_id == turn.conversation_id
    db.execute(update(conversations).where(where).values(**values))
    if answer.handoff is not None and row["holder"] == "bot":
        actor = Actor("bot", turn.bot_id)
        hand_over(db, turn.scope, turn.conversation_id, answer.handoff, actor=actor, now=now)
    learned = {key: answer.contact[key] for key in ("first_name", "phone", "language") if answer.contact.get(key)}
    if learned:
        learn(db, turn.scope, turn.contact["id"], learned, now=now)
    tell(db, turn.scope, "conversation", turn.conversation_id, {"turn": turn.turn_number}, now=now)
    return sent


def _answered_since(db: Connection, row: RowMapping, turn: Turn) -> bool:
    """Whether a person wrote, or closed the conversation, after the messages of a turn came: it says nothing then."""
    if row["answered_at"] is None:
        return False
    newest = select(func.max(inbound.c.received_at)).where(inbound.c.inbound_id.in_(turn.inbound_ids))
    return bool(row["answered_at"] >= db.execute(newest).scalar_one())


def _queue_replies(
    db: Connection, turn: Turn, replies: Sequence[dict[str, Any]], run_id: str, now: datetime, *, part: str = ""
) -> list[str]:
    return [
        queue_reply(
            db,
            turn.scope,
            conversation_id=turn.conversation_id,
            text=str(reply["text"]),
            buttons=list(reply.get("buttons") or []),
            send_key=f"{run_id}{part}/{position}",
            inbound_id=turn.inbound_ids[-1],
            run_id=run_id,
            now=now,
        )
        for position, reply in enumerate(replies)
    ]


def set_turn_aside(
    db: Connection, turn: Turn, *, run_id: str, text: str, now: datetime, handoff: Handover | None = None
) -> None:
    """A turn that cannot be taken: its messages are poison, seen in the console, and do not block the chat.

    Args:
        text: What the customer hears, unless a person has the conversation.
        handoff: How a person is called, where one is to be.
    """
    row = lock_conversation(db, turn.scope, turn.conversation_id)
    if row["holder"] == "bot":
        _queue_replies(db, turn, [{"text": text}], run_id, now, part="/sorry")
        if handoff is not None:
            hand_over(db, turn.scope, turn.conversation_id, handoff, actor=Actor("bot", turn.bot_id), now=now)
    db.execute(update(inbound).where(inbound.c.turn_run_id == run_id).values(status="poison"))
    where = conversations.c.conversation_id == turn.conversation_id
    db.execute(update(conversations).where(where).values(turn_run_id=None))
    tell(db, turn.scope, "conversation", turn.conversation_id, {"poison": True}, now=now)


def waiting_conversations(
    db: Connection, scopes: Collection[Scope], *, limit: int | None = None
) -> list[tuple[str, Scope]]:
    """Conversations of some projects with messages that no turn has taken yet, the longest waiting first."""
    query = (
        select(inbound.c.conversation_id, inbound.c.project_id, inbound.c.environment)
        .where(within_any(inbound, scopes), inbound.c.status == "new")
        .group_by(inbound.c.conversation_id, inbound.c.project_id, inbound.c.environment)
        .order_by(func.min(inbound.c.inbound_id))
        .limit(limit)
    )
    return [(row.conversation_id, Scope(row.project_id, row.environment)) for row in db.execute(query)]


def count_unanswered(db: Connection) -> dict[Scope, int]:
    """Messages that no turn has taken yet, by project."""
    whose = (inbound.c.project_id, inbound.c.environment)
    query = select(*whose, func.count()).where(inbound.c.status == "new").group_by(*whose)
    return {Scope(project_id, environment): count for project_id, environment, count in db.execute(query)}


def turn_is_over(db: Connection, scope: Scope, inbound_id: int) -> bool:
    """Whether a message was answered, set aside, or left to a person."""
    query = select(inbound.c.status).where(within(inbound, scope), inbound.c.inbound_id == inbound_id)
    status = db.execute(query).scalar_one_or_none()
    return status in ("done", "poison", "held")


def replies_to(db: Connection, scope: Scope, inbound_id: int) -> list[dict[str, Any]]:
    """What answered a message: `text` and `buttons`, in order.

    A turn may answer several messages of a burst; each of them gets all of its replies. A message that needed no turn,
    such as the wish for no more broadcasts, has its own.
    """
    own_turn = select(inbound.c.turn_run_id).where(within(inbound, scope), inbound.c.inbound_id == inbound_id)
    held = select(outbox.c.message_id).where(within(outbox, scope), outbox.c.status.in_(["held", "dropped"]))
    direct = messages.c.inbound_id == inbound_id
    query = (
        select(messages.c.text, messages.c.buttons)
        .where(within(messages, scope), messages.c.author == "bot")
        .where(or_(messages.c.run_id == own_turn.scalar_subquery(), messages.c.run_id.is_(None) & direct))
        .where(messages.c.message_id.not_in(held))
        .order_by(messages.c.position)
    )
    return [dict(row) for row in db.execute(query).mappings()]


def get_contact(db: Connection, contact_id: str) -> dict[str, Any]:
    """A contact as bots see it: the whole person, where it was merged."""
    of = contacts.alias()
    person = contacts.c.contact_id == func.coalesce(of.c.person_id, of.c.contact_id)
    row = db.execute(select(contacts).select_from(of).join(contacts, person).where(of.c.contact_id == contact_id))
    found = row.mappings().one()
    return {"id": found["contact_id"], **{name: found[name] for name in ("first_name", "phone", "language")}}


def keep_chat(db: Connection, scope: Scope, chat_id: str, *, bot_id: str, now: datetime) -> None:
    """Keep a web chat that was just issued. Its id is its token's hash; the token itself is kept nowhere."""
    db.execute(insert(chats), owned(scope) | {"chat_id": chat_id, "bot_id": bot_id, "created_at": now})


def chat_exists(db: Connection, scope: Scope, chat_id: str, bot_id: str) -> bool:
    """Whether a web chat was issued; a guessed token's hash was not."""
    query = select(chats.c.chat_id).where(within(chats, scope), chats.c.chat_id == chat_id, chats.c.bot_id == bot_id)
    return db.execute(query).first() is not None


def sweep_chats(db: Connection, before: datetime, *, limit: int) -> int:
    """Delete web chats of all scopes that are older than a moment and in which nobody wrote; how many went.

    Whoever opens such a page again is given a new one.
    """
    written = exists().where(
        conversations.c.project_id == chats.c.project_id,
        conversations.c.environment == chats.c.environment,
        conversations.c.chat_id == chats.c.chat_id,
    )
    old = select(chats.c.chat_id).where(chats.c.created_at < before, ~written).limit(limit)
    return db.execute(delete(chats).where(chats.c.chat_id.in_(old))).rowcount


def get_cursor(db: Connection, scope: Scope, channel: str, bot_id: str) -> int:
    """The offset from which a polled channel goes on."""
    query = select(cursors.c.next_offset).where(
        within(cursors, scope), cursors.c.channel == channel, cursors.c.bot_id == bot_id
    )
    return int(db.execute(query).scalar_one_or_none() or 0)


def move_cursor(db: Connection, scope: Scope, channel: str, bot_id: str, next_offset: int) -> None:
    """Remember how far a polled channel was read; belongs into the transaction that accepted what was read."""
    where = (within(cursors, scope), cursors.c.channel == channel, cursors.c.bot_id == bot_id)
    if db.execute(update(cursors).where(*where).values(next_offset=next_offset)).rowcount == 0:
        values = {"channel": channel, "bot_id": bot_id, "next_offset": next_offset}
        db.execute(insert_new(cursors), owned(scope) | values)


def _find_inbound(db: Connection, scope: Scope, conversation_id: str, message_id: str) -> int:
    query = select(inbound.c.inbound_id).where(
        within(inbound, scope), inbound.c.conversation_id == conversation_id, inbound.c.message_id == message_id
    )
    return int(db.execute(query).scalar_one())


def _label_of(db: Connection, scope: Scope, conversation_id: str, value: str | None) -> str:
    """What a pressed button was called: the last message that offered it knows."""
    query = (
        select(messages.c.buttons)
        .where(within(messages, scope), messages.c.conversation_id == conversation_id, messages.c.author == "bot")
        .order_by(messages.c.position.desc())
        .limit(5)
    )
    for buttons in db.execute(query).scalars():
        for button in buttons:
            if button["value"] == value:
                return str(button["label"])
    return value or ""


def _say(
    db: Connection, scope: Scope, conversation_id: str, author: str, text: str, inbound_id: int, now: datetime,
    *, attachments: Sequence[Attachment] = (), **more: str | None,
) -> str:  # fmt: skip
    message_id = str(uuid.uuid4())
    values: dict[str, Any] = owned(scope) | {
        "message_id": message_id,
        "conversation_id": conversation_id,
        "author": author,
        "text": text,
        "buttons": [],
        "inbound_id": inbound_id,
        "created_at": now,
        "attachments": list(attachments) or None,
        **more,
    }
    db.execute(insert(messages), values)
    return message_id
