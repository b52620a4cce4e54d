"""Statements on a PostgreSQL server of somebody else: guarded connections, values apart from the text, text results.

The driver is pg8000: it takes a socket that was opened under our policy, and leaves the types of parameters to the
server, so that a text becomes a number or a date as a literal would.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tapbot.errors import LimitExceeded, TapbotError, UpstreamRejected, UpstreamUnavailable
from tapbot.loader import load
from tapbot.upstream.addresses import OutgoingPolicy
from tapbot.upstream.plain import close_socket, open_socket

SERVICE = "PostgreSQL"
Value = str | None | list[Any]
GONE = ("08", "57P", "53")
"""Classes of SQLSTATE that say that the server is away or full, and may come back."""
AUTHORISATION = "28"


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """Where a database is, and who asks.

    Args:
        tls: `"disable"`, `"allow"` (if the server offers it), or `"require"`. Certificates are checked by none of
            them, as in libpq.
        name: The credential's name, for messages.
    """

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    tls: Literal["disable", "allow", "require"] = "disable"
    name: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; `$1` in its text stands for the first value."""

    text: str
    values: Sequence[Value] = ()
    script: bool = False
    """Several statements in one text; without values."""


@dataclass(frozen=True, slots=True)
class Table:
    """What a statement gave: names and type numbers of columns, and rows of texts as the server wrote them.

    Args:
        columns: `None` where the statement gives no rows at all.
    """

    columns: Sequence[tuple[str, int]] | None
    rows: Sequence[Sequence[str | None]]


async def run_on_postgres(
    policy: OutgoingPolicy,
    server: PostgresServer,
    statements: Sequence[Statement],
    *,
    together: bool,
    connect_seconds: float,
    silence_seconds: float,
) -> list[Table | TapbotError]:
    """Run statements in order, on one connection.

    Args:
        together: In one transaction: the first failure undoes all and is raised. Otherwise each is on its own, and its
            failure stands in its place.
        silence_seconds: Longest wait for an answer of the server.

    Raises:
        UpstreamUnavailable: The server is away, or broke off.
        UpstreamRejected: It refused the login or, with `together`, a statement.
    """
    opened = await open_socket(policy, server.host, server.port, service=SERVICE, timeout_seconds=connect_seconds)
    opened.settimeout(silence_seconds)
    limit = _Limit(policy.response_limit_bytes)
    work = asyncio.create_task(asyncio.to_thread(_run, opened, server, statements, together, limit))
    try:
        return await asyncio.shield(work)
    finally:
        close_socket(opened)  # a thread that still waits for the server wakes up


class _Limit:
    """Takes the texts of results, up to a size."""

    def __init__(self, limit_bytes: int) -> None:
        self._left = self._limit_bytes = limit_bytes

    def take(self, text: str) -> str:
        """The text itself.

        Raises:
            LimitExceeded: With it the results are too large.
        """
        self._left -= len(text)
        if self._left < 0:
            raise LimitExceeded(
                f"{SERVICE} gave more than {self._limit_bytes} bytes.", code="upstream.too_large", hint="Add a LIMIT."
            )
        return text


def _run(
    opened: socket.socket, server: PostgresServer, statements: Sequence[Statement], together: bool, limit: _Limit
) -> list[Table | TapbotError]:
    driver = load("pg8000.native")
    connection = _connect(driver, opened, server, limit)
    if not together:
        return [_attempt(driver, connection, statement) for statement in statements]
    _one(driver, connection, Statement("BEGIN"))
    made: list[Table | TapbotError] = [_one(driver, connection, statement) for statement in statements]
    _one(driver, connection, Statement("COMMIT"))
    return made


def _connect(driver: Any, opened: socket.socket, server: PostgresServer, limit: _Limit) -> Any:
    tls: Any = {"disable": False, "allow": None, "require": True}[server.tls]
    try:
        connection = driver.Connection(
            user=server.user,
            host=server.host,
            database=server.database or None,
            password=server.password or None,
            ssl_context=tls,
            sock=opened,
            application_name="tapbot",
            startup_params={"DateStyle": "ISO"},
        )
    except (driver.DatabaseError, driver.InterfaceError, OSError) as error:
        raise _failure(error, server) from None
    for oid in list(connection.pg_types):
        connection.register_in_adapter(oid, limit.take)
    connection.pg_types.default_factory = lambda: limit.take
    return connection


def _attempt(driver: Any, connection: Any, statement: Statement) -> Table | TapbotError:
    try:
        return _one(driver, connection, statement)
    except UpstreamRejected as error:
        return error


def _one(driver: Any, connection: Any, statement: Statement) -> Table:
    try:
        if statement.script:
            context = connection.execute_simple(statement.text)
        else:
            context = connection.execute_unnamed(statement.text, vals=tuple(statement.values))
    except (driver.DatabaseError, driver.InterfaceError, OSError) as error:
        raise _failure(error, None) from None
    columns = context.columns
    named = None if columns is None else [(str(one["name"]), int(one["type_oid"])) for one in columns]
    return Table(named, context.rows or [])


def _failure(error: Exception, server: PostgresServer | None) -> TapbotError:
    """The driver's error, in words that hold no password."""
    told = error.args[0] if error.args and isinstance(error.args[0], dict) else None
    if told is None:
        refused = "refuses SSL" in str(error)
        message = "The server offers no TLS." if refused else f"{SERVICE} broke off ({type(error).__name__})."
        return UpstreamRejected(message, code="upstream.rejected") if refused else UpstreamUnavailable(message)
    state, message = str(told.get("C", "")), str(told.get("M", ""))[:500]
    if server is not None and state.startswith(AUTHORISATION):
        return UpstreamRejected(f"{SERVICE} did not accept the credential {server.name!r}.", code="credential.refused")
    if state.startswith(GONE):
        return UpstreamUnavailable(f"{SERVICE}: {message}.")
    return UpstreamRejected(f"{SERVICE}: {message} ({state}).", code="upstream.rejected")
