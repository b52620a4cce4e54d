"""Goes through the contacts for a broadcast: looks at a page of people, decides, and writes to those who agreed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, func, insert, select, update

from tapbot.errors import InvalidInput
from tapbot.inbox import broadcasts
from tapbot.inbox.casting import ALREADY, WITHDRAWN, Content, Letter, Row, Rules, Seen, buttons_for, judge, matches
from tapbot.inbox.contacts import contacts_of, list_consents, person_of, standing
from tapbot.inbox.outbox import WINDOW_KEY, queue_reply
from tapbot.inbox.tables import broadcasts as casts
from tapbot.inbox.tables import contacts, conversations, outbox, receivers, windows
from tapbot.inbox.types import Queued
from tapbot.storage.columns import owned, within
from tapbot.storage.types import Scope

PAGE = 200
MOST_WRITTEN = 25
"""So many messages are written in one transaction, so that other writes pass."""
SOON = timedelta(minutes=1)
"""What is due later waits for the end of quiet hours, and takes nobody's turn now."""


@dataclass(frozen=True)
class Pace:
    """When the messages of a broadcast go out.

    Args:
        spacing: Time between two messages of the bot, by channel.
        morning: When the quiet hours of a person end; `None` when they are not now.
    """

    spacing: Mapping[str, timedelta]
    morning: Callable[[Row], datetime | None]


def look_at(db: Connection, scope: Scope, purpose: str, heads: Sequence[RowMapping], broadcast_id: str) -> list[Seen]:
    """Everything that is known of some people."""
    ids = [row["contact_id"] for row in heads]
    mine = within(contacts, scope) & (contacts.c.contact_id.in_(ids) | contacts.c.person_id.in_(ids))
    head_of = {
        row.contact_id: row.person_id or row.contact_id
        for row in db.execute(select(contacts.c.contact_id, contacts.c.person_id).where(mine))
    }
    consents: dict[str, list[RowMapping]] = {}
    for one in list_consents(db, scope, list(head_of)):
        consents.setdefault(head_of[one["contact_id"]], []).append(one)
    chats: dict[str, list[RowMapping]] = {}
    for chat in _chats_of(db, scope, list(head_of)):
        chats.setdefault(head_of[chat["contact_id"]], []).append(chat)
    got = select(receivers.c.contact_id).where(
        within(receivers, scope), receivers.c.broadcast_id == broadcast_id, receivers.c.contact_id.in_(head_of)
    )
    already = {head_of[contact_id] for contact_id in db.execute(got).scalars()}
    found = []
    for head in heads:
        said = standing(consents.get(head["contact_id"], [])).get(purpose)
        consented = said is not None and bool(said["granted"])
        own = chats.get(head["contact_id"], [])
        found.append(Seen(head, consented, own, head["contact_id"] in already))
    return found


def _chats_of(db: Connection, scope: Scope, contact_ids: Sequence[str]) -> list[RowMapping]:
    """Conversations of some contacts, with when the customer wrote last where the channel tells that."""
    told = and_(within(windows, scope), *(windows.c[name] == conversations.c[name] for name in WINDOW_KEY))
    shown = [conversations.c[name] for name in ("conversation_id", "contact_id", "bot_id", "channel", "chat_id")]
    shown += [conversations.c[name] for name in ("holder", "language", "last_message_at", "blocked_at")]
    query = select(*shown, windows.c.customer_wrote_at).outerjoin(windows, told)
    mine = (within(conversations, scope), conversations.c.contact_id.in_(contact_ids))
    return list(db.execute(query.where(*mine)).mappings())


def page_of_people(
    db: Connection, scope: Scope, *, after: str | None, born_by: datetime, limit: int = PAGE
) -> list[RowMapping]:
    """People in the order of their ids.

    Args:
        born_by: Without those who came later.
    """
    query = select(contacts).where(
        within(contacts, scope), contacts.c.person_id.is_(None), contacts.c.created_at <= born_by
    )
    if after is not None:
        query = query.where(contacts.c.contact_id > after)
    return list(db.execute(query.order_by(contacts.c.contact_id).limit(limit)).mappings())


