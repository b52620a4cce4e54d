"""Sockets of outgoing calls, over asyncio alone: what anyio does for other event loops costs more than the bytes."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import httpx2

MOST_UNREAD_BYTES = 262_144
"""Of what came and nobody took yet; then the other side has to wait."""


class Connection(asyncio.Protocol):
    """One connection, plain or with TLS. One reader and one writer at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._unread = bytearray()
        self._over = False
        self._error: Exception | None = None
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        self._full = False
        self._held = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Something came."""
        self._unread += data
        if len(self._unread) > MOST_UNREAD_BYTES and not self._held:
            self._held = True
            self._opened.pause_reading()
        _wake(self._reader)

    def eof_received(self) -> None:
        """Nothing more will come; the connection is closed."""
        self._over = True
        _wake(self._reader)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is closed."""
        self._over, self._error = True, exc
        self._full = False
        _wake(self._reader)
        _wake(self._writer)

    def pause_writing(self) -> None:
        """The other side is slow to read."""
        self._full = True

    def resume_writing(self) -> None:
        """It has caught up."""
        self._full = False
        _wake(self._writer)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109  # of one wait
        """What comes next; nothing at the end.

        Raises:
            ReadTimeout: Nothing came in time.
            ReadError: The connection broke.
        """
        if not self._unread and not self._over:
            self._reader = self._loop.create_future()
            await self._wait(self._reader, timeout, httpx2.ReadTimeout)
        if not self._unread and self._error is not None:
            raise httpx2.ReadError(type(self._error).__name__)
        found = bytes(self._unread[:max_bytes])
        del self._unread[:max_bytes]
        if self._held and not self._over and len(self._unread) <= MOST_UNREAD_BYTES:
            self._held = False
            self._opened.resume_reading()
        return found

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109  # of one wait
        """Send; wait when the other side is slow.

        Raises:
            WriteTimeout: It did not read in time.
            WriteError: The connection is closed.
        """
        if self._over or self._opened.is_closing():
            raise httpx2.WriteError("the connection is closed")
        self._opened.write(buffer)
        if self._full:
            self._writer = self._loop.create_future()
            await self._wait(self._writer, timeout, httpx2.WriteTimeout)
        if self._error is not None:
            raise httpx2.WriteError(type(self._error).__name__)

    async def aclose(self) -> None:
        """Close, without waiting for a side that no longer reads."""
        self._opened.close()
        await asyncio.sleep(0)
        self._opened.abort()

    def drop(self) -> None:
        """Close at once."""
        self._opened.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # of one wait
    ) -> Connection:
        """The same connection with TLS.

        Raises:
            ConnectTimeout: The handshake took too long.
            ConnectError: It failed.
        """
        secured = Connection()
        try:
            with _as_failed_connect():
                async with asyncio.timeout(timeout):
                    transport = await self._loop.start_tls(
                        self._opened, secured, ssl_context, server_hostname=server_hostname
                    )
        except BaseException:
            self._opened.abort()
            raise
        assert transport is not None  # noqa: S101  # given unless the handshake failed
        secured.connection_made(transport)
        return secured

    def get_extra_info(self, info: str) -> Any:
        """What the pool wants to know of it."""
        if info == "is_readable":  # an idle one that is has ended, or says what nobody asked for
            return self._over or bool(self._unread) or self._opened.is_closing()
        name = {"client_addr": "sockname", "server_addr": "peername"}.get(info, info)
        return self._opened.get_extra_info(name)

    @property
    def _opened(self) -> asyncio.Transport:
        assert self._transport is not None  # noqa: S101  # made before anybody gets the connection
        return self._transport

    async def _wait(self, turn: asyncio.Future[None], seconds: float | None, late: Callable[[str], Exception]) -> None:
        """Wait for a turn; cheaper than `asyncio.timeout`, and each call waits two times or more."""
        limit = None if seconds is None else self._loop.call_later(seconds, _give_up, turn, late("no answer in time"))
        try:
            await turn
        finally:
            if limit is not None:
                limit.cancel()


async def connect(
    address: str,
    port: int,
    *,
    timeout_seconds: float | None,
) -> Connection:
    """Open a connection to an IP address.

    Raises:
        ConnectTimeout: It took too long.
        ConnectError: The address refused, or is not to be reached.
    """
    with _as_failed_connect():
        async with asyncio.timeout(timeout_seconds):
            _, made = await asyncio.get_running_loop().create_connection(Connection, address, port)
    return made


@contextmanager
def _as_failed_connect() -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise httpx2.ConnectTimeout("no connection in time") from None
    except OSError as error:  # also TLS: `ssl.SSLError` is one
        raise httpx2.ConnectError(str(error)) from error


def _wake(waiting: asyncio.Future[None] | None) -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(None)


def _give_up(waiting: asyncio.Future[None], error: Exception) -> None:
    if not waiting.done():
        waiting.set_exception(error)
