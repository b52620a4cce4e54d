"""HTTP/1.1 as uvicorn speaks it, with a limit on the head of a request: its own parser in C has none."""

from __future__ import annotations

import json
from functools import partial
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from tapbot.api.direct import BODY_LIMIT_BYTES, PREFIXES, Arrived, DirectWay
from tapbot.api.edge import WHOLE_ANSWER
from tapbot.errors import TooLarge

HEAD_LIMIT_BYTES = 64_000
REFUSAL = TooLarge(
    f"the request's address and headers have more than {HEAD_LIMIT_BYTES} bytes.", code="api.head_too_large"
)
PROBLEM = json.dumps(
    {
        "type": "about:blank",
        "title": "Request Header Fields Too Large",
        "status": 431,
        "detail": REFUSAL.message,
        "code": REFUSAL.code,
    }
).encode()
ANSWER = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/problem+json\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%b" % (len(PROBLEM), PROBLEM)
)


async def send_whole(cycle: RequestResponseCycle, status: int, head: bytes, body: bytes) -> None:
    """Send an answer in one piece, which costs a fifth of uvicorn's own way: see `api.edge.WHOLE_ANSWER`.

    Args:
        head: Headers as they are written, each with its line's end; whoever made them saw to it that they are headers.
    """
    if cycle.flow.write_paused and not cycle.disconnected:
        await cycle.flow.drain()
    if cycle.disconnected:
        return
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    own = b"".join([b"%b: %b\r\n" % header for header in cycle.default_headers])
    end = b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n"
    shown = b"" if cycle.scope["method"] == "HEAD" else body
    cycle.transport.write(b"".join((STATUS_LINE[status], own, head, end, shown)))
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()


class _Nobody:
    """Stands for the event that wakes a request's task, where a request has none."""

    def set(self) -> None:
        """There is nobody to wake."""


_NOBODY = _Nobody()


class DirectCycle:
    """A request that is answered without a task, as the connection knows it: see `api/direct.py`."""

    __slots__ = ("_connection", "disconnected", "keep_alive", "message_event", "response_complete")

    def __init__(self, connection: BoundedHttp) -> None:
        self._connection = connection
        self.keep_alive = True
        self.response_complete = False
        self.disconnected = False
        self.message_event = _NOBODY

    def answer(self, status: int, head: bytes, body: bytes) -> None:
        """Send an answer in one piece."""
        if self.disconnected:
            return
        self.response_complete = True
        connection = self._connection
        end = b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n"
        own = _own_head(connection.server_state.default_headers)
        connection.transport.write(b"".join((STATUS_LINE[status], own, head, end, body)))
        if not self.keep_alive:
            connection.transport.close()
        connection.on_response_complete()


_OWN: list[tuple[list[tuple[bytes, bytes]], bytes]] = [([], b"")]


def _own_head(headers: list[tuple[bytes, bytes]]) -> bytes:
    """The server's own headers as they are written; uvicorn makes a new list each second, with the date."""
    known, head = _OWN[0]
    if known is not headers:
        head = b"".join([b"%b: %b\r\n" % header for header in headers])
        _OWN[0] = (headers, head)
    return head


class BoundedHttp(HttpToolsProtocol):
    """One connection.

    Args:
        direct: Answers what waits for nothing, from the whole request; `None` where nobody does.
    """

    _in_head = False
    _head_bytes = 0  # what came since the request began, at most a piece too many
    _piece_bytes = 0
    _refused = False
    _held: bytes | None = None
    """The body so far of a request that may be answered directly."""

    def __init__(self, *args: Any, direct: DirectWay | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self._direct = direct

    def data_received(self, data: bytes) -> None:
        """Refuse a head that goes on and on."""
        self._piece_bytes = len(data)
        self._head_bytes += self._piece_bytes
        super().data_received(data)
        if self._in_head and self._head_bytes > HEAD_LIMIT_BYTES:
            self._refuse()

    def on_message_begin(self) -> None:
        """A request begins. What only uvicorn's own way needs is made when it is taken."""
        self._in_head = True
        self._held = None
        self.url, self.headers, self.expect_100_continue = b"", [], False

    def on_headers_complete(self) -> None:
        """Refuse a head that is too large although it came in one piece."""
        self._in_head = False
        if self._head_bytes > HEAD_LIMIT_BYTES:
            size_bytes = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
            if size_bytes > HEAD_LIMIT_BYTES:
                self._refuse()
                raise ValueError("the head is too large")  # stops the parser
        if self._may_be_direct():
            self._held = b""
        else:
            self._begin()

    def _may_be_direct(self) -> bool:
        parser, before = self.parser, self.cycle
        return (
            self._direct is not None
            and self.url.startswith(PREFIXES)
            and (before is None or before.response_complete)
            and parser.get_http_version() == "1.1"
            and parser.should_keep_alive()
            and not (self.expect_100_continue or parser.should_upgrade() or self.flow.write_paused)
            and not getattr(self.server_state, "draining", False)
        )

    def _begin(self) -> None:
        """Go uvicorn's own way."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers += headers
        super().on_headers_complete()
        if getattr(self.server_state, "draining", False):
            self.cycle.keep_alive = False  # the answer says so, and the client goes elsewhere
        extensions: dict[str, Any] = {WHOLE_ANSWER: partial(send_whole, self.cycle)}
        self.scope["extensions"] = extensions

    def on_body(self, body: bytes) -> None:
        """Hold a small body until it is whole."""
        if self._held is None:
            super().on_body(body)
            return
        self._held = self._held + body if self._held else body
        if len(self._held) > BODY_LIMIT_BYTES:
            self._go_long_way()

    def on_message_complete(self) -> None:
        """Answer a request directly, or let uvicorn go on."""
        if self._held is None or not self._answered():
            self._go_long_way()
            super().on_message_complete()
        self._held = None
        self._head_bytes = self._piece_bytes  # the rest of the piece may be the next one's head

    def _answered(self) -> bool:
        method, url, body = self.parser.get_method(), self.url, self._held or b""
        arrived = Arrived(method, url, self.headers, body, str(self.scheme), self.client[0] if self.client else "")
        before, cycle = self.cycle, DirectCycle(self)
        self.cycle = cast(RequestResponseCycle, cycle)
        taken = self._direct is not None and self._direct.take(arrived, cycle)
        if not taken:
            self.cycle = before
        return taken

    def shutdown(self) -> None:
        """The server is about to end: a request of which some has come is still answered."""
        self._go_long_way()
        super().shutdown()

    def _go_long_way(self) -> None:
        """Let uvicorn have a request that was held; it has all others already."""
        held, self._held = self._held, None
        if held is None:
            return
        self._begin()
        if held:
            super().on_body(held)

    def send_400_response(self, msg: str) -> None:
        """Say what was wrong with the request, once."""
        if not self._refused:
            super().send_400_response(msg)

    def _refuse(self) -> None:
        self._refused = True
        self.transport.write(ANSWER)
        self.transport.close()