def with_bot(seen: Seen, bot_id: str) -> Seen:
    """The same person, with the conversations of one bot."""
    return Seen(seen.contact, seen.consented, [one for one in seen.chats if one["bot_id"] == bot_id], seen.already)


def write_on(
    db: Connection, scope: Scope, broadcast_id: str, rules: Rules, pace: Pace, *, now: datetime
) -> datetime | None:
    """Write to the next people; gives until when there are messages on their way, `None` when nothing is left to do.

    What was stopped goes first. When everybody was looked at, and nothing waits to be sent, the broadcast is done.
    """
    row = broadcasts.lock(db, scope, broadcast_id)
    if row["status"] != "running":
        return None
    slots = Slots(db, scope, row["bot_id"], pace, now)
    if _take_up(db, scope, broadcast_id, slots, now):
        return slots.last
    heads = page_of_people(db, scope, after=row["gathered_to"], born_by=row["starts_at"])
    if not heads:
        broadcasts.finish(db, row, now=now)
        return None
    content = broadcasts.content_of(row)
    chosen = [head for head in heads if matches(content.segment, head)]
    counted, gathered_to, written = row["counted"], heads[-1]["contact_id"], 0
    for seen in look_at(db, scope, row["purpose"], chosen, broadcast_id):
        found = judge(with_bot(seen, row["bot_id"]), content, rules, now=now)
        counted += 1
        if isinstance(found, Letter):
            written += 1
            _write(db, scope, row, content, seen, found, due_at=slots.take(found, seen, counted), now=now)
        elif found is not ALREADY:
            _keep(db, scope, row, seen, now, left_out=found)
        if written == MOST_WRITTEN:
            gathered_to = seen.contact["contact_id"]
            break
    done = {"gathered_to": gathered_to, "counted": counted}
    db.execute(update(casts).where(broadcasts.this(scope, broadcast_id)).values(**done))
    return slots.last


class Slots:
    """When the next message of a bot goes out in each channel: one after another, over all of its broadcasts."""

    def __init__(self, db: Connection, scope: Scope, bot_id: str, pace: Pace, now: datetime) -> None:
        self._pace = pace
        self._now = now
        mine = (within(outbox, scope), outbox.c.broadcast_id.is_not(None), outbox.c.bot_id == bot_id)
        near = (outbox.c.status == "queued", outbox.c.due_at <= now + SOON)
        query = select(outbox.c.channel, func.max(outbox.c.due_at)).where(*mine, *near).group_by(outbox.c.channel)
        self._last: dict[str, datetime] = {channel: due_at for channel, due_at in db.execute(query)}

    @property
    def last(self) -> datetime:
        """When the last message of those is due that wait for their turn."""
        return max(self._last.values(), default=self._now)

    def next_in(self, channel: str) -> datetime:
        """The next free time in a channel."""
        following = self._last.get(channel, self._now) + self._pace.spacing[channel]
        self._last[channel] = max(self._now, following)
        return self._last[channel]

    def take(self, letter: Letter, seen: Seen, number: int) -> datetime:
        """When a letter goes out: in turn, or in the morning of its receiver, where they do not come all at once."""
        channel, morning = letter.conversation["channel"], self._pace.morning(seen.contact)
        return self.next_in(channel) if morning is None else morning + number * self._pace.spacing[channel]


def send_test(
    db: Connection, scope: Scope, row: RowMapping, contact_id: str, rules: Rules, *, key: str, now: datetime
) -> str:
    """Send a broadcast to one person at once; gives the message's id. It is no part of the broadcast's figures.

    Args:
        key: Names this test: the same one again is the same test again.

    Raises:
        NotFound: There is no such contact.
        InvalidInput: The person gets nothing; the message says why.
    """
    head = contacts_of(db, scope, person_of(db, scope, contact_id))[0]
    [seen] = look_at(db, scope, row["purpose"], [head], row["broadcast_id"])
    fresh = Seen(seen.contact, seen.consented, seen.chats)
    content = broadcasts.content_of(row)
    found = judge(with_bot(fresh, row["bot_id"]), content, rules, now=now, test=True)
    if not isinstance(found, Letter):
        raise InvalidInput(f"this person gets nothing: {found}.", code="broadcast.left_out", place="contact")
    return queue_reply(
        db,
        scope,
        conversation_id=found.conversation["conversation_id"],
        text=found.text,
        buttons=buttons_for(content, row["purpose"], found.language),
        send_key=f"broadcast/{row['broadcast_id']}/test/{key}",
        run_id=None,
        now=now,
    )


