"""The web chat channel of one bot: reads posted messages; what is sent is already delivered by live events."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from tapbot.channels.limits import Limits, count_units
from tapbot.channels.types import Attachment, Delivered, File, Inbound, Outgoing, Sender
from tapbot.channels.webchat.tokens import hash_chat_token, read_chat_token
from tapbot.errors import InvalidInput, TooLarge
from tapbot.settings import WebchatSection
from tapbot.upstream import HttpClient

MESSAGE_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
LANGUAGE = re.compile(r"[A-Za-z]{2,3}")
LIMITS = Limits(text_units=20_000, inbound_text_units=4096, buttons=100, label_units=200, value_bytes=1000)


class Posted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST …/messages`: an id made by the sender; a text, ids of uploaded files, or a button's value."""

    id: str
    text: str | None = None
    value: str | None = None
    files: list[str] = []


def create(section: WebchatSection, http: HttpClient, *, bot_id: str, now: Callable[[], datetime]) -> WebchatChannel:
    """Make the channel from its settings. It calls nobody, so `http` stays unused."""
    del section, http
    return WebchatChannel(bot_id=bot_id, now=now)


class WebchatChannel:
    """The web chat of one bot. The chat's id is the hash of its token.

    Args:
        bot_id: The bot that answers.
        now: The clock, for the time of a message.
    """

    name = "webchat"
    limits = LIMITS
    repeatable = True

    def __init__(self, *, bot_id: str, now: Callable[[], datetime]) -> None:
        self._bot_id = bot_id
        self._now = now

    def verify(self, headers: Mapping[str, str], raw_body: bytes) -> None:
        """Check the token's form. Whether it was issued is in the database, which the caller asks."""
        del raw_body
        read_chat_token(headers)

    def parse(self, raw_body: bytes, headers: Mapping[str, str] | None = None) -> list[Inbound]:
        """Read one posted message; the headers say in which chat."""
        given = headers or {}
        chat_id = hash_chat_token(read_chat_token(given))
        posted = _decode(raw_body)
        return [
            Inbound(
                channel=self.name,
                bot_id=self._bot_id,
                chat_id=chat_id,
                message_id=posted.id,
                sender=Sender(external_id=chat_id, name="", language=_read_language(given)),
                text=posted.text,
                value=posted.value,
                sent_at=self._now(),
                attachments=tuple(Attachment("document", file_id=file_id) for file_id in posted.files),
            )
        ]

    async def send(self, outgoing: Outgoing) -> Delivered:
        """Return at once: the stored message reaches open pages by live events and others when they come back."""
        if not outgoing.text.strip() and not outgoing.files:
            raise InvalidInput("A message without text cannot be sent.", code="webchat.empty_text")
        return Delivered(external_id=outgoing.send_key)

    async def fetch(self, attachment: Attachment, *, limit_bytes: int) -> File:
        """Never needed: the page uploads files before it sends them."""
        del attachment, limit_bytes
        raise InvalidInput("The web chat's files are here already.", code="webchat.no_file")

    async def acknowledge(self, inbound: Inbound) -> None:
        """Nothing waits for it: the page knows from the answer to its request."""


def _decode(raw_body: bytes) -> Posted:
    try:
        posted = msgspec.json.decode(raw_body, type=Posted)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"The message cannot be read: {error}.",
            code="webchat.not_a_message",
            hint='Send {"id","text"}, {"id","files"} or {"id","value"} as UTF-8 JSON.',
        ) from None
    if not MESSAGE_ID.fullmatch(posted.id):
        raise InvalidInput(
            "A message id has 1 to 64 letters, digits, '.', '_', ':' or '-'.", code="webchat.bad_id", place="id"
        )
    if posted.files and posted.value is None:
        text = _check_content("text", posted.text, LIMITS.inbound_text_units) if posted.text else ""
        return msgspec.structs.replace(posted, text=text)
    if posted.files or (posted.text is None) == (posted.value is None):
        raise InvalidInput("A message has either a text, files or both, or a value.", code="webchat.text_or_value")
    field, content, limit = (
        ("text", posted.text, LIMITS.inbound_text_units)
        if posted.text is not None
        else ("value", posted.value or "", LIMITS.value_bytes)
    )
    return msgspec.structs.replace(posted, **{field: _check_content(field, content, limit)})


def _check_content(field: str, content: str, limit_units: int) -> str:
    """The content without NUL (which PostgreSQL's text does not take) and without spaces around it."""
    cleaned = content.replace("\0", "").strip()
    if not cleaned:
        raise InvalidInput(f"The {field} is empty.", code="webchat.empty", place=field)
    if count_units(cleaned) > limit_units:
        raise TooLarge(f"The {field} is longer than {limit_units} letters.", code="webchat.too_long", place=field)
    return cleaned


def _read_language(headers: Mapping[str, str]) -> str | None:
    """The first language that the browser asks for."""
    accepted = next((value for name, value in headers.items() if name.lower() == "accept-language"), "")
    found = LANGUAGE.match(accepted.strip())
    return found.group().lower() if found else None
