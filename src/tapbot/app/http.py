"""HTTP/1.1 as uvicorn speaks it, with a limit on the head of a request: its own parser in C has none."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

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


class BoundedHttp(HttpToolsProtocol):
    """One connection."""

    _in_head = False
    _head_bytes = 0  # what came before the head's end was seen: it waits in memory
    _refused = False

    def data_received(self, data: bytes) -> None:
        """Refuse a head that goes on and on."""
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_LIMIT_BYTES:
                self._refuse()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Refuse a head that is too large although it came in one piece."""
        self._in_head = False
        size_bytes = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size_bytes > HEAD_LIMIT_BYTES:
            self._refuse()
            raise ValueError("the head is too large")  # stops the parser
        super().on_headers_complete()
        if getattr(self.server_state, "draining", False):
            self.cycle.keep_alive = False  # the answer says so, and the client goes elsewhere
        extensions: dict[str, Any] = {WHOLE_ANSWER: partial(send_whole, self.cycle)}
        self.scope["extensions"] = extensions

    def send_400_response(self, msg: str) -> None:
        """Say what was wrong with the request, once."""
        if not self._refused:
            super().send_400_response(msg)

    def _refuse(self) -> None:
        self._refused = True
        self.transport.write(ANSWER)
        self.transport.close()
