"""Files of chats in the database: kept in parts, given to a message, read again, and swept when no message has them."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, func, insert, select, update

from tapbot.errors import InvalidInput, NotFound, TooLarge
from tapbot.events.store import tell
from tapbot.inbox.tables import file_parts, files, inbound, messages
from tapbot.inbox.types import Arrival, Attachment, Chat
from tapbot.storage.columns import owned, within
from tapbot.storage.database import Database
from tapbot.storage.types import Scope

FILE_LIMIT_BYTES = 20_000_000
"""Telegram gives out files up to this size: https://core.telegram.org/bots/api#getfile."""
MOST_UNSAID = 10
"""Files of one chat that were uploaded and that no message has yet."""
MOST_ATTACHMENTS = 10
PART_BYTES = 1_000_000
SIGNS = {"photo": "📷", "voice": "🎤", "audio": "🎵", "video": "🎬", "sticker": "🙂", "place": "📍"}
KINDS = {"image": "photo", "audio": "audio", "video": "video"}


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that is to be kept."""

    content: bytes
    media_type: str
    name: str | None = None


async def keep_file(database: Database, scope: Scope, chat: Chat, file: NewFile, *, now: datetime) -> str:
    """Keep a file of a chat in parts, so that others can write in between; gives its id. No message has it yet.

    Raises:
        TooLarge: It is larger than `FILE_LIMIT_BYTES`, or the chat has too many files that no message has.
    """
    if len(file.content) > FILE_LIMIT_BYTES:
        raise TooLarge(f"A file may have {FILE_LIMIT_BYTES:,} bytes.", code="inbox.file_too_large", place=file.name)
    file_id = str(uuid.uuid4())
    await database.write("inbox.keep_file", lambda db: _begin_upload(db, scope, chat, file, file_id, now))
    for part in _parts(scope, file_id, file.content):
        await database.write("inbox.keep_file_part", partial(_insert_part, part=part))
    return file_id


def keep_files_said(
    db: Connection, scope: Scope, chat: Chat, given: Sequence[NewFile], *, now: datetime
) -> list[Attachment]:
    """Keep files of a message that is written in the same transaction.

    Raises:
        TooLarge: There are too many, or together they are too large.
    """
    size_bytes = sum(len(file.content) for file in given)
    if len(given) > MOST_ATTACHMENTS or size_bytes > FILE_LIMIT_BYTES:
        raise TooLarge(
            f"A message takes {MOST_ATTACHMENTS} files of {FILE_LIMIT_BYTES:,} bytes together.",
            code="inbox.too_many_files",
            place="files",
        )
    file_ids = []
    for file in given:
        file_ids.append(str(uuid.uuid4()))
        _begin_file(db, scope, chat, file, file_ids[-1], now)
        for part in _parts(scope, file_ids[-1], file.content):
            _insert_part(db, part=part)
    return give_files(db, scope, chat, file_ids) if file_ids else []


def _parts(scope: Scope, file_id: str, content: bytes) -> Iterator[dict[str, Any]]:
    """Rows that hold a file's content."""
    for number, start in enumerate(range(0, len(content), PART_BYTES)):
        yield owned(scope) | {"file_id": file_id, "number": number, "data": content[start : start + PART_BYTES]}


def _begin_file(db: Connection, scope: Scope, chat: Chat, file: NewFile, file_id: str, now: datetime) -> None:
    values = {
        "file_id": file_id,
        "name": clean_name(file.name),
        "media_type": file.media_type[:100],
        "size_bytes": len(file.content),
        "sha256": hashlib.sha256(file.content).hexdigest(),
        "said": 0,
        "created_at": now,
    }
    db.execute(insert(files), owned(scope) | asdict(chat) | values)


def _begin_upload(db: Connection, scope: Scope, chat: Chat, file: NewFile, file_id: str, now: datetime) -> None:
    unsaid = select(func.count()).where(*_of_chat(scope, chat), files.c.said == 0)
    if db.execute(unsaid).scalar_one() >= MOST_UNSAID:
        raise TooLarge(
            f"{MOST_UNSAID} files wait for a message that sends them.",
            code="inbox.too_many_files",
            hint="Send them, or come back tomorrow: those that no message has are deleted after a day.",
        )
    _begin_file(db, scope, chat, file, file_id, now)


