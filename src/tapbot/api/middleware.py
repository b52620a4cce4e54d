"""What every request passes: an id and a log line, safe headers, errors as problems, its host, and a limit on size.

Plain ASGI, because Starlette's own middleware classes cost a task and a queue a request.
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Collection, Iterable
from functools import lru_cache
from ipaddress import ip_address
from typing import TypeVar
from urllib.parse import urlsplit

import structlog
from sqlalchemy.exc import DBAPIError
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tapbot.api.errors import answer_error, answer_internal, answer_unavailable
from tapbot.errors import NotAllowed, TapbotError, TooLarge
from tapbot.telemetry import logger
from tapbot.telemetry.tracing import span

T = TypeVar("T")
MANAGEMENT = "/api/"
CONTENT_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
SAFE_HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # a login link must not travel on in a header
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
RAW_SAFE_HEADERS = [(name.lower().encode(), value.encode()) for name, value in SAFE_HEADERS.items()]
CHAT = re.compile(r"(/p/[^/]+/[^/]+)?/chat/")
CHAT_LIMIT_BYTES = 64_000
LOGIN = "/api/v1/login"
LOGIN_LIMIT_BYTES = 16_000


class RequestLog:
    """Gives each request an id, and logs it: without its query, headers and body, which may hold secrets.

    Args:
        everything: Log chats and webhooks too, at the level debug. They are many: their own rooms tell of them.
    """

    def __init__(self, app: ASGIApp, *, new_id: Callable[[], str], everything: bool = True) -> None:
        self._app = app
        self.new_id = new_id
        self.everything = everything
        self._log = logger("api")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = self.new_id()
        scope.setdefault("state", {})["request_id"] = request_id
        started, status = time.perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode())]
            await send(message)

        method, path = scope["method"], _shape_of(scope["path"])
        with structlog.contextvars.bound_contextvars(request_id=request_id), span(f"{method} {path}", method=method):
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                self.write(scope, status, time.perf_counter() - started)

    def write(self, scope: Scope, status: int, seconds: float) -> None:
        """Log a request that was answered; status 0 says that it was not."""
        managed = scope["path"].startswith(MANAGEMENT)
        if status < 500 and not managed and not self.everything:
            return
        write = self._log.warning if status >= 500 else self._log.info if managed else self._log.debug
        duration_ms = round(seconds * 1000, 1)
        write("request", method=scope["method"], path=scope["path"], status=status, duration_ms=duration_ms)


def _shape_of(path: str) -> str:
    """What a path is about: its first part, since the rest may be a name or a secret."""
    return "/" + path[1:].partition("/")[0]


class SafeHeaders:
    """Adds the headers that keep a browser safe, where an answer has none of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", ()))
                given = {name.lower() for name, _value in own}
                managed = scope["path"].startswith(MANAGEMENT)
                message["headers"] = own + safe_headers(given, secure=scope["scheme"] == "https", managed=managed)
            await send(message)

        await self._app(scope, receive, send_safely)


def safe_headers(given: Collection[bytes], *, secure: bool, managed: bool) -> list[tuple[bytes, bytes]]:
    """The headers that keep a browser safe.

    Args:
        given: Names of the headers that an answer has of its own, in lower case.
        secure: It goes out over TLS.
        managed: It is of the management API, which nobody may keep.
    """
    more = [header for header in RAW_SAFE_HEADERS if header[0] not in given]
    if managed and b"cache-control" not in given:
        more.append((b"cache-control", b"no-store"))
    if secure and b"strict-transport-security" not in given:
        more.append((b"strict-transport-security", b"max-age=31536000"))
    return more


class ErrorBoundary:
    """Turns whatever is raised into an answer. One of the three places that catch everything."""

    def __init__(self, app: ASGIApp, *, new_id: Callable[[], str]) -> None:
        self._app = app
        self._new_id = new_id
        self._log = logger("api")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            answer = await self.outcome(scope, self._app(scope, receive, send_noting))
        except ClientDisconnect:
            return  # it hung up in the middle of its own request: nobody waits for an answer
        if answer is not None and not begun:
            await answer(scope, receive, send)

    async def outcome(self, scope: Scope, work: Awaitable[T]) -> T | Response:
        """What some work on a request gives, or the answer that its error stands for.

        Raises:
            ClientDisconnect: Nobody waits for an answer.
        """
        try:
            return await work
        except ClientDisconnect:
            raise
        except Exception as error:  # noqa: BLE001  # the boundary of a request
            return self.answer(error, scope)

    def answer(self, error: Exception, scope: Scope) -> Response:
        """What the caller gets for an error; what is our fault goes to the log."""
        if isinstance(error, TapbotError):
            return answer_error(error)
        if isinstance(error, DBAPIError):
            return answer_unavailable(self._report(error, scope))
        return answer_internal(self._report(error, scope))

    def _report(self, error: Exception, scope: Scope) -> str:
        error_id = str(scope.get("state", {}).get("request_id") or self._new_id())
        self._log.error("internal error", error_id=error_id, path=scope["path"], exc_info=error)
        return error_id


class HostCheck:
    """Refuses names that are not this server's, so that a web site cannot make a browser take it for us.

    Addresses and `localhost` are always ours: a stranger's name cannot be one of them (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, *, names: Iterable[str]) -> None:
        self._app = app
        self._names = frozenset(name.lower() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope["path"] != "/health":
            self.check(Headers(scope=scope).get("host", ""))
        await self._app(scope, receive, send)

    def check(self, host: str) -> None:
        """Refuse a request for somebody else.

        Args:
            host: Its Host header.
        """
        name = host_name(host)
        if not (name in self._names or _is_local(name)):
            raise NotAllowed(
                "this server does not go by that name.",
                code="api.unknown_host",
                hint="Set server.public_url to the address under which people open it.",
            )


class BodyLimit:
    """Refuses bodies over a limit: by their announced length at once, else while they come."""

    def __init__(self, app: ASGIApp, *, limit_bytes: int) -> None:
        self._app = app
        self._limit_bytes = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit_bytes = self._limit_for(scope["path"])
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced) > limit_bytes:
            raise too_large(limit_bytes)
        received_bytes = 0

        async def receive_counting() -> Message:
            nonlocal received_bytes
            message = await receive()
            if message["type"] == "http.request":
                received_bytes += len(message.get("body", b""))
                if received_bytes > limit_bytes:
                    raise too_large(limit_bytes)
            return message

        await self._app(scope, receive_counting, send)

    def _limit_for(self, path: str) -> int:
        if CHAT.match(path):
            return min(CHAT_LIMIT_BYTES, self._limit_bytes)
        if path.startswith(LOGIN):
            return min(LOGIN_LIMIT_BYTES, self._limit_bytes)
        return self._limit_bytes


@lru_cache(maxsize=256)
def host_name(host: str) -> str:
    """The name in a Host header, without port and brackets, in lower case; empty when it is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


@lru_cache(maxsize=256)
def _is_local(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def too_large(limit_bytes: int) -> TooLarge:
    """The refusal of a body over a limit."""
    return TooLarge(f"the request has more than {limit_bytes} bytes.", code="api.body_too_large")
