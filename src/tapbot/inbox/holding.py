"""Who holds a conversation: bot, human, approval or closed. Each change is one transaction with its row of history.

While a person holds a chat nothing of the bot's goes out: what it had queued is held back here, and what it queues
later is held back by `outbox.queue_reply`, which looks at the holder in its own transaction.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, delete, insert, select, update

from tapbot.events.store import tell
from tapbot.inbox.changes import change_conversation, lock_conversation, next_person, note_change, scope_of
from tapbot.inbox.tables import approvals, inbound, messages, outbox
from tapbot.inbox.types import Actor, Handover
from tapbot.storage.columns import within
from tapbot.storage.types import JsonObject, Scope

TOO_LATE = timedelta(minutes=30)
"""A scheduled message that was held back for longer than so after its time is not sent any more."""
PHONE_RETURN_MINUTES = 60
"""On a phone there is no button that gives a chat back."""
NOBODY_THERE = {"reply_due_at": None, "return_at": None, "snoozed_until": None, "return_minutes": None}


def hand_over(
    db: Connection, scope: Scope, conversation_id: str, handover: Handover, *, actor: Actor, now: datetime
) -> bool:
    """A person gets the conversation, whoever has it now; gives whether anything changed.

    What the bot has said by now still goes out when the bot itself hands over; else nothing of it does.
    """
    row = lock_conversation(db, scope, conversation_id)
    if row["holder"] == "human":
        return False
    _hold_back(db, row, now, later_only=actor.kind in {"bot", "workflow"})
    start = max(now, handover.opens_at or now)
    person = next_person(db, scope, handover.people)
    values: dict[str, Any] = {
        "holder": "human",
        "holder_reason": handover.reason[:200],
        "reply_minutes": handover.reply_minutes,
        "reply_due_at": _after(start, handover.reply_minutes),
        "return_minutes": handover.return_minutes,
        "return_at": _after(start, handover.return_minutes),
    }
    if handover.team is not None:
        values["team"] = handover.team
    if person is not None:
        values |= {"assignee_id": person, "assigned_at": now}
    change_conversation(db, row, values)
    data: JsonObject = {"team": handover.team, "assignee": person}
    note_change(db, row, "holder", actor, now=now, to_holder="human", reason=handover.reason, data=data)
    return True


def take_over(
    db: Connection, scope: Scope, conversation_id: str, handover: Handover, *, actor: Actor, now: datetime
) -> None:
    """A person takes a conversation, or writes into it: it is theirs unless somebody else looks after it."""
    hand_over(db, scope, conversation_id, handover, actor=actor, now=now)
    row = lock_conversation(db, scope, conversation_id)
    if actor.kind == "person" and row["assignee_id"] is None:
        change_conversation(db, row, {"assignee_id": actor.actor_id, "assigned_at": now})
        note_change(db, row, "assigned", actor, now=now, data={"assignee": actor.actor_id})


def note_answer(db: Connection, scope: Scope, conversation_id: str, *, now: datetime) -> None:
    """A person has written: what the customer said before is answered, and what the bot held for it is dropped."""
    row = lock_conversation(db, scope, conversation_id)
    waiting = within(inbound, scope) & (inbound.c.conversation_id == conversation_id)
    db.execute(update(inbound).where(waiting, inbound.c.status.in_(["new", "held"])).values(status="done"))
    for outbox_id, due_at, created_at in db.execute(_held(row)).all():
        if due_at <= created_at:  # an answer; a reminder may still be of use
            db.execute(update(outbox).where(_one(row, outbox_id)).values(status="dropped"))
    times = {"reply_due_at": None, "return_at": _after(now, row["return_minutes"])}
    change_conversation(db, row, {"answered_at": now, **times})


def give_back(
    db: Connection,
    scope: Scope,
    conversation_id: str,
    *,
    actor: Actor,
    reason: str,
    now: datetime,
    summary: str | None = None,
) -> bool:
    """The bot answers again, also what nobody answered meanwhile; gives whether anything changed.

    Where a decision is still awaited that the bot was to wait for, it goes on waiting for that.

    Args:
        summary: What the bot should know of what the person did.
    """
    row = lock_conversation(db, scope, conversation_id)
    if row["holder"] == "bot":
        return False
    values: dict[str, Any] = {"holder": "bot", "holder_reason": None, **NOBODY_THERE}
    if row["holder"] == "human" and _awaits_decision(db, row):
        values |= {"holder": "approval", "holder_reason": "approval", "assignee_id": None, "assigned_at": None}
        change_conversation(db, row, values | {"summary": summary or row["summary"]})
        data: JsonObject = {"summary": summary}
        note_change(db, row, "holder", actor, now=now, to_holder="approval", reason=reason, data=data)
        return True
    if row["holder"] != "approval":
        values |= {"assignee_id": None, "assigned_at": None}
    change_conversation(db, row, values | {"summary": summary or row["summary"]})
    note_change(db, row, "holder", actor, now=now, to_holder="bot", reason=reason, data={"summary": summary})
    _release(db, row, now)
    waiting = within(inbound, scope) & (inbound.c.conversation_id == conversation_id)
    db.execute(update(inbound).where(waiting, inbound.c.status == "held").values(status="new"))
    tell(db, scope, "conversation", conversation_id, {"turn_due": True}, now=now)
    return True


def _awaits_decision(db: Connection, row: RowMapping) -> bool:
    """Whether a decision is awaited for which the bot is to leave the conversation alone."""
    ours = (within(approvals, scope_of(row)), approvals.c.conversation_id == row["conversation_id"])
    return db.execute(select(approvals.c.approval_id).where(*ours, approvals.c.status == "open")).first() is not None


def close(db: Connection, scope: Scope, conversation_id: str, *, actor: Actor, reason: str, now: datetime) -> bool:
    """Nobody has anything to do here until the customer writes again; gives whether anything changed."""
    row = lock_conversation(db, scope, conversation_id)
    if row["holder"] == "closed":
        return False
    waiting = within(inbound, scope) & (inbound.c.conversation_id == conversation_id)
    db.execute(update(inbound).where(waiting, inbound.c.status.in_(["new", "held"])).values(status="done"))
    for outbox_id, due_at, created_at in db.execute(_held(row)).all():
        if due_at <= created_at:
            db.execute(update(outbox).where(_one(row, outbox_id)).values(status="dropped"))
    _release(db, row, now)
    values = {"holder": "closed", "holder_reason": reason[:200], "assignee_id": None, "assigned_at": None}
    change_conversation(db, row, values | NOBODY_THERE | {"answered_at": now})
    note_change(db, row, "holder", actor, now=now, to_holder="closed", reason=reason)
    return True


def await_approval(
    db: Connection, scope: Scope, conversation_id: str, *, actor: Actor, reason: str, now: datetime
) -> bool:
    """The bot waits for a person's decision; what the customer writes meanwhile is answered after it."""
    row = lock_conversation(db, scope, conversation_id)
    if row["holder"] != "bot":
        return False
    change_conversation(db, row, {"holder": "approval", "holder_reason": reason[:200]})
    note_change(db, row, "holder", actor, now=now, to_holder="approval", reason=reason)
    return True