def _insert_part(db: Connection, *, part: dict[str, Any]) -> None:
    db.execute(insert(file_parts), part)


def clean_name(name: str | None) -> str | None:
    """A file's name without folders and control characters."""
    last = (name or "").replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in last if letter.isprintable()).strip(" .")[:200] or None


def give_files(db: Connection, scope: Scope, chat: Chat, file_ids: Sequence[str]) -> list[Attachment]:
    """Give uploaded files to the message that is just written; they go with it from then on.

    Raises:
        InvalidInput: One of them is not this chat's, or another message has it.
        TooLarge: There are too many.
    """
    if len(file_ids) > MOST_ATTACHMENTS:
        raise TooLarge(f"A message takes {MOST_ATTACHMENTS} files at most.", code="inbox.too_many_files", place="files")
    mine = (*_of_chat(scope, chat), files.c.file_id.in_(file_ids), files.c.said == 0)
    found = {row["file_id"]: row for row in db.execute(select(files).where(*mine)).mappings()}
    if set(file_ids) != set(found):
        raise InvalidInput(
            "a file is not known here, or was sent before.",
            code="inbox.no_file",
            place="files",
            hint="Upload it, then send a message with its id.",
        )
    db.execute(update(files).where(*mine).values(said=1))
    return [_attachment(found[file_id]) for file_id in dict.fromkeys(file_ids)]


def take_attachments(db: Connection, scope: Scope, arrival: Arrival) -> list[Attachment]:
    """What came with a message: uploaded files become the message's own, others are still to be fetched.

    Raises:
        InvalidInput: An uploaded file is not this chat's, or another message has it.
        TooLarge: There are too many.
    """
    here = [file_id for one in arrival.attachments if (file_id := one.get("file_id"))]
    chat = Chat(arrival.bot_id, arrival.channel, arrival.chat_id)
    others = [one for one in arrival.attachments if not one.get("file_id")]
    return [*(give_files(db, scope, chat, here) if here else ()), *others]


def _attachment(row: RowMapping) -> Attachment:
    return {
        "kind": KINDS.get(row["media_type"].partition("/")[0], "document"),
        "file_id": row["file_id"],
        "name": row["name"],
        "media_type": row["media_type"],
        "size_bytes": row["size_bytes"],
    }


def untaken_messages(db: Connection, conversation_id: str) -> list[RowMapping]:
    """What came in a conversation and no turn has taken, oldest first, with files and places."""
    query = (
        select(
            *(inbound.c.project_id, inbound.c.environment, inbound.c.received_at, inbound.c.value, inbound.c.album),
            *(messages.c.message_id, messages.c.attachments),
        )
        .outerjoin(messages, (messages.c.inbound_id == inbound.c.inbound_id) & (messages.c.author == "contact"))
        .where(inbound.c.conversation_id == conversation_id, inbound.c.status == "new")
        .order_by(inbound.c.inbound_id)
    )
    return list(db.execute(query).mappings())


def note_fetched(
    db: Connection, scope: Scope, message_id: str, attachments: Sequence[Attachment], *, now: datetime
) -> None:
    """The files of a message are here, or will never be; forgets those that came too late for an erased message."""
    this = (within(messages, scope), messages.c.message_id == message_id)
    ids = [one["file_id"] for one in attachments if one.get("file_id")]
    query = update(messages).where(*this).values(attachments=list(attachments)).returning(messages.c.conversation_id)
    conversation_id = db.execute(query).scalar_one_or_none()
    if conversation_id is not None:
        db.execute(update(files).where(within(files, scope), files.c.file_id.in_(ids)).values(said=1))
        tell(db, scope, "message", message_id, {"conversation_id": conversation_id, "files": len(ids)}, now=now)


