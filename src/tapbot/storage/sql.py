"""What SQLite and PostgreSQL say differently, said once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import BigInteger, ClauseElement, ColumnElement, Connection, Insert, Table, insert, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.base import SyntaxExtension
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _OrLeaveAlone(SyntaxExtension, ClauseElement):
    """The end of an insert that both databases spell alike; a dialect's own form would load the dialect at start."""

    inherit_cache = True
    _traverse_internals = []  # as the class above declares it

    def apply_to_insert(self, insert_stmt: Insert) -> None:
        """Stand after the values."""
        insert_stmt.apply_syntax_extension_point(lambda others: [*others, self], "post_values")


@compiles(_OrLeaveAlone)
def _compile_or_leave_alone(_element: _OrLeaveAlone, _compiler: SQLCompiler, **_options: Any) -> str:
    return "ON CONFLICT DO NOTHING"


def insert_new(table: Table) -> Insert:
    """An insert that leaves a row alone whose key, or any other unique value, is there already.

    With `returning`, no row comes back for what was there. On PostgreSQL it waits for another transaction that is
    just inserting the same key, so that two processes never both take themselves for the first.
    """
    return insert(table).ext(_OrLeaveAlone())


class _DatabaseMs(FunctionElement[int]):
    """The clock of the database in milliseconds since 1970, UTC."""

    inherit_cache = True  # a function's; a bare element would be compiled anew each time
    name = "database_ms"
    type = BigInteger()


@compiles(_DatabaseMs)
def _compile_for_sqlite(_element: _DatabaseMs, _compiler: SQLCompiler, **_options: Any) -> str:
    return "CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER)"


@compiles(_DatabaseMs, "postgresql")
def _compile_for_postgresql(_element: _DatabaseMs, _compiler: SQLCompiler, **_options: Any) -> str:
    # As a subquery it is computed once a statement, so that an index on the other side of a comparison is used.
    # `now()` would stand still for a whole transaction, and a grouped one may have begun a while ago.
    return "(SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT))"


def database_ms() -> ColumnElement[int]:
    """The database's own clock: milliseconds since 1970, UTC. Leases are decided by it alone."""
    return _DatabaseMs()


def unindexed(wanted: ColumnElement[str]) -> ColumnElement[str]:
    """A text of a row that is found by another column: this one's index would give all rows of the same text."""
    return wanted.concat("")


def lock_until_commit(db: Connection, *names: str) -> None:
    """Let nobody else pass here with the same names until this transaction ends. SQLite has one writer anyway.

    What is read after it sees what the one before wrote.
    """
    if db.dialect.name == "postgresql":
        db.execute(_LOCK, {"name": "\x1f".join(names)})


_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


@contextmanager
def savepoint(db: Connection) -> Iterator[None]:
    """What is done inside is undone when it raises, and the transaction stays usable.

    Its name is always the same (inner ones hide outer ones), so that the statement is prepared once.
    """
    db.exec_driver_sql("SAVEPOINT one_try")
    try:
        yield
    except BaseException:
        db.exec_driver_sql("ROLLBACK TO one_try")
        db.exec_driver_sql("RELEASE one_try")
        raise
    db.exec_driver_sql("RELEASE one_try")


def full_name(db: Connection, schema: str | None, name: str) -> str:
    """A table or an index as SQL writes it."""
    quote = db.dialect.identifier_preparer.quote_identifier
    return f"{quote(schema)}.{quote(name)}" if schema else quote(name)


def quoted(text: str) -> str:
    """A text as a literal of SQL."""
    if "\0" in text:
        raise ValueError("a text with a zero byte")
    return "'" + text.replace("'", "''") + "'"
