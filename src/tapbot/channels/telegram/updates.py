"""Reading Telegram's updates: from JSON to what a customer did."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from tapbot.channels.telegram.generated import CallbackQuery, Message, Update, User
from tapbot.channels.telegram.media import read_attachments
from tapbot.channels.types import Inbound, Sender
from tapbot.errors import InvalidInput

PRIVATE_CHAT = "private"


class NumberedUpdate(msgspec.Struct, frozen=True):
    """The only field that every update surely has."""

    update_id: int


def read_update(raw_body: bytes, *, bot_id: str, now: Callable[[], datetime]) -> list[Inbound]:
    """Read one update.

    Raises:
        InvalidInput: It is not an update of the Bot API.
    """
    try:
        update = msgspec.json.decode(raw_body, type=Update)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"This is not an update of the Telegram Bot API: {error}.",
            code="telegram.not_an_update",
            place=f"channels.telegram.{bot_id}",
        ) from None
    found = None
    if update.message:
        found = _read_message(update.message, update.update_id, bot_id)
    elif update.callback_query:
        found = _read_press(update.callback_query, update.update_id, bot_id, now)
    return [found] if found else []


def read_update_id(raw_update: bytes | msgspec.Raw) -> int:
    """Read the number of an update, whatever else is in it."""
    return msgspec.json.decode(raw_update, type=NumberedUpdate).update_id


def _read_message(message: Message, update_id: int, bot_id: str) -> Inbound | None:
    """A message of a person in a private chat; one without words (a photo, a voice message) has an empty text."""
    if message.chat.type != PRIVATE_CHAT or message.from_ is None or message.from_.is_bot:
        return None
    shared_phone = message.contact.phone_number if message.contact else None
    return Inbound(
        channel="telegram",
        bot_id=bot_id,
        chat_id=str(message.chat.id),
        message_id=str(update_id),
        sender=_read_sender(message.from_),
        text=_clean(message.text or message.caption or shared_phone or ""),
        value=None,
        sent_at=datetime.fromtimestamp(message.date, UTC),
        attachments=read_attachments(message),
        album=message.media_group_id,
    )


def _read_press(press: CallbackQuery, update_id: int, bot_id: str, now: Callable[[], datetime]) -> Inbound | None:
    if press.data is None or press.message is None or press.message.chat.type != PRIVATE_CHAT:
        return None
    return Inbound(
        channel="telegram",
        bot_id=bot_id,
        chat_id=str(press.message.chat.id),
        message_id=str(update_id),
        sender=_read_sender(press.from_),
        text=None,
        value=_clean(press.data),
        sent_at=now(),
        callback_id=press.id,
    )


def _read_sender(user: User) -> Sender:
    name = " ".join(part for part in (user.first_name, user.last_name) if part)
    language = user.language_code.partition("-")[0].lower() if user.language_code else None
    return Sender(external_id=str(user.id), name=_clean(name), language=language)


def _clean(text: str) -> str:
    """Without NUL, which PostgreSQL's text does not take."""
    return text.replace("\0", "")
