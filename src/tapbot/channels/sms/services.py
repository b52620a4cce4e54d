"""What the channel wants of a service that sends text messages, and how a service's answers are read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import parse_qs

from tapbot.channels.types import Receipt
from tapbot.errors import InvalidInput, NotAllowed, UpstreamRejected

MOST_FIELDS = 300
LONGEST_REASON = 300


class SmsService(Protocol):
    """A service that sends text messages."""

    @property
    def repeatable(self) -> bool:
        """Whether it sends a message with the same send key once."""

    @property
    def thanks(self) -> str:
        """What it wants back when a status was kept."""

    async def send(self, phone: str, text: str, send_key: str) -> str:
        """Send a text to a number in E.164; gives the service's name of it.

        Raises:
            UpstreamUnavailable: Not sent, or nobody knows (then its code is one of `MAY_HAVE_ARRIVED`).
            UpstreamRejected: The service refused.
        """

    def verify(self, raw_body: bytes) -> None:
        """Check that a status comes from the service.

        Raises:
            NotAllowed: It does not, or the service tells none.
        """

    def hear(self, raw_body: bytes, now: datetime) -> tuple[Receipt, ...]:
        """Read statuses.

        Raises:
            InvalidInput: These are none of the service's.
        """


def refused(service: str, code: object, reason: object, codes: Mapping[int, str], *secrets: str) -> UpstreamRejected:
    """A refusal with the service's reason, in which secrets are blanked."""
    said = " ".join(str(reason or "without a reason").split())
    for secret in filter(None, secrets):
        said = said.replace(secret, "***")
    known = codes.get(code, "sms.rejected") if isinstance(code, int) else "sms.rejected"
    number = f" ({code})" if isinstance(code, int) else ""
    return UpstreamRejected(f"{service} refused the message: {said[:LONGEST_REASON]}{number}.", code=known)


def read_form(raw_body: bytes) -> list[tuple[str, str]]:
    """Fields of a form, in order.

    Raises:
        InvalidInput: It is none.
    """
    try:
        text = raw_body.decode()
        fields = parse_qs(text, keep_blank_values=True, strict_parsing=True, max_num_fields=MOST_FIELDS)
    except ValueError:  # of which a wrong letter is one
        raise InvalidInput("This is no status of a text message.", code="sms.not_a_status") from None
    return [(name, value.replace("\0", "")) for name, values in fields.items() for value in values]


def read_time(written: str, now: datetime) -> datetime:
    """A Unix time; now, where it is none or in the future."""
    seconds = int(written) if written.isdecimal() and len(written) <= 10 else 0
    return min(datetime.fromtimestamp(seconds, UTC), now) if seconds else now


def wrong_signature() -> NotAllowed:
    """What somebody gets who is not the service."""
    return NotAllowed("This call does not carry the service's signature.", code="sms.wrong_signature")
