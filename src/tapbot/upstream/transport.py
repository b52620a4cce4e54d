"""The guarded transport: it resolves names itself, judges each address, and connects to the address that it judged."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from functools import cached_property
from typing import Any

import httpcore2
import httpx2

from tapbot.errors import InvalidInput, LimitExceeded, UpstreamRejected
from tapbot.upstream.addresses import OutgoingPolicy
from tapbot.upstream.sockets import connect

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Turns a host name and a port into IP addresses, the preferred one first."""

FIRST_TRIES_SECONDS = 2.0
"""How long one of several addresses may keep silent before the next is tried."""
MOST_ADDRESSES = 4
HOST = re.compile(r"[A-Za-z0-9._-]+|\[?[0-9A-Fa-f]*:[0-9A-Fa-f:.]+(%[A-Za-z0-9._-]+)?\]?")
KEEP_ALIVE_SECONDS = 20.0


async def resolve_name(host: str, port: int) -> list[str]:
    """Ask the operating system for the addresses of a host."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore2.ConnectError(f"the name does not resolve ({type(error).__name__})") from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Opens sockets for the connection pool, and only to addresses that the policy allows.

    The pool keys its connections by host name, so the Host header and the TLS server name stay those of the URL,
    while a second answer of the resolver cannot move a connection that was judged (DNS rebinding).
    """

    def __init__(self, policy: OutgoingPolicy, resolve: Resolve) -> None:
        self._policy = policy
        self._resolve = resolve

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # the interface of httpcore2
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Resolve, judge, connect: the first allowed address that answers."""
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._allowed_addresses(host, port)
                for address in addresses[:-1]:
                    try:
                        return await connect(
                            address,
                            port,
                            timeout_seconds=FIRST_TRIES_SECONDS,
                            local_address=local_address,
                            socket_options=socket_options,
                        )
                    except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                        continue
                return await connect(
                    addresses[-1],
                    port,
                    timeout_seconds=timeout,
                    local_address=local_address,
                    socket_options=socket_options,
                )
        except TimeoutError:
            raise httpcore2.ConnectTimeout("no connection in time") from None

    async def _allowed_addresses(self, host: str, port: int) -> list[str]:
        found = await self._resolve(host, port)
        if not found:
            raise httpcore2.ConnectError("the name has no address")
        allowed = [address for address in found if self._policy.allows(host, address)]
        if not allowed:
            raise UpstreamRejected(
                f"{host} is in a private or reserved network, which outgoing calls may not reach. "
                "Name it in upstream.allow_hosts if this call is wanted.",
                code="upstream.address_refused",
            )
        return allowed[:MOST_ADDRESSES]

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109  # the interface of httpcore2
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Refuse: nothing outside is a file."""
        raise UpstreamRejected("Outgoing calls do not go to local sockets.", code="upstream.address_refused")

    async def sleep(self, seconds: float) -> None:
        """Wait between the pool's own tries."""
        await asyncio.sleep(seconds)


class LimitedStream(httpx2.AsyncByteStream):
    """An answer's bytes as they came, cut off at a limit."""

    def __init__(self, stream: httpx2.AsyncByteStream, limit_bytes: int) -> None:
        self._stream = stream
        self._limit_bytes = limit_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give the parts until the limit."""
        taken = 0
        async for part in self._stream:
            taken += len(part)
            if taken > self._limit_bytes:
                raise too_large(self._limit_bytes)
            yield part

    async def aclose(self) -> None:
        """Give the connection back, or close it when bytes are left."""
        await self._stream.aclose()


def is_http(url: httpx2.URL) -> bool:
    """Tell an address that a call may go to: http or https, and a host of letters, digits, dots and hyphens."""
    return url.scheme in {"http", "https"} and bool(HOST.fullmatch(url.raw_host.decode("ascii", "replace")))


def too_large(limit_bytes: int) -> LimitExceeded:
    """The error of an answer beyond its limit."""
    return LimitExceeded(
        f"The answer of the other side is larger than {limit_bytes} bytes.", code="upstream.answer_too_large"
    )


class GuardedTransport(httpx2.AsyncHTTPTransport):
    """httpx2's own transport over a pool whose sockets the guard opens. No proxy, no environment."""

    def __init__(self, policy: OutgoingPolicy, resolve: Resolve, ssl_context: ssl.SSLContext | None) -> None:
        # Not super().__init__(): it has no argument for the network backend, and would build a pool to throw away.
        self._policy = policy
        self._resolve = resolve
        self._ssl_context = ssl_context

    @cached_property
    def _pool(self) -> httpcore2.AsyncConnectionPool:  # type: ignore[override]  # theirs is set at once
        """Made by the first call: to read the trusted certificates takes longer than much else of a start."""
        return httpcore2.AsyncConnectionPool(
            ssl_context=self._ssl_context or httpx2.create_ssl_context(),
            max_connections=200,
            max_keepalive_connections=50,
            keepalive_expiry=KEEP_ALIVE_SECONDS,
            network_backend=GuardedBackend(self._policy, self._resolve),
        )

    async def aclose(self) -> None:
        """Close all connections, if there were any."""
        if "_pool" in vars(self):
            await super().aclose()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request; the answer's bytes are counted."""
        if not is_http(request.url):
            raise InvalidInput("An outgoing call goes to http:// or https:// and a host.", code="upstream.bad_address")
        limit_bytes: int = request.extensions.get("limit_bytes", self._policy.response_limit_bytes)
        response = await super().handle_async_request(request)
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = LimitedStream(response.stream, limit_bytes)
        return response
