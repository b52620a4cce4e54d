"""One request and its answer over one connection: HTTP/1.1, read by the parser in C that our own server has too.

The library that stood here composes a request of a dozen objects, which costs several times what the bytes do.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from typing import Any

import httptools
import httpx2

from tapbot.errors import LimitExceeded
from tapbot.upstream.sockets import Connection

READ_BYTES = 65_536
MOST_BYTES_FOR_NOTHING = 100_000
"""Of an answer's head, and of what may stand between the parts of its body."""
TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
TARGET = re.compile(rb"[\x21-\x7e]+")
BARE = frozenset({204, 304})
"""Statuses whose answers have no body, whatever length they tell: that of another answer (RFC 9110, section 8.6)."""
FRAMING = frozenset({b"content-length", b"transfer-encoding"})
CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
Headers = list[tuple[bytes, bytes]]
Seconds = Mapping[str, float | None]
"""Longest waits: `connect`, `pool`, `read`, `write`."""


class Answer:
    """An answer as the parser tells it; what comes after its end is not taken."""

    __slots__ = ("_bare", "_parser", "headers", "kept", "over", "parts", "reason", "status")

    def __init__(self, *, bare: bool) -> None:
        """Begin.

        Args:
            bare: Its head announces a body that does not come: it answers HEAD.
        """
        self._bare = bare
        self._parser = httptools.HttpResponseParser(self)
        # Old and small servers write such; who reads an answer is not who can be tricked by it into another request.
        self._parser.set_dangerous_leniencies(
            lenient_chunked_length=True, lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True
        )
        self.status = 0
        self.reason = b""
        self.headers: Headers = []
        self.parts: list[bytes] = []
        self.over = False
        self.kept = False
        """Whether the connection may be used again."""

    def take(self, data: bytes) -> None:
        """Take in what came.

        Raises:
            RemoteProtocolError: It is not HTTP.
        """
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self.kept = False
            if not self.over:
                raise httpx2.RemoteProtocolError(type(error).__name__) from None

    def end(self) -> None:
        """Nothing more comes: the connection is closed.

        Raises:
            RemoteProtocolError: More had to come.
        """
        names = {name.lower(): value for name, value in self.headers}
        coding = names.get(b"transfer-encoding")
        framed = b"content-length" in names if coding is None else b"chunked" in coding.lower()
        if not self.status or framed:
            raise httpx2.RemoteProtocolError("it closed the connection before the end of its answer")
        self.over, self.kept = True, False

    def on_message_begin(self) -> None:
        """An answer begins: one that was not asked for, when the first is over."""
        self.kept = self.kept and not self.over

    def on_status(self, reason: bytes) -> None:
        """A part of the first line's text."""
        if not self.status:
            self.reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or after the body a trailer, which nobody reads."""
        if not self.status:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is whole; one of 1xx only says that another follows."""
        if self.status:
            return
        status = self._parser.get_status_code()
        if status < 200:
            self.reason, self.headers = b"", []
            return
        self.status, self.kept = status, self._parser.should_keep_alive()
        self.over = self._bare or status in BARE
        if len(FRAMING & {name.lower() for name, _ in self.headers}) > 1:
            self.kept = False  # the length counts for nothing, but somebody on the way may think otherwise

    def on_body(self, part: bytes) -> None:
        """A part of the body."""
        if self.over:
            self.kept = False  # nobody asked for it
            return
        self.parts.append(part)

    def on_message_complete(self) -> None:
        """The answer is whole."""
        self.over = self.over or bool(self.status)


async def exchange(connection: Connection, request: httpx2.Request, seconds: Seconds) -> Answer:
    """Send a request and read the head of its answer.

    Raises:
        TransportError: It cannot be written as HTTP, or the other side keeps silent, breaks off or is no HTTP.
    """
    named = [(name.lower(), value) for name, value in request.headers.raw]
    head, length = _head_of(request, named), _length_of(named)
    answer = Answer(bare=request.method == "HEAD")
    again = not any(name == b"connection" and b"close" in value.lower() for name, value in named)
    try:
        await _send(request, head, length, partial(connection.write, timeout=seconds.get("write")))
    except httpx2.WriteError:  # it may have answered before it had read everything
        again = False
    taken = 0
    while not answer.status:
        data = await connection.read(READ_BYTES, seconds.get("read"))
        taken += len(data)
        if taken > MOST_BYTES_FOR_NOTHING:
            raise httpx2.RemoteProtocolError("the head of its answer is too large")
        answer.take(data) if data else answer.end()
    answer.kept = answer.kept and again
    return answer


