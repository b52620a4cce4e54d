"""The client that every outgoing call uses: one pool of connections, one policy, no cookies kept, no URL logged."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Self

import httpx2

import tapbot
from tapbot.upstream.addresses import OutgoingPolicy
from tapbot.upstream.transport import GuardedTransport, Resolve, resolve_name

Response = httpx2.Response
Sleep = Callable[[float], Awaitable[None]]

TALKATIVE_LOGGER = "httpx2"
"""It logs whole addresses, and a bot's token is in Telegram's."""


def _stay_silent(_record: logging.LogRecord) -> bool:
    return False


class _Client(httpx2.AsyncClient):
    """The client of the library."""

    def following(self, response: Response) -> httpx2.Request | None:
        """The request that an answer redirects to; `None` when that is no address."""
        try:
            return self._build_redirect_request(response.request, response)
        except httpx2.RemoteProtocolError:
            return None


class HttpClient:
    """A pool of connections under one policy. Give it to `call` and `request`; close it at the end.

    Args:
        transport: Where requests go: the guarded transport, or in a test `httpx2.MockTransport`.
        policy: Limits of the calls.
        sleep: Waits between tries; an argument so that tests need not wait.
    """

    def __init__(
        self,
        transport: httpx2.AsyncBaseTransport,
        *,
        policy: OutgoingPolicy | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        talkative = logging.getLogger(TALKATIVE_LOGGER)
        if _stay_silent not in talkative.filters:
            talkative.addFilter(_stay_silent)
        self.policy = policy or OutgoingPolicy()
        self.sleep = sleep
        self._transport = transport
        self.raw = _Client(
            transport=transport,
            timeout=self.policy.timeout_seconds,
            trust_env=False,
            follow_redirects=False,
            # One company's session cookie must not ride on another's call.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"User-Agent": f"tapbot/{tapbot.__version__}"},
        )
        """For clients that bring their own protocol (`AsyncOpenAI(http_client=http.raw)`): same guard, same limits."""

    def checked(self, check: Callable[[], None]) -> HttpClient:
        """The same pool under the same policy, for whoever may not always call.

        Args:
            check: Called before each request; what it raises refuses the request.
        """
        return HttpClient(_CheckedTransport(self._transport, check), policy=self.policy, sleep=self.sleep)

    async def send(self, request: httpx2.Request) -> Response:
        """Send a request as it is, and return its answer when its head is there.

        The client's own way to do so looks after logins, cookies and redirects, of which there are none here.
        """
        if self.raw.is_closed:
            raise RuntimeError("the client is closed")
        response = await self._transport.handle_async_request(request)
        response.request = request
        return response

    async def aclose(self) -> None:
        """Close all connections."""
        await self.raw.aclose()

    async def __aenter__(self) -> Self:
        """Nothing is opened before the first call."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close all connections."""
        await self.aclose()


class _CheckedTransport(httpx2.AsyncBaseTransport):
    """Asks before each request whether it may be made."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, check: Callable[[], None]) -> None:
        self._inner = inner
        self._check = check

    async def handle_async_request(self, request: httpx2.Request) -> Response:
        """Pass the request on, if it may be made."""
        self._check()
        return await self._inner.handle_async_request(request)


def guarded_client(
    policy: OutgoingPolicy,
    *,
    resolve: Resolve = resolve_name,
    ssl_context: ssl.SSLContext | None = None,
    sleep: Sleep = asyncio.sleep,
) -> HttpClient:
    """Make the client through which traffic leaves.

    Args:
        policy: What may be reached and how much may be read.
        resolve: Finds the addresses of a host.
        ssl_context: Trusted certificates; the system's when not given.
        sleep: Waits between tries.
    """
    return HttpClient(GuardedTransport(policy, resolve, ssl_context), policy=policy, sleep=sleep)


def shown(url: str | httpx2.URL) -> str:
    """The part of an address that may be printed: scheme, host and port. Paths and queries hold tokens."""
    try:
        parsed = httpx2.URL(url)
    except (httpx2.InvalidURL, TypeError):
        return "an unreadable address"
    port = f":{parsed.port}" if parsed.port else ""
    return f"{parsed.scheme}://{parsed.host}{port}"
