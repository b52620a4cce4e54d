"""The e-mail channel of one bot: a mailbox that is polled, and answers in the same thread."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from urllib.parse import quote

from tapbot.channels.email.reading import (
    PLACE_HEADER,
    REPLY,
    find_file,
    is_automatic,
    is_forged,
    open_letter,
    read_bounce,
    read_letter,
)
from tapbot.channels.limits import Limits
from tapbot.channels.types import Attachment, Delivered, File, Heard, Inbound, Outgoing, Poll
from tapbot.errors import InvalidInput, LimitExceeded, NotAllowed
from tapbot.settings import EmailSection
from tapbot.telemetry import logger
from tapbot.upstream import HttpClient
from tapbot.upstream.imap import ImapServer, Mail, Seek, read_mail
from tapbot.upstream.smtp import SmtpServer, send_mail

LOG = logger("channels")
LIMITS = Limits(
    text_units=100_000,
    inbound_text_units=20_000,
    buttons=100,
    label_units=200,
    value_bytes=1000,
    sends_per_second=10,
)
IMAPS, SMTPS = 993, 465
SILENCE_SECONDS = 30.0
MOST_AT_ONCE = 20
VALIDITY_BITS, UID_BITS = 0x7FFF_FFFF, 32
"""How far was read is one number: the mailbox's numbering and the last message in it."""
RENUMBERED = timedelta(days=2)
"""So much is looked at again when the server has numbered its messages anew; known ones are duplicates."""


def create(section: EmailSection, http: HttpClient, *, bot_id: str, now: Callable[[], datetime]) -> EmailChannel:
    """Make the channel from its settings.

    Raises:
        InvalidInput: The password is missing.
    """
    if section.password is None:
        raise InvalidInput(
            "the mailbox's password is missing.",
            code="email.no_password",
            place=f"channels.email.{bot_id}",
            hint=f"Give it by TAPBOT_CHANNELS__EMAIL__{bot_id.upper()}__PASSWORD.",
        )
    return EmailChannel(section, http, bot_id=bot_id, now=now)