def _head_of(request: httpx2.Request, named: Headers) -> bytes:
    """The request's first line and its headers.

    Args:
        named: The headers, names in lower case.
    """
    method, target = request.method.encode("ascii", "replace"), request.url.raw_path
    if method == b"CONNECT" or not TOKEN.fullmatch(method) or not TARGET.fullmatch(target):
        raise httpx2.LocalProtocolError("the method or the address cannot be written")
    if [name for name, _ in named].count(b"host") != 1:
        raise httpx2.LocalProtocolError("a request names one host")
    lines = [b"%b %b HTTP/1.1\r\n" % (method, target)]
    for name, value in request.headers.raw:
        if not TOKEN.fullmatch(name) or CONTROL.search(value):
            raise httpx2.LocalProtocolError("a header cannot be written")
        lines.append(b"%b: %b\r\n" % (name, value))
    lines.append(b"\r\n")
    return b"".join(lines)


def _length_of(named: Headers) -> int | None:
    """Bytes of the body, `None` when it goes in chunks. Two opinions on that are how requests are smuggled."""
    said = [header for header in named if header[0] in FRAMING]
    if not said:
        return 0
    (name, value), *others = said
    counted = name == b"content-length"
    if others or not (value.isdigit() if counted else value.lower() == b"chunked"):
        raise httpx2.LocalProtocolError("the length of the body is not told in one way")
    return int(value) if counted else None


async def _send(request: httpx2.Request, head: bytes, length: int | None, write: Callable[..., Any]) -> None:
    """Write head and body; both together where the body is there."""
    sent, waiting = 0, head
    async for part in request.stream:  # type: ignore[union-attr]  # those of an async client are async
        if not part:
            continue
        sent += len(part)
        if length is not None and sent > length:
            raise httpx2.LocalProtocolError("the body is longer than announced")
        await write(waiting + (part if length is not None else b"%x\r\n%b\r\n" % (len(part), part)))
        waiting = b""
    if length is not None and sent < length:
        raise httpx2.LocalProtocolError("the body is shorter than announced")
    if length is None:
        waiting += b"0\r\n\r\n"
    if waiting:
        await write(waiting)


class AnswerStream(httpx2.AsyncByteStream):
    """The body of an answer as it comes, cut off at a limit.

    Args:
        seconds: Longest silence.
        give_back: Takes the connection, and whether it may be used again.
    """

    def __init__(
        self,
        connection: Connection,
        answer: Answer,
        *,
        limit_bytes: int,
        seconds: float | None,
        give_back: Callable[[Connection, bool], None],
    ) -> None:
        self._connection: Connection | None = connection
        self._answer = answer
        self._limit_bytes = limit_bytes
        self._seconds = seconds
        self._give_back = give_back

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give the parts until the end or the limit."""
        answer, taken, for_nothing = self._answer, 0, 0
        while True:
            for part in answer.parts:
                taken += len(part)
                if taken > self._limit_bytes:
                    raise too_large(self._limit_bytes)
                yield part
            answer.parts.clear()
            if answer.over or self._connection is None:
                return
            data = await self._connection.read(READ_BYTES, self._seconds)
            answer.take(data) if data else answer.end()
            for_nothing = 0 if answer.parts else for_nothing + len(data)
            if for_nothing > MOST_BYTES_FOR_NOTHING:
                raise httpx2.RemoteProtocolError("its answer goes on without a body")

    async def aclose(self) -> None:
        """Give the connection back, or close it when bytes are left."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._give_back(connection, self._answer.over and self._answer.kept)


def too_large(limit_bytes: int) -> LimitExceeded:
    """The error of an answer beyond its limit."""
    return LimitExceeded(
        f"The answer of the other side is larger than {limit_bytes} bytes.", code="upstream.answer_too_large"
    )
