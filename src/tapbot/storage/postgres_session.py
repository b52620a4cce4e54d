"""One connection to PostgreSQL: opened when it is needed, and again after it was lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from tapbot.storage.sql import quoted
from tapbot.storage.types import Scope

T = TypeVar("T")

DBAPI: Any = PGDialect_asyncpg.import_dbapi()  # type: ignore[no-untyped-call]
STATEMENTS_KEPT = 500
"""Prepared statements that a connection keeps."""
CONNECT_SECONDS = 3.0
COMMAND_SECONDS = 60.0
"""A server that says nothing for so long is gone, or the network is."""
SERVER_SETTINGS = {
    "application_name": "tapbot",
    "timezone": "UTC",
    "standard_conforming_strings": "on",
    "statement_timeout": "50s",
    # A process that was paused in the middle of a transaction must not hold others up: its session ends instead.
    "idle_in_transaction_session_timeout": "5s",
}
TRY_AGAIN = {
    "40001",  # serialization failure
    "40P01",  # deadlock
    "55P03",  # a lock did not come free in time
    "0A000",  # "cached plan must not change result type": a migration or a collection's change came between
}
"""SQLSTATEs after which the same change may well succeed."""
SERVER_LEAVES = {"57P01", "57P02", "57P03", "25P03", "53300", "08000", "08003", "08006"}
"""SQLSTATEs with which the server ends, or refuses, a session."""

NO_ROOM = {
    "53000": "PostgreSQL lacks room or memory",
    "53100": "PostgreSQL has no room left on its disk",
    "53200": "PostgreSQL has no memory left",
    "58030": "PostgreSQL cannot write to its disk",
}
"""SQLSTATEs with which the server refuses what it could do with more room."""


class ConnectionLost(Exception):  # it says what happened; nobody outside sees it
    """The connection is gone, or could not be made; a transaction in it is undone by the server."""


def postgres_engine(
    url: str,
    *,
    settings: Mapping[str, str] = MappingProxyType(SERVER_SETTINGS),
    command_seconds: float | None = COMMAND_SECONDS,
) -> AsyncEngine:
    """An engine whose transactions are begun and ended by hand, several commands a round trip.

    Args:
        url: `postgresql://user:password@host:port/database`, with libpq's options such as `sslmode=verify-full`.
        settings: Settings of its sessions.
        command_seconds: A server that says nothing for so long is gone; `None` waits for ever.
    """

    async def connect() -> Any:
        return await asyncpg.connect(
            url.replace("postgresql+asyncpg://", "postgresql://", 1),
            timeout=CONNECT_SECONDS,
            command_timeout=command_seconds,
            server_settings=dict(settings),
        )

    def create() -> Any:
        return DBAPI.connect(async_creator_fn=connect, prepared_statement_cache_size=STATEMENTS_KEPT)

    return create_async_engine(
        "postgresql+asyncpg://",
        creator=create,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,  # they hold what customers wrote, and errors go to the log
        query_cache_size=2000,
    )


def sqlstate_of(error: BaseException) -> str | None:
    """The SQLSTATE of what the server said, whoever wrapped it."""
    found = error.orig if isinstance(error, DBAPIError) else error
    return getattr(found, "sqlstate", None)


class Session:
    """One connection. Use it from one task alone."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._connection: AsyncConnection | None = None
        self._raw: Any = None

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, as far as one can know."""
        return self._raw is not None and not self._raw.is_closed()

    async def open(self) -> None:
        """Connect, if there is no connection.

        Raises:
            ConnectionLost: The server does not answer, or not yet.
        """
        if self.is_open:
            return
        await self.drop()
        try:
            async with asyncio.timeout(CONNECT_SECONDS * 2):
                self._connection = await self._engine.connect()
                self._raw = (await self._connection.get_raw_connection()).driver_connection
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, DBAPIError) as error:
            await self.drop()
            raise ConnectionLost(f"PostgreSQL does not answer: {_first_line(error)}") from error

    async def say(self, commands: str) -> str:
        """Send commands without parameters in one round trip, and give the last one's tag.

        Raises:
            ConnectionLost: The connection broke.
            PostgresError: The server refused one of them.
        """
        try:
            return str(await self._raw.execute(commands))
        except Exception as error:
            self.check(error)
            raise

    async def ask(self, query: str) -> Any:
        """One value.

        Raises:
            ConnectionLost: The connection broke.
        """
        try:
            return await self._raw.fetchval(query)
        except Exception as error:
            self.check(error)
            raise

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Run a plain function of a connection in the open transaction.

        Raises:
            ConnectionLost: The connection broke under it.
        """
        assert self._connection is not None  # noqa: S101  # `open` came before
        try:
            return await self._connection.run_sync(work)
        except Exception as error:
            self.check(error)
            raise

    def check(self, error: BaseException) -> None:
        """Tell an error that a change made from the end of the connection.

        Raises:
            ConnectionLost: It was the connection.
        """
        gone = not self.is_open or sqlstate_of(error) in SERVER_LEAVES
        if gone or isinstance(error, (OSError, TimeoutError, asyncpg.InternalClientError)):
            raise ConnectionLost(f"the connection to PostgreSQL broke: {_first_line(error)}") from error

    def clear(self) -> None:
        """Forget what SQLAlchemy remembers of a transaction that the server has ended."""
        if self._connection is not None and self._connection.sync_connection is not None:
            self._connection.sync_connection.rollback()

    async def drop(self) -> None:
        """Let go of the connection, broken or not."""
        connection, raw, self._connection, self._raw = self._connection, self._raw, None, None
        if raw is not None and not raw.is_closed():
            raw.terminate()
        if connection is not None:
            with contextlib.suppress(Exception):
                await connection.invalidate()
            with contextlib.suppress(Exception):
                await connection.close()


def set_scope(scope: Scope) -> str:
    """The command that limits what follows in this transaction to one project and environment."""
    return (
        f"SELECT set_config('tapbot.project_id', {quoted(scope.project_id)}, true), "
        f"set_config('tapbot.environment', {quoted(scope.environment)}, true)"
    )


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
