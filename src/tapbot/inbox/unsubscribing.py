"""Hears that somebody wants no more broadcasts, by the button or in words, and withdraws their consent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select, update

from tapbot.inbox.casting import UNSUBSCRIBE
from tapbot.inbox.changes import lock_conversation
from tapbot.inbox.contacts import contacts_of, list_consents, note_consent, person_of, standing
from tapbot.inbox.outbox import queue_reply
from tapbot.inbox.tables import broadcasts, inbound, messages, outbox, receivers
from tapbot.inbox.types import Arrival
from tapbot.storage.columns import within
from tapbot.storage.types import Scope

WORDS = frozenset(
    {
        "отписаться", "отписка", "отпишите", "отпишите меня", "отписаться от рассылки", "не присылайте больше",
        "больше не присылайте", "unsubscribe", "unsubscribe me", "жазылымнан шығу", "жазылымнан шығар",
        "жазылымнан шығарыңыз", "маған жазбаңыз",
    }
)  # fmt: skip
"""They say so wherever they stand alone."""
SHORT_WORDS = frozenset({"стоп", "stop", "тоқта", "тоқтат", "хватит", "жетеді"})
"""They say so in answer to a broadcast; elsewhere they mean something else."""
AROUND = " \t\n.!\"'«»"
GONE = {
    "kk": "Жазылымнан шықтыңыз: мұндай хабарламалар енді келмейді.",
    "ru": "Вы отписались: таких рассылок больше не будет.",
    "en": "You have unsubscribed: no more of these messages will come.",
}


def hear(
    db: Connection, scope: Scope, arrival: Arrival, conversation_id: str, inbound_id: int, *, now: datetime
) -> bool:
    """Withdraw what a customer agreed to, if that is what the message says; whether it does.

    The bot confirms it and takes no turn for the message, unless a person has the conversation.
    """
    said = (arrival.text or "").strip(AROUND).lower()
    pressed = (arrival.value or "").startswith(UNSUBSCRIBE)
    if not pressed and said not in WORDS and said not in SHORT_WORDS:
        return False
    row = lock_conversation(db, scope, conversation_id)
    contact_ids = [one["contact_id"] for one in contacts_of(db, scope, person_of(db, scope, row["contact_id"]))]
    if pressed:
        wanted = (broadcasts.c.purpose == str(arrival.value).removeprefix(UNSUBSCRIBE),)
        purposes = _distinct(db, scope, *wanted)
    elif said in WORDS or _answers_broadcast(db, scope, conversation_id):
        mine = (within(receivers, scope), receivers.c.contact_id.in_(contact_ids))
        got = select(receivers.c.broadcast_id).where(*mine, receivers.c.message_id.is_not(None))
        purposes = _distinct(db, scope, broadcasts.c.broadcast_id.in_(got))
    else:
        return False
    if not purposes:
        return False
    known = standing(list_consents(db, scope, contact_ids))
    for purpose in purposes:
        if purpose in known and known[purpose]["granted"]:
            source = f"{arrival.channel} chat"
            note_consent(db, scope, row["contact_id"], purpose, granted=False, source=source, at=now, now=now)
    if row["holder"] == "bot":
        language = row["language"] or arrival.sender_language or ""
        _confirm(db, scope, conversation_id, inbound_id, GONE.get(language, GONE["ru"]), now)
    return True


def _distinct(db: Connection, scope: Scope, *wanted: ColumnElement[bool]) -> list[str]:
    query = select(broadcasts.c.purpose).where(within(broadcasts, scope), *wanted)
    return sorted(db.execute(query.distinct()).scalars())


def _answers_broadcast(db: Connection, scope: Scope, conversation_id: str) -> bool:
    """Whether the last thing that was said to the customer is a broadcast's."""
    ours = (within(messages, scope), messages.c.conversation_id == conversation_id, messages.c.author != "contact")
    query = (
        select(outbox.c.broadcast_id)
        .join(messages, messages.c.message_id == outbox.c.message_id)
        .where(*ours, within(outbox, scope), outbox.c.status == "sent")
        .order_by(messages.c.position.desc())
        .limit(1)
    )
    return db.execute(query).scalar_one_or_none() is not None


def _confirm(db: Connection, scope: Scope, conversation_id: str, inbound_id: int, text: str, now: datetime) -> None:
    queue_reply(
        db,
        scope,
        conversation_id=conversation_id,
        text=text,
        buttons=[],
        send_key=f"unsubscribed/{conversation_id}/{inbound_id}",
        inbound_id=inbound_id,
        run_id=None,
        now=now,
    )
    this = (within(inbound, scope), inbound.c.inbound_id == inbound_id)
    db.execute(update(inbound).where(*this).values(status="done"))
