"""Statements on a MySQL or MariaDB server of somebody else: guarded connections, escaped values, text results.

The driver is PyMySQL: it takes a socket that was opened under our policy. It writes values into the text of a statement
itself, by the rules of the connection's character set and mode; names are quoted by the caller.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tapbot.errors import LimitExceeded, TapbotError, UpstreamRejected, UpstreamUnavailable
from tapbot.loader import load
from tapbot.upstream.addresses import OutgoingPolicy
from tapbot.upstream.plain import close_socket, open_socket, tls_context

SERVICE = "MySQL"
Value = str | int | float | bool | None
Cell = str | bytes | None
REFUSED = frozenset({1044, 1045, 1130, 1698})
"""Numbers of errors: this user, with this password, from this place, may not use the database."""
GONE = frozenset({1040, 1053, 1077, 1203, 1205, 1213, 2002, 2003, 2006, 2013})
"""The server is away, stops, is full, or gave up on a lock: it may go better later."""


@dataclass(frozen=True, slots=True)
class MysqlServer:
    """Where a database is, and who asks.

    Args:
        tls: Speak TLS; the certificate is not checked, as with the other databases.
        name: The credential's name, for messages.
    """

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    tls: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement.

    Args:
        parts: Its text, cut where values stand: one part more than there are values.
        script: Several statements in one text; without values.
    """

    parts: Sequence[str]
    values: Sequence[Value] = ()
    script: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """What a statement gave: names and type numbers of columns, and rows of texts as the server wrote them.

    Args:
        columns: `None` where the statement gives no rows at all.
        changed: How many rows were written.
        made_id: The number that the server gave to the first new row.
    """

    columns: Sequence[tuple[str, int]] | None
    rows: Sequence[Sequence[Cell]]
    changed: int = 0
    made_id: int = 0


async def run_on_mysql(
    policy: OutgoingPolicy,
    server: MysqlServer,
    statements: Sequence[Statement],
    *,
    together: bool,
    connect_seconds: float,
    silence_seconds: float,
) -> list[list[Table] | TapbotError]:
    """Run statements in order, on one connection; a script gives several tables.

    Args:
        together: In one transaction: the first failure undoes all and is raised. Otherwise each is on its own, and its
            failure stands in its place.
        silence_seconds: Longest wait for an answer of the server.

    Raises:
        UpstreamUnavailable: The server is away, or broke off.
        UpstreamRejected: It refused the login or, with `together`, a statement.
    """
    opened = await open_socket(policy, server.host, server.port, service=SERVICE, timeout_seconds=connect_seconds)
    opened.setblocking(True)
    session = _Session(server, silence_seconds, policy.response_limit_bytes)
    work = asyncio.create_task(asyncio.to_thread(session.run, opened, statements, together))
    try:
        return await asyncio.shield(work)
    finally:
        close_socket(opened)  # a thread that still waits for the server wakes up


class _Session:
    """One connection, in a thread of its own."""

    def __init__(self, server: MysqlServer, silence_seconds: float, limit_bytes: int) -> None:
        self._server = server
        self._silence_seconds = silence_seconds
        self._left = self._limit_bytes = limit_bytes
        self._driver = load("pymysql")

    def run(
        self, opened: socket.socket, statements: Sequence[Statement], together: bool
    ) -> list[list[Table] | TapbotError]:
        """All statements, in order."""
        scripts = any(statement.script for statement in statements)
        connection = self._connect(opened, scripts=scripts)
        try:
            return self._run_all(connection, statements, together)
        finally:
            with suppress(self._driver.MySQLError, OSError):
                connection.close()

    def _run_all(
        self, connection: Any, statements: Sequence[Statement], together: bool
    ) -> list[list[Table] | TapbotError]:
        if not together:
            return [self._attempt(connection, statement) for statement in statements]
        self._one(connection, Statement(["START TRANSACTION"]))
        made: list[list[Table] | TapbotError] = [self._one(connection, statement) for statement in statements]
        self._one(connection, Statement(["COMMIT"]))
        return made

    def _connect(self, opened: socket.socket, *, scripts: bool) -> Any:
        constants = load("pymysql.constants")
        every_type = [number for name, number in vars(constants.FIELD_TYPE).items() if name.isupper()]
        convert = {**load("pymysql.converters").encoders, **dict.fromkeys(every_type, self._take)}
        server = self._server
        try:
            connection = self._driver.Connection(
                host=server.host,
                user=server.user,
                password=server.password,
                database=server.database or None,
                charset="utf8mb4",
                conv=convert,
                client_flag=constants.CLIENT.MULTI_STATEMENTS if scripts else 0,
                read_timeout=self._silence_seconds,
                write_timeout=self._silence_seconds,
                autocommit=True,
                program_name="tapbot",
                ssl=tls_context(checked=False) if server.tls else None,
                ssl_disabled=not server.tls,
                defer_connect=True,
            )
            connection.connect(opened)
        except (self._driver.MySQLError, OSError, ValueError) as error:
            raise self._failure(error, logging_in=True) from None
        return connection

    def _take(self, cell: Cell) -> Cell:
        """A cell itself.

        Raises:
            LimitExceeded: With it the results are too large.
        """
        self._left -= len(cell or "")
        if self._left < 0:
            raise LimitExceeded(
                f"{SERVICE} gave more than {self._limit_bytes} bytes.", code="upstream.too_large", hint="Add a LIMIT."
            )
        return cell

    def _attempt(self, connection: Any, statement: Statement) -> list[Table] | TapbotError:
        try:
            return self._one(connection, statement)
        except UpstreamRejected as error:
            return error

    def _one(self, connection: Any, statement: Statement) -> list[Table]:
        try:
            text = statement.parts[0]
            for value, part in zip(statement.values, statement.parts[1:], strict=True):
                text += connection.escape(value) + part
            cursor = connection.cursor()
            cursor.execute(text)
            tables = [_read(cursor)]
            while cursor.nextset():
                tables.append(_read(cursor))
        except (self._driver.MySQLError, OSError) as error:
            raise self._failure(error) from None
        return tables

    def _failure(self, error: Exception, *, logging_in: bool = False) -> TapbotError:
        """The driver's error, in words that hold no password."""
        number, told = (*error.args, "", "")[:2]
        if logging_in and number in REFUSED:
            return UpstreamRejected(
                f"{SERVICE} did not accept the credential {self._server.name!r}.", code="credential.refused"
            )
        if isinstance(error, ssl.SSLError) or "SSL" in str(told):
            return UpstreamRejected("The server offers no TLS.")
        if number in GONE or isinstance(error, OSError) or not isinstance(number, int) or not number:
            return UpstreamUnavailable(f"{SERVICE} broke off ({number or type(error).__name__}).")
        return UpstreamRejected(f"{SERVICE}: {str(told)[:500]} ({number}).")


def _read(cursor: Any) -> Table:
    columns = None if cursor.description is None else [(str(one[0]), int(one[1])) for one in cursor.description]
    return Table(columns, cursor.fetchall() if columns else (), max(cursor.rowcount, 0), int(cursor.lastrowid or 0))
