"""The Telegram channel of one bot: webhook or long polling, texts, buttons and presses."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from mimetypes import guess_type
from typing import Any

import msgspec
from pydantic import SecretStr

from tapbot.channels.limits import count_units, split_text
from tapbot.channels.parts import send_parts
from tapbot.channels.telegram import updates
from tapbot.channels.telegram.client import BotApi, ChatMoved
from tapbot.channels.telegram.generated import (
    AnswerCallbackQuery,
    DeleteWebhook,
    GetFile,
    GetMe,
    GetUpdates,
    Message,
    SendAudio,
    SendChatAction,
    SendDocument,
    SendMessage,
    SendPhoto,
    SendVideo,
    SendVoice,
    SetWebhook,
    User,
)
from tapbot.channels.telegram.generated import File as TelegramFile
from tapbot.channels.telegram.keyboard import LIMITS, make_keyboard
from tapbot.channels.telegram.media import CAPTION_UNITS, Sending, plan_sending
from tapbot.channels.types import Attachment, Delivered, File, Heard, Inbound, Moved, Outgoing, Poll
from tapbot.errors import InvalidInput, LimitExceeded, NotAllowed, UpstreamRejected
from tapbot.settings import TelegramSection
from tapbot.upstream import HttpClient

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105  # a header's name
SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")
UPDATES_WANTED = [
    *("message", "edited_message", "callback_query", "my_chat_member"),
    *("business_message", "edited_business_message"),
]
LINK_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{0,64}")


@dataclass(frozen=True)
class Part:
    """One call of several that make up a message; `sending` is its file, if it has one."""

    method: SendMessage | SendPhoto | SendVoice | SendAudio | SendVideo | SendDocument
    sending: Sending | None


def create(section: TelegramSection, http: HttpClient, *, bot_id: str, now: Callable[[], datetime]) -> TelegramChannel:
    """Make the channel from its settings.

    Raises:
        InvalidInput: The token is missing, or webhook mode has no secret of at least 16 characters.
    """
    place = f"channels.telegram.{bot_id}"
    if section.token is None:
        raise InvalidInput(
            "the bot's token is missing.",
            code="telegram.no_token",
            place=place,
            hint=f"Give it by TAPBOT_CHANNELS__TELEGRAM__{bot_id.upper()}__TOKEN.",
        )
    given = section.secret.get_secret_value() if section.secret else ""
    if section.mode == "webhook" and not SECRET.fullmatch(given):
        raise InvalidInput(
            "webhook mode needs a secret of 16 to 256 letters, digits, '_' or '-'.",
            code="telegram.weak_secret",
            place=place,
            hint="Make one with: openssl rand -hex 32.",
        )
    api = BotApi(section.token, http, section.api_url)
    me = updates.Me(_id_in(section.token), groups=section.groups)
    secret = section.secret if section.mode == "webhook" else None
    return TelegramChannel(api, bot_id=bot_id, secret=secret, now=now, me=me)


def _id_in(token: SecretStr) -> int:
    """The bot's id as Telegram knows it, which its token begins with."""
    digits = token.get_secret_value().partition(":")[0]
    return int(digits) if digits.isdecimal() else 0


