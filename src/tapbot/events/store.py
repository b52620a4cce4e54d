"""Tell facts, and read them again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Executable, FromClause, Row, delete, func, insert, select

from tapbot.events.tables import events
from tapbot.events.types import Event
from tapbot.storage.columns import owned, within
from tapbot.storage.rows import Given, RowChange, RowStatement
from tapbot.storage.types import JsonObject, Scope

TOLD = "told"
"""Key in a connection's `info`: events of the running transaction, for listeners to hear of after its commit."""

OVERLAP = timedelta(seconds=20)
"""Longer than a change waits for the writer and its transaction lasts."""


def _compose(given: Given, rows: FromClause | None) -> Executable:
    if rows is None:
        return insert(events).returning(events.c.event_id)
    names = list(_TYPES)
    return insert(events).from_select(names, select(*map(given, names))).returning(events.c.event_id)


_TYPES = {one.name: one.type for one in events.c if one.name != "event_id"}
_TELL = RowStatement(_compose, _TYPES)


def tell(db: Connection, scope: Scope, kind: str, subject: str, data: JsonObject, *, now: datetime) -> Event:
    """Write a fact in the transaction of what it tells of; listeners hear of it after the commit.

    Args:
        kind: What it is about and what happened, such as `"record.created"`.
        subject: Id of the thing.
        data: What a reader needs to decide whether it cares; no secrets.
        now: When it happened.
    """
    return fact(scope, kind, subject, data, now=now)(db)


def fact(scope: Scope, kind: str, subject: str, data: JsonObject, *, now: datetime) -> RowChange[Event]:
    """`tell` as a change that can be written together with others."""

    def settle(db: Connection, written: Row[Any] | None) -> tuple[Event, None]:
        assert written is not None  # noqa: S101  # nothing keeps a fact from being written
        event = Event(event_id=written[0], scope=scope, kind=kind, subject=subject, data=data, created_at=now)
        db.info.setdefault(TOLD, []).append(event)
        return event, None

    row = {**owned(scope), "kind": kind, "subject": subject, "data": data, "created_at": now}
    return RowChange(_TELL, row, settle)


def since(db: Connection, scope: Scope, after_id: int, *, limit: int = 1000) -> list[Event] | None:
    """The events after the last one that a reader saw, oldest first.

    Args:
        after_id: Id of the last event that the reader saw.
        limit: Most events to send one by one.

    Returns:
        `None` when the reader must start over: it missed more than `limit`, what it missed was
        deleted meanwhile, or it comes from another database.
    """
    return None if is_lost(db, after_id) else following(db, scope, after_id, limit=limit)


def is_lost(db: Connection, after_id: int) -> bool:
    """Whether events after an id were deleted meanwhile, or the id is of another database. It looks at all scopes."""
    oldest, newest = db.execute(select(func.min(events.c.event_id), func.max(events.c.event_id))).one()
    return after_id > (newest or 0) or (oldest is not None and after_id < oldest - 1)


def following(db: Connection, scope: Scope, after_id: int, *, limit: int = 1000) -> list[Event] | None:
    """The events of a scope after an id, oldest first; `None` when there are more than `limit`.

    On PostgreSQL an event with a smaller id may be committed after one with a larger id, by another process. So what
    was told shortly before the last one that a reader saw comes again: readers take an event twice.
    """
    wanted = events.c.event_id > after_id
    if db.dialect.name == "postgresql":
        last = select(func.max(events.c.created_at)).where(within(events, scope), events.c.event_id <= after_id)
        seen_at: datetime | None = db.execute(last).scalar_one()
        if seen_at is not None:
            wanted = wanted | ((events.c.event_id != after_id) & (events.c.created_at > seen_at - OVERLAP))
    query = select(events).where(within(events, scope), wanted)
    rows = db.execute(query.order_by(events.c.event_id).limit(limit + 1)).mappings().all()
    if len(rows) > limit:
        return None
    return [
        Event(
            event_id=row["event_id"],
            scope=scope,
            kind=row["kind"],
            subject=row["subject"],
            data=row["data"],
            created_at=row["created_at"],
        )
        for row in rows
    ]


def page_after(db: Connection, scope: Scope, after_id: int, *, again_since: datetime, limit: int = 500) -> list[Event]:
    """The next events of a scope after an id, oldest first.

    Args:
        again_since: On PostgreSQL, where an event with a smaller id may be committed later, what was told since then
            comes again: readers remember what they took.
    """
    mine = within(events, scope)
    rows = [
        *db.execute(select(events).where(mine, events.c.event_id > after_id).order_by(events.c.event_id).limit(limit))
    ]
    if db.dialect.name == "postgresql":
        again = (events.c.event_id <= after_id) & (events.c.created_at > again_since)
        rows += db.execute(select(events).where(mine, again).order_by(events.c.event_id)).all()
    return [
        Event(row.event_id, scope, row.kind, row.subject, row.data, row.created_at)
        for row in sorted(rows, key=lambda row: row.event_id)
    ]


def newest_id(db: Connection) -> int:
    """Id of the newest event of all scopes; 0 when there is none."""
    return db.execute(select(func.max(events.c.event_id))).scalar_one() or 0


def forget_before(db: Connection, moment: datetime, *, limit: int = 1000) -> int:
    """Delete up to `limit` events that are older than a moment, and say how many went.

    The newest event stays, so that a reader who saw it is not told to start over.
    """
    newest = select(func.max(events.c.event_id)).scalar_subquery()
    old = select(events.c.event_id).where(events.c.created_at < moment, events.c.event_id < newest)
    chosen = old.order_by(events.c.event_id).limit(limit)
    return db.execute(delete(events).where(events.c.event_id.in_(chosen))).rowcount
