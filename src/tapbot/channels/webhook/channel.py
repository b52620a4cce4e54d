"""The webhook channel of one bot: signed calls in, signed calls out, as the settings describe them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from tapbot import upstream
from tapbot.channels.limits import Limits
from tapbot.channels.paths import find_text
from tapbot.channels.posting import post
from tapbot.channels.types import Attachment, Delivered, File, Heard, Inbound, Outgoing
from tapbot.channels.webhook.reading import LONGEST_ID, TEXT_UNITS, VALUE_BYTES, read_call
from tapbot.errors import InvalidInput, LimitExceeded, NotAllowed, UpstreamRejected
from tapbot.settings import WebhookSection
from tapbot.upstream import HttpClient

SERVICE = "The webhook's service"
SIGNATURE_HEADER, KEY_HEADER = "X-Tapbot-Signature", "Idempotency-Key"
SHORTEST_SECRET = 16
FETCH_SECONDS = 60.0


def create(section: WebhookSection, http: HttpClient, *, bot_id: str, now: Callable[[], datetime]) -> WebhookChannel:
    """Make the channel from its settings.

    Raises:
        InvalidInput: The secret is missing or short, or there is no address to send to.
    """
    place = f"channels.webhook.{bot_id}"
    if section.secret is None or len(section.secret.get_secret_value()) < SHORTEST_SECRET:
        raise InvalidInput(
            f"the secret is missing, or has fewer than {SHORTEST_SECRET} letters.",
            code="webhook.weak_secret",
            place=place,
            hint=f"Make one with: openssl rand -hex 32. Give it by TAPBOT_CHANNELS__WEBHOOK__{bot_id.upper()}__SECRET.",
        )
    if not section.url.startswith(("https://", "http://")):
        raise InvalidInput(
            "there is no address that takes the bot's answers.",
            code="webhook.no_address",
            place=f"{place}.url",
            hint="Write an https:// address without a secret in it.",
        )
    return WebhookChannel(section, http, bot_id=bot_id, now=now)


class WebhookChannel:
    """One bot behind any service that can post JSON.

    Args:
        section: Its settings.
        http: The client whose policy holds, also for the files that customers send.
        bot_id: Our own name of the bot.
        now: The clock.
    """

    name = "webhook"
    thanks = ""

    def __init__(self, section: WebhookSection, http: HttpClient, *, bot_id: str, now: Callable[[], datetime]) -> None:
        self._section = section
        self._http = http
        self._bot_id = bot_id
        self._now = now
        self.repeatable = section.idempotent
        self.limits = Limits(
            text_units=TEXT_UNITS,
            inbound_text_units=TEXT_UNITS,
            buttons=100,
            label_units=200,
            value_bytes=VALUE_BYTES,
            sends_per_second=section.sends_per_second,
        )

    def verify(self, headers: Mapping[str, str], raw_body: bytes) -> None:
        """Check the signature over the bytes as they came, or the secret header, in constant time."""
        name = self._section.signature_header.lower()
        given = next((value for header, value in headers.items() if header.lower() == name), "")
        if self._section.signature == "secret":
            right = self._secret
        else:
            right = _sign(self._secret, raw_body, self._section.signature_encoding)
        right = self._section.signature_prefix + right
        if not hmac.compare_digest(given.encode(), right.encode()):
            raise NotAllowed(
                "This call does not carry the right signature.",
                code="webhook.wrong_signature",
                place=f"channels.webhook.{self._bot_id}",
            )

    def answer_challenge(self, query: Mapping[str, str]) -> str:
        """There is none: a call proves itself by its signature."""
        del query
        raise NotAllowed("This address takes signed calls by POST alone.", code="webhook.post_only")

    def parse(self, raw_body: bytes, headers: Mapping[str, str] | None = None) -> list[Inbound]:
        """Read what customers did."""
        del headers  # the body says who wrote
        return list(self.hear(raw_body).inbound)

    def hear(self, raw_body: bytes) -> Heard:
        """Read everything of a call: customers' messages, and how ours got on.

        Raises:
            InvalidInput: It is not what the settings describe.
        """
        return read_call(raw_body, self._section, bot_id=self._bot_id, now=self._now())

    async def send(self, outgoing: Outgoing) -> Delivered:
        """Post one message, signed, with the send key as its idempotency key.

        An answer that was lost leaves a doubt, unless the settings say that the service knows the key.
        """
        body = msgspec.json.encode(_compose(outgoing))
        secret = self._section.send_secret.get_secret_value() if self._section.send_secret else self._secret
        headers = {
            **{name: value.replace("{secret}", secret) for name, value in self._section.headers.items()},
            "Content-Type": "application/json",
            KEY_HEADER: outgoing.send_key,
            SIGNATURE_HEADER: f"sha256={_sign(secret, body, 'hex')}",
        }
        status, answer = await post(
            self._http, self._section.url, service=SERVICE, repeatable=self.repeatable, content=body, headers=headers
        )
        if status >= 300:
            raise UpstreamRejected(f"{SERVICE} refused the message ({status}).", status=status, code="webhook.rejected")
        return Delivered(external_id=find_text(answer, self._section.id_path)[:LONGEST_ID] or outgoing.send_key)

    async def fetch(self, attachment: Attachment, *, limit_bytes: int) -> File:
        """Fetch a file from the address that the service gave. It gets no secret of ours."""
        if not (attachment.source or "").startswith(("https://", "http://")):
            raise InvalidInput("This is no file of a webhook.", code="webhook.no_file")
        if (attachment.size_bytes or 0) > limit_bytes:
            raise LimitExceeded(f"The file has {attachment.size_bytes:,} bytes; {limit_bytes:,} are the most.")
        reply = await upstream.call(
            self._http,
            "GET",
            attachment.source or "",
            service=SERVICE,
            timeout_seconds=FETCH_SECONDS,
            deadline_seconds=FETCH_SECONDS * 2,
            limit_bytes=limit_bytes,
        )
        told = reply.headers.get("content-type", "").partition(";")[0].strip()
        media_type = attachment.media_type or told or "application/octet-stream"
        return File(reply.content, media_type, attachment.name, attachment.kind)

    async def acknowledge(self, inbound: Inbound) -> None:
        """Nothing waits for it: the call itself was answered."""

    @property
    def _secret(self) -> str:
        assert self._section.secret is not None  # noqa: S101  # see `create`
        return self._section.secret.get_secret_value()


def _sign(secret: str, content: bytes, encoding: str) -> str:
    digest = hmac.new(secret.encode(), content, hashlib.sha256).digest()
    return digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()


def _compose(outgoing: Outgoing) -> dict[str, Any]:
    """A message as the service gets it."""
    text = outgoing.text.strip()
    if not text and not outgoing.files:
        raise InvalidInput("A message without text cannot be sent.", code="webhook.empty_text")
    return {
        "idempotency_key": outgoing.send_key,
        "chat_id": outgoing.chat_id,
        "text": text,
        "buttons": [{"label": button.label, "value": button.value} for button in outgoing.buttons],
        "files": [
            {"name": file.name, "media_type": file.media_type, "content": base64.b64encode(file.content).decode()}
            for file in outgoing.files
        ],
        "language": outgoing.language,
    }
