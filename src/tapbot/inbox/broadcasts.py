"""Broadcasts in the database: made, started, stopped, written to one person after another, and what became of them.

Whom a broadcast was written to is kept in the transaction that puts the message into the outbox, with how far the
contacts were gone through: a process that dies loses nothing and doubles nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, func, insert, select, update

from tapbot.access import audit
from tapbot.errors import Conflict, InvalidInput, NotFound
from tapbot.events.store import tell
from tapbot.inbox.casting import Content, read_content
from tapbot.inbox.contacts import PURPOSE
from tapbot.inbox.tables import RECEIPT_KEY, broadcasts, consents, contacts, messages, outbox, receipts, receivers
from tapbot.storage.columns import owned, within
from tapbot.storage.ids import new_id
from tapbot.storage.types import JsonObject, Scope

CHANGEABLE = ("name", "bot_id", "purpose", "content")


def create(db: Connection, scope: Scope, given: Mapping[str, Any], *, actor_id: str | None, now: datetime) -> str:
    """Keep a draft; gives its id.

    Args:
        given: `name`, `bot_id`, `purpose` and `content`.

    Raises:
        InvalidInput: It is not as it must be.
    """
    values = {**_checked(given), "broadcast_id": new_id(), "status": "draft", "counted": 0}
    db.execute(insert(broadcasts), owned(scope) | values | {"actor_id": actor_id, "created_at": now})
    return str(values["broadcast_id"])


def change(db: Connection, scope: Scope, broadcast_id: str, given: Mapping[str, Any]) -> None:
    """Change a draft.

    Raises:
        NotFound: There is no such broadcast.
        Conflict: It was started.
        InvalidInput: It is not as it must be.
    """
    row = lock(db, scope, broadcast_id)
    if row["status"] != "draft":
        raise Conflict("what was started is not changed any more.", code="broadcast.started", place=broadcast_id)
    values = _checked({name: row[name] for name in CHANGEABLE} | dict(given))
    db.execute(update(broadcasts).where(this(scope, broadcast_id)).values(**values))


def _checked(given: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: given.get(name) for name in CHANGEABLE}
    for name, longest in (("name", 200), ("bot_id", 64)):
        said = values[name]
        if not isinstance(said, str) or not 0 < len(said.strip()) <= longest:
            raise InvalidInput(f"it has 1 to {longest} letters.", code="broadcast.bad_content", place=name)
    if not isinstance(values["purpose"], str) or not PURPOSE.fullmatch(values["purpose"]):
        raise InvalidInput(
            "a purpose is a short name such as `marketing`.", code="contact.bad_purpose", place="purpose"
        )
    read_content(values["content"])
    return values


def get(db: Connection, scope: Scope, broadcast_id: str) -> RowMapping:
    """A broadcast.

    Raises:
        NotFound: There is none.
    """
    row = db.execute(select(broadcasts).where(this(scope, broadcast_id))).mappings().one_or_none()
    if row is None:
        raise _not_found(broadcast_id)
    return row


def lock(db: Connection, scope: Scope, broadcast_id: str) -> RowMapping:
    """A broadcast that nobody else changes until the transaction ends.

    Raises:
        NotFound: There is none.
    """
    row = db.execute(select(broadcasts).where(this(scope, broadcast_id)).with_for_update()).mappings().one_or_none()
    if row is None:
        raise _not_found(broadcast_id)
    return row


def content_of(row: Mapping[str, Any] | RowMapping) -> Content:
    """What a broadcast says."""
    return read_content(row["content"])


def list_broadcasts(
    db: Connection, scope: Scope, *, before: tuple[datetime, str] | None = None, limit: int = 50
) -> list[RowMapping]:
    """Broadcasts, the newest first.

    Args:
        before: `created_at` and `broadcast_id` of the last one of the page before.
    """
    query = select(broadcasts).where(within(broadcasts, scope))
    if before is not None:
        at, broadcast_id = before
        same = (broadcasts.c.created_at == at) & (broadcasts.c.broadcast_id < broadcast_id)
        query = query.where((broadcasts.c.created_at < at) | same)
    order = (broadcasts.c.created_at.desc(), broadcasts.c.broadcast_id.desc())
    return list(db.execute(query.order_by(*order).limit(limit)).mappings())


def start(
    db: Connection, scope: Scope, broadcast_id: str, *, at: datetime | None, actor_id: str | None, now: datetime
) -> None:
    """Begin to write, now or at a time, or go on after a stop.

    Raises:
        NotFound: There is no such broadcast.
        Conflict: It runs, or is done.
    """
    row = lock(db, scope, broadcast_id)
    if row["status"] not in {"draft", "stopped"}:
        raise Conflict(f"this broadcast is {row['status']} already.", code="broadcast.started", place=broadcast_id)
    values: dict[str, Any] = {"status": "running"}
    if row["counted"] == 0:
        values["starts_at"] = max(at or now, now)
    db.execute(update(broadcasts).where(this(scope, broadcast_id)).values(**values))
    _note(db, scope, broadcast_id, "started", actor_id, now)


def stop(db: Connection, scope: Scope, broadcast_id: str, *, actor_id: str | None, now: datetime) -> None:
    """Send no more of it until it is started again: also what is queued waits. What is just being sent is let be.

    Raises:
        NotFound: There is no such broadcast.
        Conflict: It does not run.
    """
    row = lock(db, scope, broadcast_id)
    if row["status"] != "running":
        raise Conflict(f"this broadcast is {row['status']}.", code="broadcast.not_running", place=broadcast_id)
    db.execute(update(broadcasts).where(this(scope, broadcast_id)).values(status="stopped"))
    mine = (within(outbox, scope), outbox.c.broadcast_id == broadcast_id, outbox.c.claimed_until_ms.is_(None))
    db.execute(update(outbox).where(*mine, outbox.c.status.in_(["queued", "held"])).values(status="stopped"))
    _note(db, scope, broadcast_id, "stopped", actor_id, now)


def finish(db: Connection, row: RowMapping, *, now: datetime) -> bool:
    """End a locked broadcast that was written to everybody, once nothing of it waits; whether it ended."""
    scope, broadcast_id = Scope(row["project_id"], row["environment"]), row["broadcast_id"]
    waiting = (outbox.c.broadcast_id == broadcast_id, outbox.c.status == "queued")
    if db.execute(select(outbox.c.outbox_id).where(within(outbox, scope), *waiting).limit(1)).one_or_none() is not None:
        return False
    db.execute(update(broadcasts).where(this(scope, broadcast_id)).values(status="done", finished_at=now))
    tell(db, scope, "broadcast", broadcast_id, {"status": "done"}, now=now)
    return True


def running(db: Connection, now: datetime) -> list[RowMapping]:
    """Broadcasts of all projects that are to be written by now."""
    due = (broadcasts.c.status == "running", broadcasts.c.starts_at <= now)
    return list(db.execute(select(broadcasts).where(*due).order_by(broadcasts.c.starts_at)).mappings())


def counts_of(db: Connection, scope: Scope, broadcast_id: str) -> dict[str, dict[str, int]]:
    """How many messages are in each state, and how many people were left out for each reason."""
    said: dict[str, int] = {}
    status = func.coalesce(receipts.c.status, outbox.c.status)
    query = (
        select(status, func.count())
        .select_from(_sent(scope))
        .where(within(receivers, scope), receivers.c.broadcast_id == broadcast_id, receivers.c.left_out.is_(None))
    )
    for state, count in db.execute(query.group_by(status)):
        said[str(state or "erased")] = count
    why = select(receivers.c.left_out, func.count()).where(
        within(receivers, scope), receivers.c.broadcast_id == broadcast_id, receivers.c.left_out.is_not(None)
    )
    return {"messages": said, "left_out": {reason: count for reason, count in db.execute(why.group_by("left_out"))}}


def count_unsubscribed(db: Connection, scope: Scope, broadcast_id: str) -> int:
    """How many of those who got a broadcast withdrew their consent to its purpose after it."""
    person = func.coalesce(contacts.c.person_id, contacts.c.contact_id)
    purpose = select(broadcasts.c.purpose).where(this(scope, broadcast_id)).scalar_subquery()
    query = (
        select(func.count(receivers.c.contact_id.distinct()))
        .select_from(receivers)
        .join(contacts, and_(person == receivers.c.contact_id, within(contacts, scope)))
        .join(consents, and_(consents.c.contact_id == contacts.c.contact_id, within(consents, scope)))
        .where(within(receivers, scope), receivers.c.broadcast_id == broadcast_id, receivers.c.message_id.is_not(None))
        .where(consents.c.purpose == purpose, consents.c.granted == 0, consents.c.at >= receivers.c.at)
    )
    return int(db.execute(query).scalar_one())


def list_results(
    db: Connection,
    scope: Scope,
    broadcast_id: str,
    *,
    status: str | None = None,
    after: str | None = None,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """What became of a broadcast for each person, in the order of their ids.

    Args:
        status: Only those in this state: of a message, or a reason for which somebody was left out.
        after: The last contact of the page before.
    """
    state = func.coalesce(receivers.c.left_out, receipts.c.status, outbox.c.status)
    query = (
        select(
            receivers.c.contact_id,
            receivers.c.left_out,
            receivers.c.message_id,
            contacts.c.first_name.label("name"),
            outbox.c.conversation_id,
            outbox.c.channel,
            state.label("status"),
            func.coalesce(receipts.c.error, outbox.c.error).label("error"),
            outbox.c.due_at,
            outbox.c.sent_at,
        )
        .select_from(_sent(scope))
        .outerjoin(contacts, and_(contacts.c.contact_id == receivers.c.contact_id, within(contacts, scope)))
        .where(within(receivers, scope), receivers.c.broadcast_id == broadcast_id)
    )
    if status is not None:
        query = query.where(state == status)
    if after is not None:
        query = query.where(receivers.c.contact_id > after)
    rows = db.execute(query.order_by(receivers.c.contact_id).limit(limit)).mappings()
    return [{**row, "error": (row["error"] or {}).get("message")} for row in rows]


def texts_of(db: Connection, scope: Scope, message_ids: list[str]) -> dict[str, str]:
    """What was written, by message."""
    query = select(messages.c.message_id, messages.c.text)
    found = db.execute(query.where(within(messages, scope), messages.c.message_id.in_(message_ids)))
    return {row.message_id: row.text for row in found}


def _sent(scope: Scope) -> Any:
    mine = and_(outbox.c.message_id == receivers.c.message_id, within(outbox, scope))
    told = and_(*(receipts.c[name] == outbox.c[name] for name in RECEIPT_KEY), within(receipts, scope))
    return receivers.outerjoin(outbox, mine).outerjoin(receipts, told)


def this(scope: Scope, broadcast_id: str) -> Any:
    """The condition for one broadcast."""
    return and_(within(broadcasts, scope), broadcasts.c.broadcast_id == broadcast_id)


def _note(db: Connection, scope: Scope, broadcast_id: str, what: str, actor_id: str | None, now: datetime) -> None:
    audit.note(db, scope, actor_id=actor_id, action=f"broadcast.{what}", subject=broadcast_id, now=now)
    told: JsonObject = {"status": "running" if what == "started" else what}
    tell(db, scope, "broadcast", broadcast_id, told, now=now)


def _not_found(broadcast_id: str) -> NotFound:
    return NotFound("there is no such broadcast.", code="broadcast.not_found", place=broadcast_id)