class EmailChannel:
    """One bot in one mailbox. A chat is a customer's address; answers go into the thread of their last mail.

    Args:
        section: Its settings.
        http: Its policy holds for mail too.
        bot_id: Our own name of the bot.
        now: The clock.
    """

    name = "email"
    limits = LIMITS
    repeatable = False
    polled = True

    def __init__(self, section: EmailSection, http: HttpClient, *, bot_id: str, now: Callable[[], datetime]) -> None:
        self._section = section
        self._policy = http.policy
        self._bot_id = bot_id
        self._now = now
        assert section.password is not None  # noqa: S101  # see `create`
        login = (section.user or section.address, section.password.get_secret_value())
        self._imap = ImapServer(
            section.imap_host,
            section.imap_port,
            *login,
            tls=section.imap_port == IMAPS,
            checked=not section.plain,
            name=self._place,
        )
        self._smtp = SmtpServer(
            section.smtp_host,
            section.smtp_port,
            *login,
            tls=section.smtp_port == SMTPS,
            start_tls=not section.plain,
            name=self._place,
        )

    @property
    def _place(self) -> str:
        return f"channels.email.{self._bot_id}"

    def verify(self, headers: Mapping[str, str], raw_body: bytes) -> None:
        """Mail comes from the mailbox alone; nobody may post it."""
        del headers, raw_body
        raise NotAllowed("Mail is not taken over HTTP.", code="email.not_posted", place=self._place)

    async def link(self, payload: str) -> str:
        """The address that begins a mail to the bot; `payload` is its subject (RFC 6068)."""
        return f"mailto:{quote(self._section.address)}" + (f"?subject={quote(payload)}" if payload else "")

    def parse(self, raw_body: bytes, headers: Mapping[str, str] | None = None) -> list[Inbound]:
        """Read one mail; what a machine wrote, and what names a forged sender, gives nothing."""
        del headers  # a mail says itself who wrote
        return list(self.hear(raw_body).inbound)

    def hear(self, raw_body: bytes) -> Heard:
        """Read one mail: a customer's words, or a server's report that one of ours came back.

        Raises:
            InvalidInput: It is no mail.
        """
        letter = open_letter(raw_body, place=self._place)
        bounce = read_bounce(letter, self._now())
        if bounce is not None:
            return Heard((), (bounce,), ())
        if is_automatic(letter, self._section.address):
            return Heard((), (), ())
        if is_forged(letter):
            LOG.warning("mail of a forged sender left out", bot=self._bot_id)
            return Heard((), (), ())
        return Heard((read_letter(letter, bot_id=self._bot_id, now=self._now()),), (), ())

    async def send(self, outgoing: Outgoing) -> Delivered:
        """Send a mail into the thread. A retry with the same `send_key` has the same Message-ID."""
        mail = self._compose(outgoing)
        handed = await send_mail(self._policy, self._smtp, mail, (outgoing.chat_id,), silence_seconds=SILENCE_SECONDS)
        LOG.info("mail handed in", bot=self._bot_id, refused=len(handed.refused))
        return Delivered(external_id=str(mail["Message-ID"]))

    def _compose(self, outgoing: Outgoing) -> EmailMessage:
        text = outgoing.text.strip()
        if not text and not outgoing.files:
            raise InvalidInput("A message without text cannot be sent.", code="email.empty_text")
        thread = outgoing.thread or {}
        mail = EmailMessage()
        try:
            mail["From"] = formataddr((self._section.name, self._section.address))
            mail["To"] = outgoing.chat_id
            mail["Subject"] = answer_subject(thread.get("subject", ""), text)
        except (ValueError, IndexError):
            raise InvalidInput("The chat is no mail address.", code="email.bad_address", place="chat_id") from None
        mail["Date"] = format_datetime(self._now())
        mail["Message-ID"] = message_id_of(outgoing.send_key, self._section.address)
        mail["Auto-Submitted"] = "auto-replied"  # so that no machine answers it (RFC 3834)
        if thread.get("message_id"):
            mail["In-Reply-To"] = thread["message_id"]
            mail["References"] = thread.get("references") or thread["message_id"]
        choices = "\n".join(f"• {button.label}" for button in outgoing.buttons)
        mail.set_content("\n\n".join(part for part in (text, choices) if part))
        for file in outgoing.files:
            main, _, sub = file.media_type.partition("/")
            mail.add_attachment(
                file.content, maintype=main, subtype=sub or "octet-stream", filename=file.name or "file"
            )
        return mail

    async def fetch(self, attachment: Attachment, *, limit_bytes: int) -> File:
        """Fetch a file from its mail, which stays in the mailbox."""
        place, _, number = (attachment.source or "").rpartition("/")
        validity, _, uid = place.partition("/")
        if not (validity.isdecimal() and uid.isdecimal() and number.isdecimal()):
            raise InvalidInput("This is no file of a mail.", code="email.no_file")
        if (attachment.size_bytes or 0) > limit_bytes:
            raise LimitExceeded(f"The file has {attachment.size_bytes:,} bytes; {limit_bytes:,} are the most.")
        seek = Seek(self._section.mailbox, ["UID", uid], validity=int(validity), most=1)
        mail = await read_mail(self._policy, self._imap, seek, silence_seconds=SILENCE_SECONDS)
        same = mail.messages and mail.validity & VALIDITY_BITS == int(validity)
        part = find_file(open_letter(mail.messages[0][1], place=self._place), int(number)) if same else None
        content = part.get_payload(decode=True) if part is not None else None
        if not isinstance(content, bytes):
            raise InvalidInput("The mail is no longer in the mailbox.", code="email.no_file", place=self._place)
        media_type = attachment.media_type or "application/octet-stream"
        return File(content, media_type, attachment.name, attachment.kind)

    async def acknowledge(self, inbound: Inbound) -> None:
        """Mail has no buttons."""

    async def poll(self, offset: int | None) -> Poll:
        """Look into the mailbox; without anything new, wait first. At the very first look it only takes note of what
        is there: nobody wants an answer to the mail of last year.

        Args:
            offset: `next_offset` of a look whose mails are all committed; `None` at the start.
        """
        if not offset:
            mail = await self._look(Seek(self._section.mailbox, ["ALL"], most=0))
            return Poll((), _offset(mail.validity, mail.next_number - 1))
        validity, uid = offset >> UID_BITS, offset & 0xFFFF_FFFF
        mail = await self._look(Seek(self._section.mailbox, ["ALL"], validity, uid, MOST_AT_ONCE))
        if mail.validity & VALIDITY_BITS != validity:
            since = (self._now() - RENUMBERED).strftime("%d-%b-%Y")
            mail = await self._look(Seek(self._section.mailbox, ["SINCE", since], most=MOST_AT_ONCE))
            uid = mail.next_number - 1  # where nothing came lately, what is there is old
        for number in mail.too_large:
            LOG.warning("mail left out: it is too large", bot=self._bot_id, uid=number)
        seen = [number for number, _raw in mail.messages] + mail.too_large
        next_offset = _offset(mail.validity, max(seen, default=uid))
        if next_offset == offset:
            await asyncio.sleep(self._section.poll_seconds)
        updates = tuple(_placed(raw, mail.validity & VALIDITY_BITS, number) for number, raw in mail.messages)
        return Poll(updates, next_offset)

    async def _look(self, seek: Seek) -> Mail:
        return await read_mail(self._policy, self._imap, seek, silence_seconds=SILENCE_SECONDS)


def _offset(validity: int, uid: int) -> int:
    """How far was read, as one number."""
    return (validity & VALIDITY_BITS) << UID_BITS | uid


def _placed(raw: bytes, validity: int, number: int) -> bytes:
    return f"{PLACE_HEADER}: {validity}/{number}\r\n".encode() + raw


def message_id_of(send_key: str, address: str) -> str:
    """The same for the same sending, whoever tries it and whenever."""
    return f"<{hashlib.sha256(send_key.encode()).hexdigest()[:40]}@{address.rpartition('@')[2]}>"


def answer_subject(subject: str, text: str) -> str:
    """The thread's subject once more; for the first mail of all, the first line of the text."""
    if subject:
        return subject if REPLY.match(subject) else f"Re: {subject}"
    first = text.partition("\n")[0].strip()
    return first if len(first) <= 78 else first[:77] + "…"