def _take_up(db: Connection, scope: Scope, broadcast_id: str, slots: Slots, now: datetime) -> bool:
    """Queue some of what was stopped again; whether there was any."""
    query = select(outbox.c.outbox_id, outbox.c.channel, outbox.c.due_at, conversations.c.holder).join(
        conversations,
        and_(within(conversations, scope), conversations.c.conversation_id == outbox.c.conversation_id),
    )
    stopped = (within(outbox, scope), outbox.c.broadcast_id == broadcast_id, outbox.c.status == "stopped")
    rows = db.execute(query.where(*stopped).order_by(outbox.c.outbox_id).limit(MOST_WRITTEN)).all()
    for outbox_id, channel, due_at, holder in rows:
        held = holder == "human"
        values = {"status": "held" if held else "queued", "due_at": due_at if due_at > now else slots.next_in(channel)}
        db.execute(update(outbox).where(within(outbox, scope), outbox.c.outbox_id == outbox_id).values(**values))
    return bool(rows)


def _write(
    db: Connection,
    scope: Scope,
    row: RowMapping,
    content: Content,
    seen: Seen,
    letter: Letter,
    *,
    due_at: datetime,
    now: datetime,
) -> None:
    broadcast_id, person_id = row["broadcast_id"], seen.contact["contact_id"]
    message_id = queue_reply(
        db,
        scope,
        conversation_id=letter.conversation["conversation_id"],
        text=letter.text,
        buttons=buttons_for(content, row["purpose"], letter.language),
        send_key=f"broadcast/{broadcast_id}/{person_id}",
        run_id=None,
        now=now,
        due_at=due_at,
        unasked=True,
        broadcast_id=broadcast_id,
    )
    _keep(db, scope, row, seen, now, message_id=message_id)


def _keep(db: Connection, scope: Scope, row: RowMapping, seen: Seen, now: datetime, **what: str) -> None:
    values = {"broadcast_id": row["broadcast_id"], "contact_id": seen.contact["contact_id"], "at": now}
    empty = {"message_id": None, "left_out": None}
    db.execute(insert(receivers), owned(scope) | values | empty | what)


def still_wanted(db: Connection, queued: Queued) -> bool:
    """Whether the receiver of a broadcast's message still agrees; if not it is dropped. Asked just before sending."""
    scope = queued.scope
    casting = select(casts.c.purpose).where(within(casts, scope), casts.c.broadcast_id == queued.broadcast_id)
    purpose = db.execute(casting).scalar_one_or_none()
    mine = (within(conversations, scope), conversations.c.conversation_id == queued.conversation_id)
    of = select(conversations.c.contact_id).where(*mine)
    contact_id = db.execute(of).scalar_one_or_none()
    if contact_id is None:  # the person was erased
        return False
    ids = [row["contact_id"] for row in contacts_of(db, scope, person_of(db, scope, contact_id))]
    said = standing(list_consents(db, scope, ids)).get(str(purpose))
    if said is not None and said["granted"]:
        return True
    this = (within(outbox, scope), outbox.c.outbox_id == queued.outbox_id, outbox.c.status == "queued")
    db.execute(update(outbox).where(*this).values(status="dropped"))
    receiver = (within(receivers, scope), receivers.c.message_id == queued.message_id)
    db.execute(update(receivers).where(*receiver).values(left_out=WITHDRAWN))
    return False


def template_of(db: Connection, queued: Queued) -> str | None:
    """The template that a broadcast names for WhatsApp."""
    query = select(casts.c.content).where(within(casts, queued.scope), casts.c.broadcast_id == queued.broadcast_id)
    content: Any = db.execute(query).scalar_one_or_none() or {}
    template: str | None = content.get("template")
    return template