def note_transcript(db: Connection, scope: Scope, file_id: str, words: str, inbound_ids: Collection[int]) -> None:
    """Write what a voice message says below it, for people at the company.

    Args:
        inbound_ids: One of them is the message's.
    """
    query = select(messages.c.message_id, messages.c.attachments).where(
        within(messages, scope), messages.c.inbound_id.in_(inbound_ids), messages.c.author == "contact"
    )
    for message_id, attachments in db.execute(query).all():
        if any(one.get("file_id") == file_id for one in attachments or ()):
            heard = [one | {"transcript": words} if one.get("file_id") == file_id else one for one in attachments]
            this = (within(messages, scope), messages.c.message_id == message_id)
            db.execute(update(messages).where(*this).values(attachments=heard))


def attachments_of(db: Connection, inbound_ids: Collection[int]) -> dict[int, list[Attachment]]:
    """Files and places of what customers wrote, by the number of what came in."""
    query = select(messages.c.inbound_id, messages.c.attachments).where(
        messages.c.inbound_id.in_(inbound_ids), messages.c.author == "contact", messages.c.attachments.is_not(None)
    )
    return {row.inbound_id: row.attachments or [] for row in db.execute(query)}


def get_file(db: Connection, scope: Scope, file_id: str, chat: Chat | None = None) -> RowMapping:
    """What is known of a file.

    Args:
        chat: Whose it must be, if that is said.

    Raises:
        NotFound: There is no such file here.
    """
    whose = _of_chat(scope, chat) if chat else (within(files, scope),)
    row = db.execute(select(files).where(*whose, files.c.file_id == file_id)).mappings().one_or_none()
    if row is None:
        raise NotFound("There is no such file.", code="inbox.no_file", place=file_id)
    return row


def read_file(db: Connection, scope: Scope, file_id: str) -> bytes:
    """What is in a file.

    Raises:
        NotFound: There is no such file here.
    """
    get_file(db, scope, file_id)
    parts = select(file_parts.c.data).where(within(file_parts, scope), file_parts.c.file_id == file_id)
    return b"".join(db.execute(parts.order_by(file_parts.c.number)).scalars())


def delete_files_of(db: Connection, scope: Scope, chat: Chat) -> int:
    """Delete every file of a chat; gives how many."""
    return delete_files(db, list(db.execute(select(files.c.file_id).where(*_of_chat(scope, chat))).scalars()))


def sweep_files(db: Connection, before: datetime, *, limit: int) -> int:
    """Delete files of all scopes that were uploaded before a moment and that no message has; gives how many."""
    old = select(files.c.file_id).where(files.c.said == 0, files.c.created_at < before).limit(limit)
    return delete_files(db, list(db.execute(old).scalars()))


def delete_files(db: Connection, file_ids: Sequence[str]) -> int:
    """Delete files with what is in them; gives how many. The messages that had them are not told."""
    for table in (file_parts, files):
        db.execute(delete(table).where(table.c.file_id.in_(file_ids)))
    return len(file_ids)


def _of_chat(scope: Scope, chat: Chat) -> tuple[ColumnElement[bool], ...]:
    return (within(files, scope), *(files.c[name] == value for name, value in asdict(chat).items()))


def sign_of(attachments: Sequence[Attachment]) -> str:
    """Files and places in one short line, for lists."""
    first = attachments[0] if attachments else None
    if first is None:
        return ""
    sign = SIGNS.get(first["kind"], "📎")
    more = f" +{len(attachments) - 1}" if len(attachments) > 1 else ""
    return " ".join(part for part in (sign, first.get("name") or "") if part) + more


def show_attachments(attachments: Sequence[Attachment] | None) -> list[dict[str, Any]]:
    """As people and chats see them: `coming` while a file is still to be fetched, and not by the channel's name."""
    shown = []
    for one in attachments or []:
        fields = {name: value for name, value in one.items() if name != "source" and value is not None}
        shown.append(fields | ({"coming": True} if is_coming(one) else {}))
    return shown


def is_coming(one: Attachment) -> bool:
    """Whether a file is still to be fetched."""
    return bool(one.get("source")) and not one.get("file_id") and not one.get("failed")
