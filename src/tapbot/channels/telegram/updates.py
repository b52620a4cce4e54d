"""Reading Telegram's updates: from JSON to what a customer did."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeVar

import msgspec

from tapbot.channels.telegram.generated import CallbackQuery, ChatMemberUpdated, Message, Update, User
from tapbot.channels.telegram.media import read_attachments
from tapbot.channels.types import Blocking, Edit, Heard, Inbound, Moved, Own, Sender
from tapbot.errors import InvalidInput

T = TypeVar("T")

PRIVATE_CHAT = "private"
START = re.compile(r"/start(?:group)?(?:@\w+)?(?: ([A-Za-z0-9_-]{1,64}))?")
"""What a person's program says first; behind it stands what the link carried."""
GROUPS = frozenset({"group", "supergroup"})
OUTSIDE = frozenset({"kicked", "left"})
OF_BUSINESS = ":"
"""Stands between a business connection's id and the chat's."""
GroupRule = Literal["off", "mentions", "all"]
"""What the bot hears in groups: nothing, what is addressed to it, or everything that Telegram shows it."""


@dataclass(frozen=True, slots=True)
class Me:
    """The bot as Telegram knows it.

    Args:
        user_id: The digits before the colon of its token.
        username: Without the `@`; `None` until Telegram was asked.
    """

    user_id: int
    username: str | None = None
    groups: GroupRule = "mentions"


class NumberedUpdate(msgspec.Struct, frozen=True):
    """The only field that every update surely has."""

    update_id: int


def read_update(raw_body: bytes, *, bot_id: str, me: Me, now: Callable[[], datetime]) -> Heard:
    """Read one update.

    Args:
        me: Whom a message in a group must be addressed to.

    Raises:
        InvalidInput: It is not an update of the Bot API.
    """
    update = _decode(raw_body, bot_id)
    if update.business_message:
        return _read_business(update.business_message, update.update_id, bot_id, me)
    inbound = edit = moved = blocking = None
    if update.message:
        inbound, moved = _read_message(update.message, update.update_id, bot_id, me), _read_move(update.message)
    elif edited := update.edited_message or update.edited_business_message:
        edit = _read_edit(edited, update.update_id, me)
    elif update.callback_query:
        inbound = _read_press(update.callback_query, update.update_id, bot_id, now)
    elif update.my_chat_member:
        blocking = _read_blocking(update.my_chat_member)
    return Heard(_all(inbound), moved=_all(moved), edits=_all(edit), blockings=_all(blocking))


def _all(found: T | None) -> tuple[T, ...]:
    return () if found is None else (found,)


def _decode(raw_body: bytes, bot_id: str) -> Update:
    try:
        return msgspec.json.decode(raw_body, type=Update)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"This is not an update of the Telegram Bot API: {error}.",
            code="telegram.not_an_update",
            place=f"channels.telegram.{bot_id}",
        ) from None


def read_update_id(raw_update: bytes | msgspec.Raw) -> int:
    """Read the number of an update, whatever else is in it."""
    return msgspec.json.decode(raw_update, type=NumberedUpdate).update_id


def _read_move(message: Message) -> Moved | None:
    """That a group became a supergroup with another id; `None` when a message tells something else."""
    if message.migrate_to_chat_id is None:
        return None
    return Moved(str(message.chat.id), str(message.migrate_to_chat_id))


def _read_business(message: Message, update_id: int, bot_id: str, me: Me) -> Heard:
    """A message in a chat of somebody who lets the bot answer in their name: a customer's, or their own."""
    if message.from_ is None or message.sender_business_bot is not None:  # what the bot said itself
        return Heard(())
    if message.from_.id == message.chat.id:
        found = _read_message(message, update_id, bot_id, me)
        return Heard((found,) if found else ())
    said, files = _clean(message.text or message.caption or ""), read_attachments(message)
    at = datetime.fromtimestamp(message.date, UTC)
    return Heard((), own=(Own(_chat_of(message), str(update_id), said or ("" if files else "[…]"), at, files),))


def _chat_of(message: Message) -> str:
    """The chat's id. A chat of a business account is another one than that of the same person with the bot."""
    chat_id, connection = str(message.chat.id), message.business_connection_id
    return f"{connection}{OF_BUSINESS}{chat_id}" if connection else chat_id


