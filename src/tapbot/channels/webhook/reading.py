"""Reading what a service posts, by the paths of the settings. Pure; nothing of it is evaluated."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from tapbot.channels.limits import count_units
from tapbot.channels.paths import find, find_text
from tapbot.channels.types import Attachment, AttachmentKind, Heard, Inbound, Receipt, Sender
from tapbot.errors import InvalidInput, TooLarge
from tapbot.settings import WebhookSection

LONGEST_ID = 128
LONGEST_LANGUAGE = 8
MOST_ITEMS = 100
MOST_FILES = 20
TEXT_UNITS = 20_000
VALUE_BYTES = 1000
MILLISECONDS_FROM = 100_000_000_000
"""A larger Unix time is one of milliseconds: in seconds that is the year 5138."""
STATUSES = frozenset({"sent", "delivered", "read", "failed"})
KINDS: dict[str, AttachmentKind] = {"image": "photo", "audio": "audio", "video": "video"}


def read_call(raw_body: bytes, section: WebhookSection, *, bot_id: str, now: datetime) -> Heard:
    """Read one call: customers' messages, and how ours got on. An item with neither words nor files gives nothing.

    Raises:
        InvalidInput: It is no JSON, or an item does not say in which chat it is or under which id.
        TooLarge: A text is longer than a customer may write.
    """
    inbound, receipts = [], []
    for item in _items(raw_body, section, bot_id):
        receipt = _read_receipt(item, section, now)
        message = None if receipt else _read_message(item, section, bot_id=bot_id, now=now)
        receipts += [receipt] if receipt else []
        inbound += [message] if message else []
    return Heard(tuple(inbound), tuple(receipts), ())


def _items(raw_body: bytes, section: WebhookSection, bot_id: str) -> list[dict[str, Any]]:
    try:
        body = msgspec.json.decode(raw_body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise _unreadable("The call is no JSON.", bot_id) from None
    found = find(body, section.items) if isinstance(body, dict) else None
    listed = found if isinstance(found, list) else [found]
    items = [one for one in listed if isinstance(one, dict)]
    if len(items) < len(listed):
        raise _unreadable("The call has nothing where the settings say that messages are.", bot_id)
    if len(items) > MOST_ITEMS:
        raise TooLarge(f"A call brings at most {MOST_ITEMS} messages.", code="webhook.too_many")
    return items


def _read_receipt(item: dict[str, Any], section: WebhookSection, now: datetime) -> Receipt | None:
    """How a message of ours got on; words that the settings do not know give nothing."""
    if not (section.receipt_id and section.receipt_status):
        return None
    external_id, said = find_text(item, section.receipt_id), find_text(item, section.receipt_status)
    status = section.statuses.get(said, said)
    if not external_id or status not in STATUSES:
        return None
    failed = status == "failed"
    reason = find_text(item, section.receipt_reason)[:300] if section.receipt_reason else ""
    said_why = reason or "The service did not deliver it."
    at = _read_time(find(item, section.sent_at) if section.sent_at else None, now)
    return Receipt(
        external_id[:LONGEST_ID], status, at, "webhook.undelivered" if failed else None, said_why if failed else None
    )


def _read_message(item: dict[str, Any], section: WebhookSection, *, bot_id: str, now: datetime) -> Inbound | None:
    chat_id, message_id = find_text(item, section.chat_id).strip(), find_text(item, section.message_id).strip()
    if section.receipt_status and not message_id and find_text(item, section.receipt_status):
        return None  # a status that nobody knows
    if not chat_id or len(chat_id) > LONGEST_ID or not message_id:
        raise _unreadable("A message does not say in which chat it is, or under which id.", bot_id)
    if len(message_id) > LONGEST_ID:
        message_id = hashlib.sha256(message_id.encode()).hexdigest()
    value = find_text(item, section.value)[:VALUE_BYTES] if section.value else ""
    text = find_text(item, section.text).strip()
    if count_units(text) > TEXT_UNITS:
        raise TooLarge(f"A text has at most {TEXT_UNITS:,} letters.", code="webhook.too_long", place="text")
    files = tuple(_read_files(item, section))
    if not (value or text or files):
        return None
    language = find_text(item, section.language)[:LONGEST_LANGUAGE].lower() if section.language else ""
    name = find_text(item, section.name)[:200] if section.name else ""
    return Inbound(
        channel="webhook",
        bot_id=bot_id,
        chat_id=chat_id,
        message_id=message_id,
        sender=Sender(external_id=chat_id, name=name, language=language or None),
        text=None if value else text,
        value=value or None,
        sent_at=_read_time(find(item, section.sent_at) if section.sent_at else None, now),
        attachments=files,
    )


def _read_files(item: dict[str, Any], section: WebhookSection) -> Iterator[Attachment]:
    """Files by address; they are fetched after the call was answered."""
    found = find(item, section.files) if section.files else None
    for one in (found if isinstance(found, list) else [found])[:MOST_FILES]:
        address = one if isinstance(one, str) else find_text(one, section.file_url)
        if not address.startswith(("https://", "http://")) or "\0" in address:
            continue
        media_type = "" if isinstance(one, str) else find_text(one, section.file_type)
        name = "" if isinstance(one, str) else find_text(one, section.file_name)
        kind = KINDS.get(media_type.partition("/")[0], "document")
        yield Attachment(kind, source=address, name=name[:200] or None, media_type=media_type[:100] or None)


def _read_time(written: Any, now: datetime) -> datetime:
    """ISO 8601 with a zone, or a Unix time; now, where it is neither or in the future."""
    try:
        if isinstance(written, str) and not written.isdecimal():
            at = datetime.fromisoformat(written)
        else:
            seconds = float(written)
            at = datetime.fromtimestamp(seconds / 1000 if seconds > MILLISECONDS_FROM else seconds, UTC)
        return min(at.astimezone(UTC), now) if at.tzinfo else now
    except (ValueError, TypeError, OverflowError, OSError):
        return now


def _unreadable(message: str, bot_id: str) -> InvalidInput:
    return InvalidInput(
        message,
        code="webhook.not_a_message",
        place=f"channels.webhook.{bot_id}",
        hint="Compare the paths of the section with what the service posts.",
    )
