"""What people at the company do with a conversation: answer, assign, tag, note, put off, and what happens by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, update

from tapbot.errors import Conflict, InvalidInput
from tapbot.inbox.changes import change_conversation, lock_conversation, next_person, note_change, scope_of
from tapbot.inbox.files import give_files
from tapbot.inbox.holding import give_back, note_answer, take_over
from tapbot.inbox.outbox import find_sent, queue_reply
from tapbot.inbox.tables import conversations
from tapbot.inbox.types import TIMER, Actor, Handover
from tapbot.inbox.views import chat_of_conversation
from tapbot.storage.columns import within
from tapbot.storage.types import Scope

MOST_TAGS = 20
LONGEST_TAG = 40
MOST_DUE = 200
LONGEST_AHEAD = timedelta(days=366)


def reply_as_person(
    db: Connection,
    scope: Scope,
    conversation_id: str,
    *,
    text: str,
    key: str,
    handover: Handover,
    actor: Actor,
    now: datetime,
    file_ids: Sequence[str] = (),
) -> str:
    """Write to the customer as a person, who has the conversation from then on; gives the message's id.

    Args:
        key: Names this reply: the same one again is the same reply again.
        handover: How it is taken over, should the bot still hold it.
        file_ids: Files that were uploaded for the conversation.

    Raises:
        InvalidInput: A file is not known here, or was sent before.
    """
    send_key = f"desk/{conversation_id}/{key}"
    known = find_sent(db, scope, send_key)
    if known is not None:
        return known
    chat = chat_of_conversation(db, scope, conversation_id)
    attachments = give_files(db, scope, chat, file_ids) if file_ids else []
    take_over(db, scope, conversation_id, handover, actor=actor, now=now)
    note_answer(db, scope, conversation_id, now=now)
    return queue_reply(
        db,
        scope,
        conversation_id=conversation_id,
        text=text,
        buttons=[],
        send_key=send_key,
        attachments=attachments,
        run_id=None,
        now=now,
        author="human",
        author_id=actor.actor_id,
    )


def write_later(
    db: Connection,
    scope: Scope,
    conversation_id: str,
    *,
    text: str,
    send_at: datetime,
    key: str,
    actor: Actor,
    now: datetime,
) -> str:
    """Write to the customer at a later time; gives the message's id. Whoever holds the conversation keeps it.

    Args:
        key: Names this message: the same one again is the same message again.

    Raises:
        NotFound: There is no such conversation.
        InvalidInput: The time is not to come, or more than a year away.
    """
    if not now < send_at <= now + LONGEST_AHEAD:
        raise InvalidInput("The time is not within the next year.", code="outbox.bad_time", place="send_at")
    return queue_reply(
        db,
        scope,
        conversation_id=conversation_id,
        text=text,
        buttons=[],
        send_key=f"desk/{conversation_id}/{key}",
        run_id=None,
        now=now,
        author="human",
        author_id=actor.actor_id,
        due_at=send_at,
    )


def claim(
    db: Connection, scope: Scope, conversation_id: str, handover: Handover, *, actor: Actor, force: bool, now: datetime
) -> None:
    """A person takes a conversation.

    Args:
        force: Also from a colleague.

    Raises:
        Conflict: A colleague looks after it.
    """
    row = lock_conversation(db, scope, conversation_id)
    if row["assignee_id"] not in (None, actor.actor_id) and not force:
        raise Conflict(
            "a colleague looks after this conversation.",
            code="inbox.taken",
            hint="Ask them, or take it with `force`.",
        )
    take_over(db, scope, conversation_id, handover, actor=actor, now=now)
    assign(db, scope, conversation_id, assignee=actor.actor_id, team=row["team"], actor=actor, now=now)


def assign(
    db: Connection,
    scope: Scope,
    conversation_id: str,
    *,
    assignee: str | None,
    team: str | None,
    actor: Actor,
    now: datetime,
    people: tuple[str, ...] = (),
) -> None:
    """Say who looks after a conversation; it does not change who answers.

    Args:
        people: Without an assignee, the next of these.
    """
    row = lock_conversation(db, scope, conversation_id)
    chosen = assignee or next_person(db, scope, people)
    if (chosen, team) == (row["assignee_id"], row["team"]):
        return
    change_conversation(db, row, {"assignee_id": chosen, "assigned_at": now if chosen else None, "team": team})
    note_change(db, row, "assigned", actor, now=now, data={"assignee": chosen, "team": team})


def add_note(db: Connection, scope: Scope, conversation_id: str, *, text: str, actor: Actor, now: datetime) -> None:
    """Write something that colleagues see and the customer never does."""
    row = lock_conversation(db, scope, conversation_id)
    note_change(db, row, "note", actor, now=now, data={"text": text})


def set_tags(
    db: Connection, scope: Scope, conversation_id: str, tags: Sequence[str], *, actor: Actor, now: datetime
) -> None:
    """Replace the tags of a conversation.

    Raises:
        InvalidInput: They are too many, too long, or hold what no tag holds.
    """
    wanted = sorted({tag.strip().lower() for tag in tags if tag.strip()})
    if len(wanted) > MOST_TAGS or any(len(tag) > LONGEST_TAG or not tag.isprintable() for tag in wanted):
        raise InvalidInput(
            f"a conversation has at most {MOST_TAGS} tags of at most {LONGEST_TAG} letters each.",
            code="inbox.bad_tags",
            place="tags",
        )
    row = lock_conversation(db, scope, conversation_id)
    if wanted != (row["tags"] or []):
        change_conversation(db, row, {"tags": wanted})
        note_change(db, row, "tags", actor, now=now, data={"tags": list(wanted)})


def snooze(
    db: Connection, scope: Scope, conversation_id: str, until: datetime | None, *, actor: Actor, now: datetime
) -> None:
    """Put a conversation off until a time, or until the customer writes; `None` takes it up again.

    Raises:
        InvalidInput: The time is over.
    """
    if until is not None and until <= now:
        raise InvalidInput("this time is over.", code="inbox.bad_snooze", place="until")
    row = lock_conversation(db, scope, conversation_id)
    if until != row["snoozed_until"]:
        change_conversation(db, row, {"snoozed_until": until})
        note_change(db, row, "snooze", actor, now=now, data={"until": until.isoformat() if until else None})


# --- what happens by itself ----------------------------------------------------------------------------------------


def next_due(db: Connection) -> datetime | None:
    """When something is next due in a conversation of any project."""
    due = conversations.c.desk_due_at
    found: datetime | None = db.execute(select(func.min(due)).where(due.is_not(None))).scalar_one()
    return found


def do_due(db: Connection, now: datetime) -> int:
    """Do what is due: a chat nobody answered is marked late, a snoozed one wakes, and one left alone is given back.

    Returns:
        In how many conversations something was due.
    """
    due = conversations.c.desk_due_at
    query = select(conversations).where(due.is_not(None), due <= now).order_by(due).limit(MOST_DUE)
    found = db.execute(query).mappings().all()
    for seen in found:
        scope, conversation_id = scope_of(seen), seen["conversation_id"]
        row = lock_conversation(db, scope, conversation_id)
        if row["return_at"] is not None and row["return_at"] <= now:
            if not give_back(db, scope, conversation_id, actor=TIMER, reason="left_alone", now=now):
                change_conversation(db, row, {"return_at": None})
            continue
        if row["snoozed_until"] is not None and row["snoozed_until"] <= now:
            change_conversation(db, row, {"snoozed_until": None})
            note_change(db, row, "snooze", TIMER, now=now, data={"until": None})
            row = lock_conversation(db, scope, conversation_id)
        if row["reply_due_at"] is not None and row["reply_due_at"] <= now:
            change_conversation(db, row, {"reply_due_at": None})
            note_change(db, row, "late", TIMER, now=now, data={"due_at": row["reply_due_at"].isoformat()})
            _mark_unread(db, scope, conversation_id)
    return len(found)


def _mark_unread(db: Connection, scope: Scope, conversation_id: str) -> None:
    this = within(conversations, scope) & (conversations.c.conversation_id == conversation_id)
    db.execute(update(conversations).where(this, conversations.c.unread == 0).values(unread=1))
