"""Kept connections: those of a host that wait for its next request, and the number that may be open at once."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import httpx2

from tapbot.upstream.http1 import Seconds
from tapbot.upstream.sockets import Connection

MOST_AT_ONCE = 200
MOST_KEPT = 50
KEEP_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Origin:
    """What a connection is for: its name stays that of the address, whatever it resolved to."""

    scheme: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class _Kept:
    origin: Origin
    connection: Connection
    until: float


class Connect(Protocol):
    """Opens a socket to a host, as the guard does."""

    async def __call__(self, host: str, port: int, *, timeout_seconds: float | None) -> Connection:
        """A connection without TLS."""
        ...


class Pool:
    """Connections of one client.

    Args:
        connect: Opens sockets.
        trust: Gives the trusted certificates, at the first call that needs them: to read them takes long.
        most_at_once: Connections in use; who wants one more waits.
    """

    def __init__(
        self,
        connect: Connect,
        trust: Callable[[], ssl.SSLContext],
        *,
        most_at_once: int = MOST_AT_ONCE,
    ) -> None:
        self._open = connect
        self._trust = trust
        self._places = asyncio.Semaphore(most_at_once)
        self._kept: deque[_Kept] = deque()
        """The oldest first."""
        self._closed = False

    async def take(self, origin: Origin, seconds: Seconds) -> Connection:
        """A connection for one exchange; `give_back` must follow.

        Raises:
            PoolTimeout: All places were taken for too long.
            ConnectTimeout: No connection came about in time.
            ConnectError: Nor at all.
        """
        await self._take_place(seconds.get("pool"))
        try:
            return self._find(origin) or await self._connect(origin, seconds.get("connect"))
        except BaseException:
            self._places.release()
            raise

    def give_back(self, origin: Origin, connection: Connection, again: bool) -> None:
        """Keep a connection for the next request, or close it."""
        self._places.release()
        now = asyncio.get_running_loop().time()
        if again and not self._closed:
            self._kept.append(_Kept(origin, connection, now + KEEP_SECONDS))
        else:
            connection.drop()
        while self._kept and (len(self._kept) > MOST_KEPT or self._kept[0].until < now):
            self._kept.popleft().connection.drop()

    def close(self) -> None:
        """Close what is kept, and what is in use as soon as it is given back."""
        self._closed = True
        while self._kept:
            self._kept.pop().connection.drop()

    async def _take_place(self, seconds: float | None) -> None:
        if not self._places.locked():
            await self._places.acquire()  # at once
            return
        try:
            async with asyncio.timeout(seconds):
                await self._places.acquire()
        except TimeoutError:
            raise httpx2.PoolTimeout("too many connections are open") from None

    def _find(self, origin: Origin) -> Connection | None:
        """The one of an origin that was used last, if it is still good."""
        now = asyncio.get_running_loop().time()
        for kept in reversed(self._kept):
            if kept.origin != origin:
                continue
            self._kept.remove(kept)
            if kept.until >= now and not kept.connection.get_extra_info("is_readable"):
                return kept.connection
            kept.connection.drop()
            return self._find(origin)
        return None

    async def _connect(self, origin: Origin, seconds: float | None) -> Connection:
        opened = await self._open(origin.host, origin.port, timeout_seconds=seconds)
        if origin.scheme == "https":
            opened = await opened.start_tls(self._tls, server_hostname=origin.host, timeout=seconds)
        return opened

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        context = self._trust()
        context.set_alpn_protocols(["http/1.1"])
        return context
