"""How far the sending of a message in several parts came."""

from __future__ import annotations

from sqlalchemy import Connection, update

from tapbot.inbox.tables import outbox
from tapbot.inbox.types import Queued
from tapbot.storage.columns import within


def note_part(db: Connection, queued: Queued, parts_sent: int) -> None:
    """So many parts were taken: whoever sends the message again goes on after them."""
    this = (within(outbox, queued.scope), outbox.c.outbox_id == queued.outbox_id)
    db.execute(update(outbox).where(*this).values(parts_sent=parts_sent))
