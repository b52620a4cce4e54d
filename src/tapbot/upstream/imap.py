"""A mailbox of somebody else's IMAP server (RFC 9051): what is new in it, read without changing it, and marks.

The library is Python's imaplib, over a socket that was opened under our policy.
"""

from __future__ import annotations

import asyncio
import imaplib
import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tapbot.errors import LimitExceeded, TapbotError, UpstreamRejected, UpstreamUnavailable
from tapbot.upstream.addresses import OutgoingPolicy
from tapbot.upstream.plain import close_socket, open_socket, tls_context

SERVICE = "IMAP"


@dataclass(frozen=True, slots=True)
class ImapServer:
    """Where a mailbox is, and whose.

    Args:
        tls: TLS from the first byte; otherwise STARTTLS where the server offers it.
        checked: The server's certificate must be signed for its name.
        name: The credential's name, for messages.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    tls: bool = True
    checked: bool = True
    name: str = ""


@dataclass(frozen=True, slots=True)
class Seek:
    """What is looked for in a mailbox.

    Args:
        words: The search, as IMAP has it (RFC 9051, 6.4.4), texts in quotes.
        validity: What `Mail.validity` was: numbers of another one mean other messages.
        after: Only messages with a larger number.
        most: Messages that are read; 0 only takes note of the mailbox.
        newest: Take the last ones, not the first.
        mark: Numbers of messages to be marked as read first.
    """

    mailbox: str
    words: Sequence[str]
    validity: int = 0
    after: int = 0
    most: int = 50
    newest: bool = False
    mark: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Mail:
    """What was found: messages by number, as they were sent.

    Args:
        validity: Names this numbering of messages.
        next_number: What the next message in the mailbox will have at least.
        too_large: Numbers of messages that were left out for their size.
    """

    validity: int
    next_number: int
    messages: list[tuple[int, bytes]]
    too_large: list[int]


async def read_mail(policy: OutgoingPolicy, server: ImapServer, seek: Seek, *, silence_seconds: float) -> Mail:
    """Look for messages, after some others were marked as read.

    Args:
        silence_seconds: Longest wait for an answer of the server.

    Raises:
        UpstreamUnavailable: The server is away, or broke off.
        UpstreamRejected: It refused the login, the mailbox or the search.
    """
    opened = await open_socket(policy, server.host, server.port, service=SERVICE, timeout_seconds=silence_seconds)
    opened.settimeout(silence_seconds)
    work = asyncio.create_task(asyncio.to_thread(_read, opened, server, seek, policy.response_limit_bytes))
    work.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody waits any more: it is no error
    try:
        return await asyncio.shield(work)
    finally:
        close_socket(opened)  # a thread that still waits for the server wakes up


class _Connection(imaplib.IMAP4):
    """imaplib over a socket that is open already, with a limit to what it reads."""

    def __init__(self, opened: socket.socket, host: str, limit_bytes: int) -> None:
        self._opened = opened
        self._left = self._limit_bytes = limit_bytes
        super().__init__(host)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return self._opened

    def read(self, size: int) -> bytes:
        """Read a literal.

        Raises:
            LimitExceeded: With it the answers are too large.
        """
        self._left -= size
        if self._left < 0:
            raise LimitExceeded(f"{SERVICE} gave more than {self._limit_bytes} bytes.", code="upstream.too_large")
        return super().read(size)


def _read(opened: socket.socket, server: ImapServer, seek: Seek, limit_bytes: int) -> Mail:
    try:
        box = _log_in(opened, server, limit_bytes * 2)
    except (imaplib.IMAP4.error, OSError) as error:
        raise _failure(error) from None
    try:
        return _seek(box, seek, limit_bytes)
    except (imaplib.IMAP4.error, OSError) as error:
        raise _failure(error) from None
    finally:
        with suppress(imaplib.IMAP4.error, OSError):
            box.logout()


def _log_in(opened: socket.socket, server: ImapServer, limit_bytes: int) -> _Connection:
    context = tls_context(checked=server.checked)
    if server.tls:
        opened = context.wrap_socket(opened, server_hostname=server.host)
    box = _Connection(opened, server.host, limit_bytes)
    try:
        if not server.tls and "STARTTLS" in box.capabilities:
            box.starttls(context)
        box.authenticate("PLAIN", lambda _challenge: f"\0{server.user}\0{server.password}".encode())
    except imaplib.IMAP4.abort:
        box.shutdown()
        raise
    except imaplib.IMAP4.error:
        box.shutdown()
        raise UpstreamRejected(
            f"{SERVICE} did not accept the credential {server.name!r}.", code="credential.refused"
        ) from None
    return box


def _seek(box: _Connection, seek: Seek, limit_bytes: int) -> Mail:
    state, told = box.select(_quoted(seek.mailbox))
    if state != "OK":
        raise UpstreamRejected(f"{SERVICE} does not open the mailbox {seek.mailbox!r}: {_said(told)}.")
    validity, next_number = _told_number(box, "UIDVALIDITY"), _told_number(box, "UIDNEXT")
    same = validity == seek.validity
    if seek.mark and same:
        box.uid("STORE", ",".join(map(str, seek.mark)), "+FLAGS.SILENT", r"(\Seen)")
    found = _search(box, seek, after=seek.after if same else 0)
    next_number = next_number or max(found, default=0) + 1  # a server need not say it (RFC 9051, 6.3.2)
    wanted = found[-seek.most :] if seek.newest else found[: seek.most]
    messages: list[tuple[int, bytes]] = []
    too_large = []
    for number in wanted:
        size = _size(box, number)
        if size > limit_bytes or (messages and size + sum(len(raw) for _, raw in messages) > limit_bytes):
            if messages and size <= limit_bytes:
                break  # the rest comes with the next look
            too_large.append(number)
            continue
        messages += [(number, raw) for raw in _content(box, number)]
    return Mail(validity, next_number, messages, too_large)


def _told_number(box: _Connection, name: str) -> int:
    """A number that the server told when the mailbox was opened; 0 when it did not."""
    return int((box.response(name)[1] or [b"0"])[0] or 0)


def _search(box: _Connection, seek: Seek, *, after: int) -> list[int]:
    """Numbers of the messages that fit, the oldest first."""
    words = [*seek.words, *(["UID", f"{after + 1}:*"] if after else [])]
    if not all(word.isascii() for word in words):
        words = ["CHARSET", "UTF-8", *words]
    coded: Any = [_one_line(word).encode() for word in words]  # imaplib sends bytes as they are
    state, told = box.uid("SEARCH", *coded)
    if state != "OK":
        raise UpstreamRejected(f"{SERVICE} refused the search: {_said(told)}.")
    numbers = [int(number) for part in told if part for number in part.split()]
    return sorted(number for number in numbers if number > after)  # `9:*` also finds the last message when it is older


def _size(box: _Connection, number: int) -> int:
    _state, told = box.uid("FETCH", str(number), "(RFC822.SIZE)")
    found = re.search(rb"RFC822\.SIZE (\d+)", _joined(told))
    return int(found[1]) if found else 0


def _content(box: _Connection, number: int) -> Iterator[bytes]:
    """A message as it was sent, without marking it; nothing where it is gone meanwhile."""
    _state, told = box.uid("FETCH", str(number), "(BODY.PEEK[])")
    for part in told:
        if isinstance(part, tuple):
            yield part[1]
            return


def _joined(told: Any) -> bytes:
    return b" ".join(part if isinstance(part, bytes) else b"".join(part) for part in told if part)


def _said(told: Any) -> str:
    return _joined(told).decode("utf-8", "replace")[:300]


def _one_line(text: str) -> str:
    """A text that cannot end the command that it stands in.

    Raises:
        UpstreamRejected: It has a line break, or another letter that no eye sees.
    """
    if not text.isprintable():
        raise UpstreamRejected(f"{SERVICE}: {text[:50]!r} holds letters that a command may not have.")
    return text


def _quoted(name: str) -> str:
    """A mailbox's name: in IMAP's UTF-7 (RFC 3501, 5.1.3), in quotes."""
    coded = "".join(_coded(part) for part in re.findall(r"[\x20-\x7e]+|[^\x20-\x7e]+", _one_line(name)))
    escaped = coded.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _coded(part: str) -> str:
    if part.isascii() and part.isprintable():
        return part.replace("&", "&-")
    return "&" + part.encode("utf-7").decode()[1:].rstrip("-").replace("/", ",") + "-"


def _failure(error: Exception) -> TapbotError:
    """The library's error, in words that hold no password."""
    if isinstance(error, ssl.SSLError):
        return UpstreamRejected(f"{SERVICE}: the server speaks no TLS here, or its certificate is not valid for it.")
    if isinstance(error, (imaplib.IMAP4.abort, OSError)):
        return UpstreamUnavailable(f"{SERVICE} broke off ({type(error).__name__}).")
    return UpstreamRejected(f"{SERVICE}: {str(error)[:300]}.")