def hear_customer(db: Connection, scope: Scope, conversation_id: str, *, now: datetime) -> None:
    """A customer has written: a closed conversation opens, a snoozed one wakes, and a person's time begins to run."""
    row = lock_conversation(db, scope, conversation_id)
    if row["holder"] == "closed":
        change_conversation(db, row, {"holder": "bot", "holder_reason": None})
        note_change(db, row, "holder", Actor("contact"), now=now, to_holder="bot", reason="wrote_again")
        return
    values: dict[str, Any] = {}
    if row["snoozed_until"] is not None:
        values["snoozed_until"] = None
    if row["holder"] == "human" and row["reply_due_at"] is None and row["reply_minutes"] is not None:
        values["reply_due_at"] = _after(now, row["reply_minutes"])
    if values:
        change_conversation(db, row, values)


# --- what the bot had to say ---------------------------------------------------------------------------------------


def _hold_back(db: Connection, row: RowMapping, now: datetime, *, later_only: bool) -> None:
    of_bot = select(messages.c.message_id).where(
        within(messages, scope_of(row)),
        messages.c.conversation_id == row["conversation_id"],
        messages.c.author == "bot",
    )
    queued = [within(outbox, scope_of(row)), outbox.c.conversation_id == row["conversation_id"]]
    # What is just being sent is its sender's: nobody else could say whether it arrived.
    queued += [outbox.c.status == "queued", outbox.c.claimed_until_ms.is_(None), outbox.c.message_id.in_(of_bot)]
    if later_only:
        queued.append(outbox.c.due_at > now)
    db.execute(update(outbox).where(*queued).values(status="held"))


def _release(db: Connection, row: RowMapping, now: datetime) -> None:
    """Queue what was held back, at the end of the thread; what came too late is dropped."""
    for outbox_id, due_at, created_at in db.execute(_held(row)).all():
        scheduled = due_at > created_at
        if scheduled and due_at < now - TOO_LATE:
            db.execute(update(outbox).where(_one(row, outbox_id)).values(status="dropped"))
            continue
        values = {"status": "queued", "due_at": max(due_at, now), "claimed_by": None, "claimed_until_ms": None}
        db.execute(update(outbox).where(_one(row, outbox_id)).values(**values))
        message_id = db.execute(select(outbox.c.message_id).where(_one(row, outbox_id))).scalar_one()
        move_to_end(db, scope_of(row), message_id, created_at=None if scheduled else now)
        told: JsonObject = {"conversation_id": row["conversation_id"], "author": "bot"}
        chat: JsonObject = {name: row[name] for name in ("bot_id", "channel", "chat_id")}
        tell(db, scope_of(row), "message", message_id, told | chat, now=now)


def move_to_end(db: Connection, scope: Scope, message_id: str, *, created_at: datetime | None) -> None:
    """A message that is said only now stands after what was said meanwhile: readers go on by position.

    Args:
        created_at: When it counts as written; `None` leaves that.
    """
    this = within(messages, scope) & (messages.c.message_id == message_id)
    row = dict(db.execute(select(messages).where(this)).mappings().one())
    del row["position"]
    db.execute(delete(messages).where(this))
    db.execute(insert(messages), row | ({"created_at": created_at} if created_at else {}))


def _held(row: RowMapping) -> Any:
    """Number, time of sending and time of writing of what is held back in a conversation, in order."""
    joined = and_(messages.c.message_id == outbox.c.message_id, within(messages, scope_of(row)))
    return (
        select(outbox.c.outbox_id, outbox.c.due_at, messages.c.created_at)
        .join(messages, joined)
        .where(
            within(outbox, scope_of(row)),
            outbox.c.conversation_id == row["conversation_id"],
            outbox.c.status == "held",
        )
        .order_by(outbox.c.outbox_id)
    )


def _one(row: RowMapping, outbox_id: int) -> ColumnElement[bool]:
    return within(outbox, scope_of(row)) & (outbox.c.outbox_id == outbox_id)


def _after(start: datetime, minutes: int | None) -> datetime | None:
    return None if minutes is None else start + timedelta(minutes=minutes)
