"""Files of chats that are too old, or too many bytes in all, go; the messages that had them tell so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, exists, false, func, select, update

from tapbot.events.store import tell
from tapbot.inbox.files import delete_files
from tapbot.inbox.outbox import IN_DOUBT
from tapbot.inbox.tables import conversations, files, messages, outbox
from tapbot.inbox.types import Attachment, Chat
from tapbot.storage.columns import within
from tapbot.storage.types import Scope

GONE = "inbox.file_gone"
"""Stands in an attachment in place of its file's id."""
MAY_BE_SENT = ("queued", "held", "stopped", IN_DOUBT)
"""States of a message whose files may still be needed."""


def forget_files(
    db: Connection, scope: Scope, *, before: datetime | None, most_bytes: int | None, limit: int, now: datetime
) -> int:
    """Delete up to `limit` of a project's oldest files of chats; gives how many.

    Files of a chat in which something is still to be sent stay.

    Args:
        before: Those that came before it go.
        most_bytes: The oldest go as long as there is more than this.
    """
    chosen = _choose(db, scope, before=before, most_bytes=most_bytes, limit=limit)
    for chat, file_ids in chosen.items():
        _tell_messages(db, scope, chat, file_ids, now)
    return delete_files(db, [file_id for ids in chosen.values() for file_id in ids])


def _choose(
    db: Connection, scope: Scope, *, before: datetime | None, most_bytes: int | None, limit: int
) -> dict[Chat, set[str]]:
    """The files that go, by chat."""
    said = (within(files, scope), files.c.said == 1)
    over = 0
    if most_bytes is not None:
        held = db.execute(select(func.coalesce(func.sum(files.c.size_bytes), 0)).where(*said)).scalar_one()
        over = max(0, int(held) - most_bytes)
    of_chat = [outbox.c[name] == files.c[name] for name in ("bot_id", "channel", "chat_id")]
    needed = exists().where(within(outbox, scope), outbox.c.status.in_(MAY_BE_SENT), *of_chat)
    is_old = (files.c.created_at < before if before is not None else false()).label("is_old")
    oldest = select(files, is_old).where(*said, ~needed).order_by(files.c.created_at, files.c.file_id).limit(limit)
    chosen: dict[Chat, set[str]] = defaultdict(set)
    for row in db.execute(oldest).mappings():
        if over <= 0 and not row["is_old"]:
            break
        chosen[Chat(row["bot_id"], row["channel"], row["chat_id"])].add(row["file_id"])
        over -= row["size_bytes"]
    return chosen


def _tell_messages(db: Connection, scope: Scope, chat: Chat, file_ids: Collection[str], now: datetime) -> None:
    """Write into a chat's messages which of their files have gone."""
    where = (conversations.c.bot_id == chat.bot_id, conversations.c.channel == chat.channel)
    mine = select(conversations.c.conversation_id).where(
        within(conversations, scope), *where, conversations.c.chat_id == chat.chat_id
    )
    query = select(messages.c.message_id, messages.c.conversation_id, messages.c.attachments).where(
        within(messages, scope), messages.c.conversation_id.in_(mine), messages.c.attachments.is_not(None)
    )
    for message_id, conversation_id, attachments in db.execute(query).all():
        left = [_without_file(one) if one.get("file_id") in file_ids else one for one in attachments or ()]
        if left != attachments:
            this = (within(messages, scope), messages.c.message_id == message_id)
            db.execute(update(messages).where(*this).values(attachments=left))
            tell(db, scope, "message", message_id, {"conversation_id": conversation_id, "files": 0}, now=now)


def _without_file(one: Attachment) -> Attachment:
    return {**one, "file_id": None, "source": None, "failed": GONE}
