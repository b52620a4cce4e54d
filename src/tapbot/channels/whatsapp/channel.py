"""The WhatsApp channel of one bot: signed webhooks, texts, buttons and lists, and the 24-hour window."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec
from pydantic import SecretStr

from tapbot.channels.parts import send_parts
from tapbot.channels.types import Attachment, Delivered, File, Heard, Inbound, Outgoing
from tapbot.channels.whatsapp import media
from tapbot.channels.whatsapp.bodies import LIMITS, compose, compose_template
from tapbot.channels.whatsapp.client import GraphApi
from tapbot.channels.whatsapp.templates import Templates
from tapbot.channels.whatsapp.webhooks import read_webhook
from tapbot.errors import InvalidInput, NotAllowed, UpstreamRejected
from tapbot.settings import WhatsappSection
from tapbot.upstream import HttpClient

SIGNATURE_HEADER = "x-hub-signature-256"
WINDOW = timedelta(hours=24)
MARGIN = timedelta(minutes=1)
"""The window is taken for closed a little early: a message must not arrive too late."""
NOTE_UNITS = 512
Json = dict[str, Any]


class Captioned(NamedTuple):
    """A file that is still to be uploaded, and what stands below it."""

    file: File
    caption: str


class Taken(msgspec.Struct, frozen=True):
    """One message that WhatsApp took."""

    id: str


class Answer(msgspec.Struct, frozen=True):
    """What sending answers."""

    messages: list[Taken]


def create(section: WhatsappSection, http: HttpClient, *, bot_id: str, now: Callable[[], datetime]) -> WhatsappChannel:
    """Make the channel from its settings.

    Raises:
        InvalidInput: The access token, the app's secret or the verify token is missing.
    """
    for name in ("token", "app_secret", "verify_token"):
        given = getattr(section, name)
        if given is None or not given.get_secret_value():
            raise InvalidInput(
                f"the {name.replace('_', ' ')} is missing.",
                code="whatsapp.no_secret",
                place=f"channels.whatsapp.{bot_id}",
                hint=f"Give it by TAPBOT_CHANNELS__WHATSAPP__{bot_id.upper()}__{name.upper()}.",
            )
    assert section.token is not None  # noqa: S101  # checked above
    api = GraphApi(section.token, http, section.api_url, section.api_version)
    return WhatsappChannel(api, section, bot_id=bot_id, now=now)


class WhatsappChannel:
    """One bot on one WhatsApp number.

    Args:
        api: The Graph API for the business.
        section: Its settings.
        bot_id: Our own name of the bot.
        now: The clock, for the window.
    """

    name = "whatsapp"
    limits = LIMITS
    repeatable = False
    thanks = ""

    def __init__(self, api: GraphApi, section: WhatsappSection, *, bot_id: str, now: Callable[[], datetime]) -> None:
        self._api = api
        self._section = section
        self._bot_id = bot_id
        self._now = now
        self.templates = Templates(api, section.business_account_id, now)

    def verify(self, headers: Mapping[str, str], raw_body: bytes) -> None:
        """Check the signature over the bytes as they came: the same JSON written anew has another one."""
        given = next((value for name, value in headers.items() if name.lower() == SIGNATURE_HEADER), "")
        secret = _reveal(self._section.app_secret)
        right = "sha256=" + hmac.new(secret.encode(), raw_body, hashlib.sha256).hexdigest()
        if not secret or not hmac.compare_digest(given.encode(), right.encode()):
            raise NotAllowed(
                "This webhook call does not carry the right signature.",
                code="whatsapp.wrong_signature",
                place=f"channels.whatsapp.{self._bot_id}",
            )

    def answer_challenge(self, query: Mapping[str, str]) -> str:
        """The word that Meta wants back when the webhook's address is set.

        Raises:
            NotAllowed: The verify token is not ours.
        """
        right = _reveal(self._section.verify_token)
        given = query.get("hub.verify_token", "")
        subscribing = query.get("hub.mode") == "subscribe" and right
        if not subscribing or not hmac.compare_digest(given.encode(), right.encode()):
            raise NotAllowed(
                "The verify token is not the one of the settings.",
                code="whatsapp.wrong_verify_token",
                place=f"channels.whatsapp.{self._bot_id}",
            )
        return query.get("hub.challenge", "")[:256]

    def parse(self, raw_body: bytes, headers: Mapping[str, str] | None = None) -> list[Inbound]:
        """Read what customers did."""
        del headers  # the body says who wrote
        return list(self.hear(raw_body).inbound)

    def hear(self, raw_body: bytes) -> Heard:
        """Read everything of a webhook call: customers, how our messages got on, and the company's own phone.

        Raises:
            InvalidInput: It is not a webhook call of the Cloud API.
        """
        return read_webhook(raw_body, bot_id=self._bot_id, phone_number_id=self._section.phone_number_id)

    async def send(self, outgoing: Outgoing) -> Delivered:
        """Send files, then the text; where the customer wrote more than 24 hours ago, a template takes it.

        A retry goes on after the parts that were taken. Each part carries the send key, and webhooks repeat it: so is
        known what became of a part whose answer was lost.
        """
        parts = await self._plan(outgoing)

        async def send(position: int, part: Json | Captioned) -> str:
            note = f"{position + 1}/{len(parts)} {outgoing.send_key}"[:NOTE_UNITS]
            message = part if isinstance(part, dict) else await self._give(part)
            return await self._post({**_address(outgoing.chat_id), **message}, note)

        return Delivered(external_id=await send_parts(outgoing, parts, send))

    async def _plan(self, outgoing: Outgoing) -> list[Json | Captioned]:
        """What is sent for a message, in order."""
        text = outgoing.text.strip()
        if not text and not outgoing.files:
            raise InvalidInput("A message without text cannot be sent.", code="whatsapp.empty_text")
        if not self._window_is_open(outgoing):
            return [await self._reopen(outgoing, text)]
        if not outgoing.buttons and media.takes_caption(outgoing.files, text):
            return [Captioned(outgoing.files[0], text)]
        said = compose(text, outgoing.buttons, outgoing.language) if text else []
        return [*(Captioned(file, "") for file in outgoing.files), *said]

    async def _give(self, part: Captioned) -> Json:
        """Upload a file, so that a message can show it."""
        media_id = await media.upload(self._api, self._section.phone_number_id, part.file)
        return media.compose_file(part.file, media_id, part.caption)

    async def fetch(self, attachment: Attachment, *, limit_bytes: int) -> File:
        """Fetch a file that a customer sent. WhatsApp keeps it for a week."""
        return await media.fetch(self._api, attachment, limit_bytes=limit_bytes)

    async def acknowledge(self, inbound: Inbound) -> None:
        """Mark a message as read and show "typing…"; one that is too old for that is let be."""
        if inbound.callback_id is None:
            return
        body = {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": inbound.callback_id,
            "typing_indicator": {"type": "text"},
        }
        try:
            await self._api.call("POST", self._messages, json=body, timeout_seconds=5)
        except UpstreamRejected as error:
            if error.code != "whatsapp.rejected":
                raise

    async def link(self, payload: str) -> str:
        """The address that opens a chat with the company's number; `payload` stands there as what is to be sent.

        Source: https://faq.whatsapp.com/5913398998672934.
        """
        query = {"fields": "display_phone_number"}
        answer = await self._api.call("GET", self._section.phone_number_id, params=query)
        digits = "".join(letter for letter in _decode_number(answer) if letter.isdecimal())
        return f"https://wa.me/{digits}" + (f"?text={quote(payload)}" if payload else "")

    @property
    def _messages(self) -> str:
        return f"{self._section.phone_number_id}/messages"

    def _window_is_open(self, outgoing: Outgoing) -> bool:
        """Whether the customer wrote so lately that anything may be said."""
        wrote_at = outgoing.customer_wrote_at
        return wrote_at is not None and self._now() - wrote_at < WINDOW - MARGIN

    async def _reopen(self, outgoing: Outgoing, text: str) -> Json:
        """The template that may be sent at any time.

        Raises:
            InvalidInput: There is a file, which no template takes; the settings name none, or none is approved.
        """
        if outgoing.files:
            raise InvalidInput(
                "The customer wrote more than 24 hours ago: WhatsApp takes no file until they write again.",
                code="whatsapp.window_closed",
                place=f"channels.whatsapp.{self._bot_id}",
                hint="Send a text without the file; it goes as a template.",
            )
        name = outgoing.template or self._section.window_template
        template = await self.templates.pick(name, outgoing.language) if name else None
        if template is None:
            raise InvalidInput(
                "The customer wrote more than 24 hours ago, and there is no approved template to write with.",
                code="whatsapp.window_closed",
                place=f"channels.whatsapp.{self._bot_id}",
                hint="Have a template with one variable approved, and name it as window_template.",
            )
        return compose_template(
            template.name, template.language_code, text, outgoing.buttons, variables=template.variables
        )

    async def _post(self, message: Json, note: str) -> str:
        body = {"messaging_product": "whatsapp", "recipient_type": "individual", **message}
        answer = await self._api.call("POST", self._messages, json={**body, "biz_opaque_callback_data": note})
        try:
            return msgspec.json.decode(answer, type=Answer).messages[0].id
        except (msgspec.MsgspecError, UnicodeDecodeError, IndexError):
            raise UpstreamRejected("WhatsApp answered with something unexpected.", code="whatsapp.unexpected") from None


class PhoneNumber(msgspec.Struct, frozen=True):
    """What is asked of the company's number."""

    display_phone_number: str


def _decode_number(answer: bytes) -> str:
    try:
        return msgspec.json.decode(answer, type=PhoneNumber).display_phone_number
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise UpstreamRejected("WhatsApp answered with something unexpected.", code="whatsapp.unexpected") from None


def _address(chat_id: str) -> Json:
    """People who hide their number have an id of another form."""
    return {"to": chat_id} if chat_id.isdecimal() else {"recipient": chat_id}


def _reveal(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret is not None else ""
