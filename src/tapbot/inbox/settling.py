"""A person decides what is to become of a message that did not arrive, or perhaps."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, RowMapping, select, update

from tapbot.errors import Conflict, NotFound
from tapbot.events.store import tell
from tapbot.inbox.outbox import IN_DOUBT
from tapbot.inbox.tables import RECEIPT_KEY, outbox, receipts
from tapbot.storage.columns import within
from tapbot.storage.types import JsonObject, Scope


def settle(
    db: Connection,
    scope: Scope,
    message_id: str,
    *,
    arrived: bool,
    now: datetime,
    conversation_id: str | None = None,
) -> None:
    """A person decides about a message in doubt: it arrived, or it is sent again. One that failed may be sent again,
    also where the channel took it and told later that it failed.

    Args:
        conversation_id: Where it must stand, if that is said.

    Raises:
        NotFound: There is no such message of ours.
        Conflict: There is nothing to decide.
    """
    this = [within(outbox, scope), outbox.c.message_id == message_id]
    if conversation_id is not None:
        this.append(outbox.c.conversation_id == conversation_id)
    row = db.execute(select(outbox).where(*this).with_for_update()).mappings().one_or_none()
    if row is None:
        raise NotFound("There is no such message of ours.", code="inbox.no_message", place=message_id)
    status = "failed" if row["status"] == "sent" and _failed_later(db, scope, row) else row["status"]
    if status not in ({IN_DOUBT} if arrived else {IN_DOUBT, "failed"}):
        raise Conflict(
            f"There is nothing to decide: the message is {status}.",
            code="outbox.not_in_doubt",
            place=message_id,
            hint="Somebody else may have decided, or the channel told meanwhile what became of it. Look again.",
        )
    again = {"status": "queued", "attempts": 0, "due_at": now, "retry_at": None}
    if row["status"] == "sent":  # all of it is sent again, and what was told of the first try is not about this one
        again |= {"external_id": None, "sent_at": None, "parts_sent": None}
    values = {"status": "sent", "sent_at": now} if arrived else again
    free = {"error": None, "claimed_by": None, "claimed_until_ms": None}
    db.execute(update(outbox).where(*this).values(**values, **free))
    told: JsonObject = {"conversation_id": row["conversation_id"], "delivery": "sent" if arrived else "queued"}
    chat: JsonObject = {name: row[name] for name in ("bot_id", "channel", "chat_id")}
    tell(db, scope, "message", message_id, told if arrived else told | chat | {"author": "human"}, now=now)


def _failed_later(db: Connection, scope: Scope, row: RowMapping) -> bool:
    """Whether the channel took a message and told later that it failed."""
    told = (receipts.c[name] == row[name] for name in RECEIPT_KEY)
    query = select(receipts.c.status).where(within(receipts, scope), *told)
    return db.execute(query).scalar_one_or_none() == "failed"
