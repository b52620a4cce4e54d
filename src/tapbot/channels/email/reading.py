"""Reading mail: who wrote what, with which files; and what is no customer's word at all. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import Any

from tapbot.channels.email.quotes import html_to_text, strip_quotes
from tapbot.channels.types import Attachment, AttachmentKind, Inbound, Receipt, Sender
from tapbot.errors import InvalidInput

PLACE_HEADER = "X-Tapbot-Place"
"""Ours, in front of the mail: where in the mailbox it lies. The first one counts; a sender's own stands behind."""
LONGEST_TEXT = 20_000
LONGEST_ID = 128
MOST_FILES = 10
MOST_REFERENCES = 20
REPLY = re.compile(r"^\s*((re|fwd?|aw|отв|ha|жауап)\s*(\[\d+\])?\s*:\s*)+", re.IGNORECASE)
KINDS: dict[str, AttachmentKind] = {"image": "photo", "audio": "audio", "video": "video"}
BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
FORGED = re.compile(r"\bdmarc\s*=\s*fail\b", re.IGNORECASE)


@dataclass(frozen=True)
class Letter:
    """A mail taken apart."""

    message: EmailMessage
    place: str
    raw: bytes

    @property
    def sender(self) -> Any:
        """Address of who wrote; `None` when the mail names nobody."""
        found = getattr(self.message["From"], "addresses", ()) if self.message["From"] else ()
        return found[0] if found else None

    def header(self, name: str) -> str:
        """A header on one line; empty when there is none."""
        return " ".join(str(self.message.get(name, "")).replace("\0", "").split())

    @property
    def message_id(self) -> str:
        """What names the mail everywhere; made of its content where its sender gave it no name."""
        written = self.header("Message-ID")
        return written or f"<{hashlib.sha256(self.raw).hexdigest()[:32]}@no-id.invalid>"


def open_letter(raw: bytes, *, place: str) -> Letter:
    """Take a mail apart.

    Args:
        place: Of the channel, for messages.

    Raises:
        InvalidInput: It is no mail.
    """
    message = message_from_bytes(raw, policy=policy.default)
    if not isinstance(message, EmailMessage) or "From" not in message:
        raise InvalidInput("This is no mail: nobody is named as its sender.", code="email.not_a_mail", place=place)
    return Letter(message, str(message.get(PLACE_HEADER, "")).strip(), raw)


def is_automatic(letter: Letter, own_address: str) -> bool:
    """Whether no person wrote it, so that an answer might go back and forth for ever (RFC 3834, section 2)."""
    sender = letter.sender
    if sender is None or sender.addr_spec.lower() == own_address.lower():
        return True
    local = sender.username.lower()
    by_machine = letter.header("Auto-Submitted").partition(";")[0].strip().lower() not in {"", "no"}
    return (
        by_machine
        or letter.header("Precedence").lower() in BULK
        or letter.header("Return-Path") == "<>"
        or any(name in letter.message for name in ("List-Id", "List-Unsubscribe", "X-Autoreply", "X-Autorespond"))
        or local in {"mailer-daemon", "postmaster"}
        or re.fullmatch(r"(no|do[-_.]?not)[-_.]?reply.*", local) is not None
    )


def is_forged(letter: Letter) -> bool:
    """Whether the mailbox's own server, whose line is the first, found that the sender is not who they say."""
    return FORGED.search(letter.header("Authentication-Results")) is not None


def read_letter(letter: Letter, *, bot_id: str, now: datetime) -> Inbound:
    """What a customer wrote."""
    sender = letter.sender
    address = sender.addr_spec.lower()[:LONGEST_ID]
    message_id = letter.message_id
    key = message_id if len(message_id) <= LONGEST_ID else hashlib.sha256(message_id.encode()).hexdigest()
    return Inbound(
        channel="email",
        bot_id=bot_id,
        chat_id=address,
        message_id=key,
        sender=Sender(external_id=address, name=_clean(sender.display_name)[:200], language=_language(letter)),
        text=_words(letter),
        value=None,
        sent_at=_moment(letter, now),
        attachments=tuple(_attachments(letter))[:MOST_FILES],
        thread={
            "message_id": message_id,
            "references": " ".join([*letter.header("References").split(), message_id][-MOST_REFERENCES:]),
            "subject": letter.header("Subject")[:300],
        },
    )


def read_bounce(letter: Letter, now: datetime) -> Receipt | None:
    """What a server says of a mail of ours that it could not deliver (RFC 3464); `None` when it is no such report."""
    if letter.message.get_content_type() != "multipart/report":
        return None
    parts = list(letter.message.walk())
    told = next((part for part in parts if part.get_content_type() == "message/delivery-status"), None)
    ours = next((found for part in parts if part is not letter.message and (found := part.get("Message-ID"))), None)
    if told is None or ours is None:
        return None
    fields = {name.lower(): str(value) for part in told.get_payload() for name, value in part.items()}  # type: ignore[union-attr]  # a status is a list of parts
    if fields.get("action", "").strip().lower() != "failed":
        return None
    reason = " ".join(fields.get("diagnostic-code", fields.get("status", "")).split())[:300]
    return Receipt(str(ours).strip(), "failed", now, code="email.bounced", reason=reason or "The mail came back.")


def find_file(letter: Letter, number: int) -> EmailMessage | None:
    """The file of that number."""
    return next((part for at, part in _files(letter) if at == number), None)


def _files(letter: Letter) -> Iterator[tuple[int, EmailMessage]]:
    for number, part in enumerate(letter.message.walk()):
        is_file = part.get_content_disposition() == "attachment" or part.get_filename() is not None
        if isinstance(part, EmailMessage) and is_file and not part.is_multipart():
            yield number, part


def _attachments(letter: Letter) -> Iterator[Attachment]:
    for number, part in _files(letter):
        content = part.get_payload(decode=True)
        media_type = part.get_content_type()
        yield Attachment(
            KINDS.get(media_type.partition("/")[0], "document"),
            source=f"{letter.place}/{number}",
            name=_clean(part.get_filename() or "") or None,
            media_type=media_type,
            size_bytes=len(content) if isinstance(content, bytes) else None,
        )


def _words(letter: Letter) -> str:
    """The new words, below the subject where it is a new one."""
    plain = letter.message.get_body(preferencelist=("plain",))
    html = letter.message.get_body(preferencelist=("html",))
    text = strip_quotes(_text(plain)) if plain else html_to_text(_text(html)) if html else ""
    subject = letter.header("Subject")
    if subject and not letter.header("In-Reply-To") and not REPLY.match(subject):
        text = f"{subject}\n\n{text}".strip()
    text = _clean(text)
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def _text(part: Any) -> str:
    try:
        return str(part.get_content())
    except (LookupError, ValueError):  # an unknown charset
        return bytes(part.get_payload(decode=True) or b"").decode("utf-8", "replace")


def _moment(letter: Letter, now: datetime) -> datetime:
    try:
        moment = parsedate_to_datetime(letter.header("Date"))
        return min(moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC), now)
    except (ValueError, TypeError, OverflowError):
        return now


def _language(letter: Letter) -> str | None:
    found = re.match(r"[A-Za-z]{2}\b", letter.header("Content-Language"))
    return found.group().lower() if found else None


def _clean(text: str) -> str:
    """Without NUL, which PostgreSQL's text does not take, and without halves of letters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
