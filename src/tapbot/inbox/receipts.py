"""How our messages got on, as channels tell it later, and when a customer wrote last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from tapbot.events.store import tell
from tapbot.inbox.outbox import IN_DOUBT
from tapbot.inbox.tables import outbox, receipts, windows
from tapbot.storage.columns import owned, within
from tapbot.storage.sql import insert_new
from tapbot.storage.types import JsonObject, Scope

RANKS = {"sent": 1, "delivered": 2, "read": 3, "failed": 4}
"""A message never goes back: a late `delivered` says nothing about one that was read."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a channel tells about a message of ours.

    Args:
        send_key: The sending that this is the last part of, where the channel gives that back.
    """

    bot_id: str
    channel: str
    external_id: str
    status: str
    at: datetime
    error: JsonObject | None = None
    send_key: str | None = None


def note_customer(
    db: Connection, scope: Scope, *, bot_id: str, channel: str, chat_id: str, wrote_at: datetime, now: datetime
) -> None:
    """Keep when a customer wrote last: a call that comes late, or again, moves nothing back.

    Args:
        wrote_at: As the channel says. One from the future counts as now.
    """
    at = min(wrote_at, now)
    key = {"bot_id": bot_id, "channel": channel, "chat_id": chat_id}
    values: dict[str, Any] = owned(scope) | key | {"customer_wrote_at": at}
    if db.execute(insert_new(windows).returning(windows.c.chat_id), values).one_or_none() is not None:
        return
    where = [within(windows, scope), *(windows.c[name] == value for name, value in key.items())]
    db.execute(update(windows).where(*where, windows.c.customer_wrote_at < at).values(customer_wrote_at=at))


def keep_receipt(db: Connection, scope: Scope, receipt: Receipt, *, now: datetime) -> bool:
    """Keep how a message got on; whether that was news. It may come before the answer to the sending itself.

    A sending whose answer was lost is known by its key: it reached the channel, and is not sent again.
    """
    if receipt.status not in RANKS:
        return False
    rank = RANKS[receipt.status]
    key = {"bot_id": receipt.bot_id, "channel": receipt.channel, "external_id": receipt.external_id}
    news: dict[str, Any] = {"status": receipt.status, "rank": rank, "error": receipt.error, "at": receipt.at}
    made = insert_new(receipts).returning(receipts.c.external_id)
    if db.execute(made, owned(scope) | key | news).one_or_none() is None:
        where = [within(receipts, scope), *(receipts.c[name] == value for name, value in key.items())]
        if db.execute(update(receipts).where(*where, receipts.c.rank < rank).values(**news)).rowcount == 0:
            return False
    _settle(db, scope, receipt, now)
    _tell(db, scope, receipt, now)
    return True


def _settle(db: Connection, scope: Scope, receipt: Receipt, now: datetime) -> None:
    """What waits to be sent again, or is in doubt, did arrive."""
    if receipt.send_key is None:
        return
    waiting = (
        within(outbox, scope),
        outbox.c.send_key == receipt.send_key,
        outbox.c.bot_id == receipt.bot_id,
        outbox.c.channel == receipt.channel,
        outbox.c.status.in_(["queued", IN_DOUBT]),
    )
    done = {"status": "sent", "sent_at": now, "external_id": receipt.external_id, "attempts": outbox.c.attempts + 1}
    done |= {"error": None, "claimed_by": None, "claimed_until_ms": None}
    db.execute(update(outbox).where(*waiting).values(**done))


def _tell(db: Connection, scope: Scope, receipt: Receipt, now: datetime) -> None:
    """Live views hear of it, where the message is known already."""
    ours = (
        within(outbox, scope),
        outbox.c.external_id == receipt.external_id,
        outbox.c.bot_id == receipt.bot_id,
        outbox.c.channel == receipt.channel,
    )
    row = db.execute(select(outbox.c.message_id, outbox.c.conversation_id).where(*ours)).one_or_none()
    if row is not None:
        data: JsonObject = {"conversation_id": row.conversation_id, "delivery": receipt.status}
        tell(db, scope, "message", row.message_id, data, now=now)
