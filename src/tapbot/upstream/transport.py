"""The guarded transport: it resolves names itself, judges each address, and connects to the address that it judged."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Callable
from functools import partial

import httpx2

from tapbot.errors import InvalidInput, UpstreamRejected
from tapbot.upstream.addresses import OutgoingPolicy
from tapbot.upstream.http1 import AnswerStream, Seconds, exchange
from tapbot.upstream.pool import MOST_AT_ONCE, Origin, Pool
from tapbot.upstream.sockets import Connection, connect

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Turns a host name and a port into IP addresses, the preferred one first."""

FIRST_TRIES_SECONDS = 2.0
"""How long one of several addresses may keep silent before the next is tried."""
MOST_ADDRESSES = 4
HOST = re.compile(r"[A-Za-z0-9._-]+|\[?[0-9A-Fa-f]*:[0-9A-Fa-f:.]+(%[A-Za-z0-9._-]+)?\]?")
DEFAULT_PORTS = {"http": 80, "https": 443}


async def resolve_name(host: str, port: int) -> list[str]:
    """Ask the operating system for the addresses of a host."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpx2.ConnectError(f"the name does not resolve ({type(error).__name__})") from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Guard:
    """Opens sockets for the pool, and only to addresses that the policy allows.

    The pool keys its connections by host name, so the Host header and the TLS server name stay those of the URL,
    while a second answer of the resolver cannot move a connection that was judged (DNS rebinding).
    """

    def __init__(self, policy: OutgoingPolicy, resolve: Resolve) -> None:
        self._policy = policy
        self._resolve = resolve

    async def connect(self, host: str, port: int, *, timeout_seconds: float | None) -> Connection:
        """Resolve, judge, connect: the first allowed address that answers."""
        try:
            async with asyncio.timeout(timeout_seconds):
                addresses = await self._allowed_addresses(host, port)
                for address in addresses[:-1]:
                    try:
                        return await connect(address, port, timeout_seconds=FIRST_TRIES_SECONDS)
                    except (httpx2.ConnectError, httpx2.ConnectTimeout):
                        continue
                return await connect(addresses[-1], port, timeout_seconds=timeout_seconds)
        except TimeoutError:
            raise httpx2.ConnectTimeout("no connection in time") from None

    async def _allowed_addresses(self, host: str, port: int) -> list[str]:
        found = await self._resolve(host, port)
        if not found:
            raise httpx2.ConnectError("the name has no address")
        allowed = [address for address in found if self._policy.allows(host, address)]
        if not allowed:
            raise UpstreamRejected(
                f"{host} is in a private or reserved network, which outgoing calls may not reach. "
                "Name it in upstream.allow_hosts if this call is wanted.",
                code="upstream.address_refused",
            )
        return allowed[:MOST_ADDRESSES]


def is_http(url: httpx2.URL) -> bool:
    """Tell an address that a call may go to: http or https, and a host of letters, digits, dots and hyphens."""
    return url.scheme in {"http", "https"} and bool(HOST.fullmatch(url.raw_host.decode("ascii", "replace")))


class GuardedTransport(httpx2.AsyncBaseTransport):
    """Carries requests over connections that the guard opens. No proxy, no environment."""

    def __init__(
        self,
        policy: OutgoingPolicy,
        resolve: Resolve,
        ssl_context: ssl.SSLContext | None,
        *,
        most_at_once: int = MOST_AT_ONCE,
    ) -> None:
        self._policy = policy
        connect, trust = Guard(policy, resolve).connect, lambda: ssl_context or httpx2.create_ssl_context()
        self._pool = Pool(connect, trust, most_at_once=most_at_once)

    async def aclose(self) -> None:
        """Close the connections that nobody uses."""
        self._pool.close()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request; the answer's bytes are counted."""
        url = request.url
        if not is_http(url):
            raise InvalidInput("An outgoing call goes to http:// or https:// and a host.", code="upstream.bad_address")
        seconds: Seconds = request.extensions.get("timeout", {})
        origin = Origin(url.scheme, url.raw_host.decode("ascii"), url.port or DEFAULT_PORTS[url.scheme])
        give_back = partial(self._pool.give_back, origin)
        connection = await self._pool.take(origin, seconds)
        try:
            answer = await exchange(connection, request, seconds)
        except BaseException:
            give_back(connection, False)
            raise
        limit_bytes: int = request.extensions.get("limit_bytes", self._policy.response_limit_bytes)
        stream = AnswerStream(
            connection, answer, limit_bytes=limit_bytes, seconds=seconds.get("read"), give_back=give_back
        )
        extensions = {"http_version": b"HTTP/1.1", "reason_phrase": answer.reason}
        return httpx2.Response(answer.status, headers=answer.headers, stream=stream, extensions=extensions)
