"""The direct way in: a webhook that waits for nothing but the disk is answered without a task of its own.

The server hands a request over as soon as its last byte is there. Where the workflow needs nobody to wait for, it runs
at once, and the answer is written when its row is committed. Whatever is out of the ordinary about a request (a header
named below, a caller with a proof, an address with escapes) is left to `edge.py`, which does the same at more length.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, cast
from urllib.parse import parse_qsl

from starlette.responses import Response
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from tapbot.api.listeners import Found
from tapbot.api.middleware import safe_headers
from tapbot.api.webhook import Call, WebhookApi
from tapbot.api.wire import CONTROL, WITHOUT_LENGTH, Guards, raw_answer
from tapbot.telemetry import tracing
from tapbot.workflow.node import WebhookReply

PREFIXES = (b"/webhook/", b"/p/")
METHODS = frozenset({b"GET", b"POST", b"PUT", b"PATCH", b"DELETE"})
LEFT_TO_OTHERS = frozenset({"origin", "idempotency-key", "upgrade", "expect"})
"""Headers of requests that go the long way: pages of other origins, keys."""
FORWARDED = frozenset({"x-forwarded-for", "x-forwarded-proto"})
BODY_LIMIT_BYTES = 64_000
"""Larger bodies go the long way, which holds a caller up who sends faster than it is read."""


@dataclass(slots=True)
class Arrived:
    """A request as it came, whole.

    Args:
        url: Path and query as they were sent.
        headers: Names in lower case, in order.
        client: Address of the caller.
    """

    method: bytes
    url: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes
    scheme: str
    client: str


class Caller(Protocol):
    """Who waits for the answer."""

    def answer(self, status: int, head: bytes, body: bytes) -> None:
        """Send it.

        Args:
            head: Headers as they are written, each with its line's end.
        """
        ...


class DirectWay:
    """Answers webhooks that wait for nothing."""

    def __init__(self, webhooks: WebhookApi, guards: Guards, *, trusted_proxies: Sequence[str] = ()) -> None:
        """Begin.

        Args:
            trusted_proxies: Addresses whose word counts on who called, and how.
        """
        self._webhooks = webhooks
        self._guards = guards
        self._proxies = ProxyHeadersMiddleware(cast(Any, _go_no_further), list(trusted_proxies))

    def take(self, arrived: Arrived, caller: Caller) -> bool:
        """Answer a request, now or when its run is kept; `False` when it has to go the long way."""
        guards, (path, _, query) = self._guards, arrived.url.partition(b"?")
        found = self._webhooks.find_direct(arrived.method, path) if arrived.method in METHODS else None
        if found is None or guards.log.everything or tracing.is_open() or len(arrived.body) > guards.limit_bytes:
            return False
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in arrived.headers]
        named = dict(reversed(headers))  # of a header that came twice, the first one counts
        if not LEFT_TO_OTHERS.isdisjoint(named):
            return False
        if not FORWARDED.isdisjoint(named):
            self._look_through_proxies(arrived)
        host = named.get("host", "")
        call = Call(
            project=None,
            environment=None,
            path=found.name,
            method=found.method,
            headers=headers,
            named=named,
            query=parse_qsl(query.decode("latin-1"), keep_blank_values=True) if query else [],
            client=arrived.client,
            url=f"{arrived.scheme}://{host}{found.path}",
            body=arrived.body,
        )
        answering = Answering(guards, caller, found, arrived.scheme)
        try:
            guards.hosts.check(host)
            return self._webhooks.answer_directly(call, found, answering)
        except Exception as error:  # noqa: BLE001  # the boundary of a request
            answering.refuse(error)
            return True

    def _look_through_proxies(self, arrived: Arrived) -> None:
        """Find out who called, and how, as the server does for the long way: with the same object of uvicorn's."""
        scope: Any = {"type": "http", "client": (arrived.client, 0), "scheme": arrived.scheme}
        looking = self._proxies(scope | {"headers": arrived.headers}, cast(Any, None), cast(Any, None))
        scope = _ended(looking)
        arrived.client, arrived.scheme = scope["client"][0], scope["scheme"]


async def _go_no_further(scope: dict[str, Any], _receive: object, _send: object) -> dict[str, Any]:
    """Stands behind the object that looks through proxies, to see what it found."""
    return scope


def _ended(looking: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine gives that waits for nothing."""
    try:
        looking.send(None)
    except StopIteration as ended:
        return ended.value
    raise AssertionError("it waits for nothing")


class Answering:
    """One request on its way to its answer."""

    __slots__ = ("_caller", "_found", "_guards", "_request_id", "_scheme", "_started")

    def __init__(self, guards: Guards, caller: Caller, found: Found, scheme: str) -> None:
        self._guards = guards
        self._caller = caller
        self._found = found
        self._scheme = scheme
        self._request_id: str = guards.log.new_id()
        self._started = time.perf_counter()

    def give(self, reply: Callable[[], WebhookReply]) -> None:
        """Give the workflow's answer; one that cannot be made is an error of this request alone."""
        try:
            self._send(reply())
        except Exception as error:  # noqa: BLE001  # the boundary of a request: others wait for the same commit
            self.refuse(error)

    def _send(self, reply: WebhookReply) -> None:
        head = _head_of(tuple(reply.headers.items()), self._scheme)
        if head is None:  # a header that only uvicorn's own way refuses as it should
            self.refuse(ValueError("a header of the answer has a control character"))
            return
        body, request_id = reply.body, self._request_id.encode()
        if reply.status in WITHOUT_LENGTH:
            self._caller.answer(reply.status, b"%bx-request-id: %b\r\n" % (head, request_id), b"")
            return
        length = b"%bcontent-length: %d\r\nx-request-id: %b\r\n" % (head, len(body), request_id)
        self._caller.answer(reply.status, length, body)

    def refuse(self, error: Exception) -> None:
        """Give the answer that an error stands for."""
        scope: dict[str, Any] = {
            "path": self._found.path,
            "method": self._found.method,
            "state": {"request_id": self._request_id},
        }
        answer: Response = self._guards.boundary.answer(error, scope)
        status, headers, body = raw_answer(answer)
        headers.append((b"x-request-id", self._request_id.encode()))
        given = frozenset([name for name, _ in headers])
        headers += safe_headers(given, secure=self._scheme == "https", managed=False)
        self._caller.answer(status, b"".join([b"%b: %b\r\n" % header for header in headers]), body)
        self._guards.log.write(scope, status, time.perf_counter() - self._started)


@lru_cache(maxsize=256)
def _head_of(given: tuple[tuple[str, str], ...], scheme: str) -> bytes | None:
    """A reply's headers with those that keep a browser safe; `None` when one cannot be sent."""
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in given]
    if CONTROL.search(b"".join([part for header in headers for part in header])):
        return None
    headers += safe_headers(frozenset([name for name, _ in headers]), secure=scheme == "https", managed=False)
    return b"".join([b"%b: %b\r\n" % header for header in headers])