class TelegramChannel:
    """One bot in Telegram.

    Args:
        api: The Bot API for the bot.
        bot_id: Our own name of the bot.
        secret: What Telegram sends with each webhook; `None` when polling.
        now: The clock, for presses: Telegram does not say when they happened.
        me: The bot as Telegram knows it, and what it hears in groups.
    """

    name = "telegram"
    limits = LIMITS
    repeatable = False

    def __init__(
        self,
        api: BotApi,
        *,
        bot_id: str,
        secret: SecretStr | None,
        now: Callable[[], datetime],
        me: updates.Me,
    ) -> None:
        self._me = me
        self._started = False
        self._api = api
        self._bot_id = bot_id
        self._secret = secret
        self.polled = secret is None
        self._now = now

    def verify(self, headers: Mapping[str, str], raw_body: bytes) -> None:
        """Compare the secret header in constant time. A polling bot takes no webhooks."""
        given = next((value for name, value in headers.items() if name.lower() == SECRET_HEADER), "")
        if self._secret is None or not hmac.compare_digest(given.encode(), self._secret.get_secret_value().encode()):
            raise NotAllowed(
                "This webhook call does not carry the bot's secret.",
                code="telegram.wrong_secret",
                place=f"channels.telegram.{self._bot_id}",
            )

    def parse(self, raw_body: bytes, headers: Mapping[str, str] | None = None) -> list[Inbound]:
        """Read one update; edits, other bots, and what is not meant for the bot in a group give nothing."""
        del headers  # an update says itself who wrote
        return list(self.hear(raw_body).inbound)

    def hear(self, raw_body: bytes) -> Heard:
        """Read one update: what a customer did or changed, that they blocked the bot, or that a group has another id.

        Raises:
            InvalidInput: It is not an update of the Bot API.
        """
        return updates.read_update(raw_body, bot_id=self._bot_id, me=self._me, now=self._now)

    async def link(self, payload: str) -> str:
        """The address that opens a private chat with the bot; Telegram takes 64 letters, digits, `_` and `-` along."""
        if not LINK_PAYLOAD.fullmatch(payload):
            raise InvalidInput(
                "a link to a bot in Telegram carries at most 64 Latin letters, digits, '_' or '-'.",
                code="telegram.bad_link",
            )
        if self._me.username is None:
            self._me = replace(self._me, username=(await self._api.invoke(GetMe(), User)).username)
        return f"https://t.me/{self._me.username}" + (f"?start={payload}" if payload else "")

    async def send(self, outgoing: Outgoing) -> Delivered:
        """Send files, then a plain text, in several messages if it is long; the buttons go below the last one.

        A short text goes as the caption of a single file. A retry goes on after the parts that were taken.
        """
        sent = await send_parts(outgoing, _plan(outgoing), lambda _at, part: self._send_where_it_is_now(part))
        there = str(sent.chat.id)
        elsewhere = outgoing.chat_id.startswith("-") and there != outgoing.chat_id
        return Delivered(str(sent.message_id), Moved(outgoing.chat_id, there) if elsewhere else None)

    async def _send_where_it_is_now(self, part: Part) -> Message:
        """Send, and once more to the new id of a group that became a supergroup."""
        try:
            return await self._send_part(part)
        except ChatMoved as moved:
            method = msgspec.structs.replace(part.method, chat_id=moved.chat_id)
            return await self._send_part(Part(method, part.sending))

    async def _send_part(self, part: Part) -> Message:
        if part.sending is None:
            return await self._api.invoke(part.method, Message)
        return await self._api.upload(part.method, part.sending.parameter, part.sending.file, Message)

    async def fetch(self, attachment: Attachment, *, limit_bytes: int) -> File:
        """Fetch a file that a customer sent. Telegram gives out at most 20 MB."""
        if attachment.source is None:
            raise InvalidInput("This is no file of Telegram's.", code="telegram.no_file")
        if (attachment.size_bytes or 0) > limit_bytes:
            raise LimitExceeded(f"The file has {attachment.size_bytes:,} bytes; {limit_bytes:,} are the most.")
        found = await self._api.invoke(GetFile(file_id=attachment.source), TelegramFile)
        if found.file_path is None:
            raise UpstreamRejected("Telegram does not give out this file.", code="telegram.no_file")
        content = await self._api.fetch(found.file_path, limit_bytes=limit_bytes)
        media_type = attachment.media_type or guess_type(found.file_path)[0] or "application/octet-stream"
        return File(content, media_type, attachment.name, attachment.kind)

    async def acknowledge(self, inbound: Inbound) -> None:
        """Stop the pressed button from waiting; a press that is too old for that is let be."""
        if inbound.callback_id is None:
            return
        try:
            await self._api.invoke(AnswerCallbackQuery(callback_query_id=inbound.callback_id), bool, timeout_seconds=5)
        except UpstreamRejected as error:
            if error.code != "telegram.rejected":
                raise

    async def show_typing(self, chat_id: str) -> None:
        """Show "typing…" in the chat for up to five seconds."""
        await self._api.invoke(SendChatAction(**_place(chat_id), action="typing"), bool, timeout_seconds=5)

    async def start(self, webhook_url: str | None) -> None:
        """Tell Telegram how updates come: to the address in webhook mode, else by polling. Safe to repeat.

        Raises:
            InvalidInput: Webhook mode without an address.
        """
        self._started = True
        if self._secret is None:
            await self._api.invoke(DeleteWebhook(drop_pending_updates=False), bool)
            await self._learn_name()
            return
        if webhook_url is None:
            raise InvalidInput(
                "webhook mode needs the address of this server.",
                code="telegram.no_address",
                place=f"channels.telegram.{self._bot_id}",
                hint="Set server.public_url, or use polling.",
            )
        method = SetWebhook(
            url=webhook_url, allowed_updates=UPDATES_WANTED, secret_token=self._secret.get_secret_value()
        )
        await self._api.invoke(method, bool)
        await self._learn_name()

    async def _learn_name(self) -> None:
        """Ask under which name the bot is mentioned in groups."""
        if self._started and self._me.username is None and self._me.groups != "off":
            self._me = replace(self._me, username=(await self._api.invoke(GetMe(), User)).username)

    async def poll(self, offset: int | None, *, wait_seconds: int = 25) -> Poll:
        """Wait for updates.

        Args:
            offset: `next_offset` of a poll whose updates are all committed; `None` at the start: what was
                not confirmed comes again, under the same message ids.
            wait_seconds: How long Telegram holds the call while there is nothing.
        """
        await self._learn_name()  # where the start found no Telegram
        method = GetUpdates(offset=offset, timeout=wait_seconds, allowed_updates=UPDATES_WANTED)
        raw = await self._api.invoke(method, list[msgspec.Raw], timeout_seconds=wait_seconds + 10)
        ids = [updates.read_update_id(update) for update in raw]
        return Poll(updates=tuple(bytes(update) for update in raw), next_offset=max(ids) + 1 if ids else offset)


def _plan(outgoing: Outgoing) -> list[Part]:
    """The calls that a message takes."""
    place, keyboard = _place(outgoing.chat_id), make_keyboard(outgoing.buttons)
    sendings = [plan_sending(file) for file in outgoing.files]
    text = outgoing.text.strip()
    caption = text if len(sendings) == 1 and count_units(text) <= CAPTION_UNITS else ""
    said = [] if caption or not text else split_text(text, LIMITS.text_units)
    parts = [Part(one.method(**place, caption=caption or None), one) for one in sendings]
    parts += [Part(SendMessage(**place, text=one), None) for one in said]
    if not parts:
        raise InvalidInput("A message without text cannot be sent.", code="telegram.empty_text")
    last = parts[-1]
    return [*parts[:-1], Part(msgspec.structs.replace(last.method, reply_markup=keyboard), last.sending)]


def _place(chat_id: str) -> dict[str, Any]:
    """Where a message goes: a chat, or one of a business account."""
    connection, _, chat = chat_id.rpartition(updates.OF_BUSINESS)
    place = {"chat_id": int(chat) if chat.lstrip("-").isdecimal() else chat}
    return place | {"business_connection_id": connection} if connection else place
