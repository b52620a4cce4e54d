"""Handing mail to somebody else's SMTP server (RFC 5321), over a socket that was opened under our policy."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from tapbot.errors import TapbotError, UpstreamRejected, UpstreamUnavailable
from tapbot.loader import load
from tapbot.upstream.addresses import OutgoingPolicy
from tapbot.upstream.plain import open_socket

SERVICE = "The mail server"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed in, and as whom.

    Args:
        tls: TLS from the first byte.
        start_tls: Otherwise, TLS after the greeting; the server must offer it.
        name: The credential's or section's name, for messages.
        hello: How this machine names itself.
    """

    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = True
    start_tls: bool = True
    name: str = ""
    hello: str = "localhost"


@dataclass(frozen=True, slots=True)
class Handed:
    """What became of a mail: who was refused, and what the server answered."""

    refused: frozenset[str]
    answer: str


async def send_mail(
    policy: OutgoingPolicy,
    server: SmtpServer,
    mail: EmailMessage,
    receivers: tuple[str, ...],
    *,
    silence_seconds: float,
) -> Handed:
    """Hand a mail to the server.

    Args:
        silence_seconds: Longest wait for an answer of the server.

    Raises:
        UpstreamUnavailable: The server is away (`upstream.not_reached`), broke off (`upstream.no_reply`: the mail may
            have been taken), or asks to come again later.
        UpstreamRejected: It refused the login, the mail or every receiver.
    """
    smtp = load("aiosmtplib")
    sock = await open_socket(policy, server.host, server.port, service=SERVICE, timeout_seconds=silence_seconds)
    client: Any = smtp.SMTP(
        hostname=server.host,
        sock=sock,
        timeout=silence_seconds,
        use_tls=server.tls,
        start_tls=not server.tls and server.start_tls,
        local_hostname=server.hello,
        username=server.user,
        password=server.password,
    )
    handing = False
    try:
        async with client:
            handing = True
            errors, answer = await client.send_message(mail, recipients=list(receivers))
    except smtp.SMTPException as error:
        raise _failure(smtp, error, server, handing=handing) from None
    finally:
        sock.close()
    return Handed(frozenset(errors), str(answer))


def _failure(smtp: Any, error: Exception, server: SmtpServer, *, handing: bool) -> TapbotError:
    if isinstance(error, smtp.SMTPAuthenticationError):
        return UpstreamRejected(f"{SERVICE} did not accept the credential {server.name!r}.", code="credential.refused")
    if isinstance(error, smtp.SMTPResponseException):
        status, message = int(getattr(error, "code", 0)), getattr(error, "message", "")
        return refusal(status, f"{message}")
    if isinstance(error, smtp.SMTPRecipientsRefused):
        return refusal(550, f"{len(getattr(error, 'recipients', ()))} receivers refused")
    code = "upstream.no_reply" if handing else "upstream.not_reached"
    return UpstreamUnavailable(f"{SERVICE} broke off ({type(error).__name__}).", code=code)


def refusal(status: int, message: str) -> UpstreamRejected | UpstreamUnavailable:
    """4xx is for now, 5xx for good (RFC 5321, section 4.2.1)."""
    told = f"{SERVICE} answered {status}: {message[:300]}."
    return UpstreamUnavailable(told) if 400 <= status < 500 else UpstreamRejected(told, status=status)