def _read_edit(message: Message, update_id: int, me: Me) -> Edit | None:
    """What a person's message says now. A picture of which only the frame changed has the same text."""
    if message.from_ is None or message.from_.is_bot or message.chat.type not in {PRIVATE_CHAT, *GROUPS}:
        return None
    said = message.text or message.caption or ""
    if message.chat.type in GROUPS:
        said = _heard_in_group(message, said, me) or said
    at = datetime.fromtimestamp(message.edit_date or message.date, UTC)
    return Edit(_chat_of(message), str(message.message_id), _clean(said), update_id, at)


def _read_blocking(change: ChatMemberUpdated) -> Blocking | None:
    """That a person blocked the bot, that a group put it out, or that it is let in again."""
    if change.chat.type not in {PRIVATE_CHAT, *GROUPS}:
        return None
    return Blocking(str(change.chat.id), blocked=change.new_chat_member.status in OUTSIDE)


def _read_message(message: Message, update_id: int, bot_id: str, me: Me) -> Inbound | None:
    """A message of a person; one without words (a photo, a voice message) has an empty text."""
    if message.from_ is None or message.from_.is_bot or message.migrate_to_chat_id or message.migrate_from_chat_id:
        return None
    said, group = message.text or message.caption or "", None
    if message.chat.type in GROUPS:
        heard = _heard_in_group(message, said, me)
        if heard is None:
            return None
        said, group = heard, _clean(message.chat.title or str(message.chat.id))
    elif message.chat.type != PRIVATE_CHAT:
        return None
    opening = START.fullmatch(said.strip())
    shared_phone = message.contact.phone_number if message.contact else None
    return Inbound(
        channel="telegram",
        bot_id=bot_id,
        chat_id=_chat_of(message),
        message_id=str(update_id),
        sender=_read_sender(message.from_),
        text="/start" if opening else _clean(said or shared_phone or ""),
        external_id=str(message.message_id),
        link=opening[1] if opening else None,
        value=None,
        sent_at=datetime.fromtimestamp(message.date, UTC),
        attachments=read_attachments(message),
        album=message.media_group_id,
        group=group,
    )


def _heard_in_group(message: Message, said: str, me: Me) -> str | None:
    """What is said to the bot, without its name; `None` when it is not meant."""
    if me.groups == "off":
        return None
    answered = message.reply_to_message.from_ if message.reply_to_message else None
    meant = me.groups == "all" or (answered is not None and answered.id == me.user_id)
    units = said.encode("utf-16-le")
    for entity in reversed(message.entities or message.caption_entities or []):
        start, end = entity.offset * 2, (entity.offset + entity.length) * 2
        named = units[start:end].decode("utf-16-le", "ignore")
        if entity.type == "bot_command":
            command, _, addressee = named.partition("@")
            mine = not addressee or _is_me(addressee, me)
            meant = meant or (mine and entity.offset == 0)
            units = units[:start] + command.encode("utf-16-le") + units[end:] if mine and addressee else units
        elif (entity.type == "mention" and _is_me(named[1:], me)) or (
            entity.type == "text_mention" and entity.user is not None and entity.user.id == me.user_id
        ):
            meant, units = True, units[:start] + units[end:]
    return units.decode("utf-16-le", "ignore").strip(" ,:\n") if meant else None


def _is_me(username: str, me: Me) -> bool:
    return me.username is not None and username.lower() == me.username.lower()


def _read_press(press: CallbackQuery, update_id: int, bot_id: str, now: Callable[[], datetime]) -> Inbound | None:
    """A press, in whichever chat: the button is the bot's own."""
    if press.data is None or press.message is None or press.message.chat.type not in {PRIVATE_CHAT, *GROUPS}:
        return None
    chat = press.message.chat
    return Inbound(
        channel="telegram",
        bot_id=bot_id,
        chat_id=_chat_of(press.message),
        message_id=str(update_id),
        sender=_read_sender(press.from_),
        text=None,
        value=_clean(press.data),
        sent_at=now(),
        callback_id=press.id,
        group=_clean(chat.title or str(chat.id)) if chat.type in GROUPS else None,
    )


def _read_sender(user: User) -> Sender:
    name = " ".join(part for part in (user.first_name, user.last_name) if part)
    language = user.language_code.partition("-")[0].lower() if user.language_code else None
    return Sender(external_id=str(user.id), name=_clean(name), language=language)


def _clean(text: str) -> str:
    """Without NUL, which PostgreSQL's text does not take."""
    return text.replace("\0", "")
