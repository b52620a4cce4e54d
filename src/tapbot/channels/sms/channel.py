"""The SMS channel of one bot: out only. A chat is a phone number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from tapbot.channels.limits import Limits
from tapbot.channels.sms.described import SERVICE, DescribedService
from tapbot.channels.sms.parts import GSM7_UNITS, measure
from tapbot.channels.sms.phones import normalise
from tapbot.channels.sms.services import SmsService
from tapbot.channels.sms.sms_ru import SmsRu
from tapbot.channels.sms.smsc import Smsc
from tapbot.channels.types import Attachment, Delivered, File, Heard, Inbound, Outgoing
from tapbot.errors import InvalidInput, NotAllowed
from tapbot.settings import SmsSection
from tapbot.telemetry import logger
from tapbot.upstream import HttpClient

LOG = logger("channels")
SERVICES: Mapping[str, Callable[[SmsSection, HttpClient], SmsService]] = {
    "sms.ru": SmsRu,
    "smsc": Smsc,
    "http": DescribedService,
}


def create(section: SmsSection, http: HttpClient, *, bot_id: str, now: Callable[[], datetime]) -> SmsChannel:
    """Make the channel from its settings.

    Raises:
        InvalidInput: The service's secret, login or address is missing, or the secret would stand in an address.
    """
    place, variable = f"channels.sms.{bot_id}", f"TAPBOT_CHANNELS__SMS__{bot_id.upper()}__SECRET"
    needs_secret = section.service != "http" or "{secret}" in str([*section.fields.values(), *section.headers.values()])
    if needs_secret and (section.secret is None or not section.secret.get_secret_value()):
        raise InvalidInput(
            "the service's secret is missing.", code="sms.no_secret", place=place, hint=f"Give it by {variable}."
        )
    if section.service == "smsc" and not section.user:
        raise InvalidInput("the login is missing.", code="sms.no_login", place=place, hint="Set user.")
    if section.service == "http" and (not section.url.startswith(("https://", "http://")) or "{" in section.url):
        raise InvalidInput(
            f"{SERVICE} has no address, or one with something to fill in.",
            code="sms.bad_address",
            place=f"{place}.url",
            hint="Write an https:// address; number, text and secret go in fields and headers.",
        )
    return SmsChannel(section, SERVICES[section.service](section, http), bot_id=bot_id, now=now)


class SmsChannel:
    """One bot that writes text messages.

    Args:
        section: Its settings.
        service: Who sends them.
        bot_id: Our own name of the bot.
        now: The clock.
    """

    name = "sms"

    def __init__(self, section: SmsSection, service: SmsService, *, bot_id: str, now: Callable[[], datetime]) -> None:
        self._section = section
        self._service = service
        self._bot_id = bot_id
        self._now = now
        self.repeatable = service.repeatable
        self.thanks = service.thanks
        self.limits = Limits(
            text_units=section.most_parts * GSM7_UNITS[1],
            inbound_text_units=1,
            buttons=10,
            label_units=100,
            value_bytes=1000,
            sends_per_second=section.sends_per_second,
        )

    def verify(self, headers: Mapping[str, str], raw_body: bytes) -> None:
        """Take the service's signed statuses; nothing else, for nobody answers an SMS here."""
        del headers  # the signature is in the body
        try:
            self._service.verify(raw_body)
        except InvalidInput:
            raise NotAllowed(
                "Text messages only go out; statuses alone are taken.",
                code="sms.not_posted",
                place=f"channels.sms.{self._bot_id}",
            ) from None

    def answer_challenge(self, query: Mapping[str, str]) -> str:
        """Services look whether the address answers before they keep it."""
        del query
        return self.thanks

    def parse(self, raw_body: bytes, headers: Mapping[str, str] | None = None) -> list[Inbound]:
        """Nobody writes."""
        del headers
        return list(self.hear(raw_body).inbound)

    def hear(self, raw_body: bytes) -> Heard:
        """Read how messages got on.

        Raises:
            InvalidInput: It is no status.
        """
        return Heard((), self._service.hear(raw_body, self._now()), ())

    async def send(self, outgoing: Outgoing) -> Delivered:
        """Send one message; buttons become a list of words. A text that takes too many parts is refused.

        An answer that was lost leaves a doubt, unless the service knows the send key: a message is never paid twice.
        """
        phone, text = normalise(outgoing.chat_id), self._compose(outgoing)
        size = measure(text)
        if size.parts > self._section.most_parts:
            raise InvalidInput(
                f"The text takes {size.parts} parts ({size.units} letters in {size.alphabet}); "
                f"{self._section.most_parts} are the most.",
                code="sms.too_long",
                place="text",
                hint="Write less, or raise most_parts: each part is paid for.",
            )
        message_id = await self._service.send(phone, text, outgoing.send_key)
        LOG.info("text message handed in", bot=self._bot_id, parts=size.parts, alphabet=size.alphabet)
        return Delivered(external_id=message_id)

    def _compose(self, outgoing: Outgoing) -> str:
        if outgoing.files:
            raise InvalidInput(
                "A text message takes no files.", code="sms.no_files", hint="Write an address where the file is."
            )
        text = outgoing.text.strip()
        if not text:
            raise InvalidInput("A message without text cannot be sent.", code="sms.empty_text")
        return "\n".join([text, *(f"- {button.label}" for button in outgoing.buttons)])

    async def fetch(self, attachment: Attachment, *, limit_bytes: int) -> File:
        """Nobody sends files."""
        del attachment, limit_bytes
        raise InvalidInput("Text messages bring no files.", code="sms.no_files")

    async def acknowledge(self, inbound: Inbound) -> None:
        """Nothing waits for it."""
