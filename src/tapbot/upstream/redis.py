"""A Redis server of somebody else: redis-py's client over connections that our policy guards."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tapbot.errors import TapbotError, UpstreamRejected, UpstreamUnavailable
from tapbot.loader import load
from tapbot.upstream.addresses import OutgoingPolicy
from tapbot.upstream.plain import open_socket

SERVICE = "Redis"
LOGIN_REFUSED = ("WRONGPASS", "NOAUTH", "invalid username-password", "without any password configured")


@dataclass(frozen=True, slots=True)
class RedisServer:
    """Where a database is, and who asks.

    Args:
        database: Its number.
        name: The credential's name, for messages.
    """

    host: str
    port: int
    database: int
    user: str
    password: str = field(repr=False)
    tls: bool = False
    name: str = ""


@asynccontextmanager
async def open_redis(policy: OutgoingPolicy, server: RedisServer, *, timeout_seconds: float) -> AsyncIterator[Any]:
    """A client of one connection (`redis.asyncio.Redis`); its errors leave as ours.

    Args:
        timeout_seconds: Longest silence of the server.

    Raises:
        UpstreamUnavailable: The server is away, or broke off.
        UpstreamRejected: The policy does not allow it, or it refused the login or a command.
    """
    errors = load("redis.exceptions")
    library = load("redis.asyncio")
    pool = library.ConnectionPool(
        connection_class=_guarded(policy, server, timeout_seconds),
        max_connections=1,
        db=server.database,
        username=server.user or None,
        password=server.password or None,
        socket_timeout=timeout_seconds,
        decode_responses=True,
        encoding_errors="replace",
        retry=load("redis.asyncio.retry").Retry(load("redis.backoff").NoBackoff(), 0),
    )
    try:
        async with library.Redis(connection_pool=pool) as client:
            yield client
    except errors.RedisError as error:
        raise _failure(errors, error, server) from None
    finally:
        await pool.aclose()


def _guarded(policy: OutgoingPolicy, server: RedisServer, timeout_seconds: float) -> type:
    base: Any = load("redis.asyncio.connection").Connection
    context = ssl.create_default_context() if server.tls else None

    async def connect(self: Any) -> None:
        opened = await open_socket(policy, server.host, server.port, service=SERVICE, timeout_seconds=timeout_seconds)
        name = server.host if context is not None else None
        limits: dict[str, Any] = {"ssl_handshake_timeout": timeout_seconds} if context is not None else {}
        self._reader, self._writer = await asyncio.open_connection(
            sock=opened, ssl=context, server_hostname=name, **limits
        )

    return type("GuardedConnection", (base,), {"_connect": connect})


def _failure(errors: Any, error: Exception, server: RedisServer) -> TapbotError:
    """The driver's error, in words that hold no password; our own where it only wraps that."""
    ours = error.__cause__ or error.__context__
    if isinstance(ours, TapbotError):
        return ours
    told = str(error)[:300]
    if isinstance(error, errors.AuthenticationError) or any(word in told for word in LOGIN_REFUSED):
        return UpstreamRejected(f"{SERVICE} did not accept the credential {server.name!r}.", code="credential.refused")
    if isinstance(error, errors.ResponseError):
        return UpstreamRejected(f"{SERVICE}: {told}.")
    return UpstreamUnavailable(f"{SERVICE} broke off ({type(error).__name__}).")
