"""SQLite databases that stand as files in the folder of file nodes: values apart from the SQL, limits on each call."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tapbot.errors import InvalidInput, LimitExceeded, NotFound, TapbotError

MOST_ROWS = 200_000
LARGEST_ANSWER_BYTES = 100_000_000
LARGEST_DATABASE_BYTES = 2_000_000_000
LARGEST_VALUE_BYTES = 50_000_000
LARGEST_STATEMENT_BYTES = 1_000_000
INSTRUCTIONS_BETWEEN_LOOKS = 5_000
OPEN_PRAGMAS = frozenset({
    "application_id", "collation_list", "compile_options", "encoding", "foreign_key_check", "foreign_key_list",
    "foreign_keys", "freelist_count", "function_list", "index_info", "index_list", "index_xinfo", "integrity_check",
    "journal_mode", "optimize", "page_count", "page_size", "quick_check", "synchronous", "table_info", "table_list",
    "table_xinfo", "user_version",
})  # fmt: skip
"""Settings that concern this one file; the others reach the process, other files, or lift a limit of ours."""
CLOSED_FUNCTIONS = frozenset({"load_extension", "fts3_tokenizer"})
ONE_FILE = "Statements reach this one file alone: no ATTACH, no VACUUM INTO, no extensions."
Value = str | int | float | bytes | None
Given = Sequence[Value] | Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class FileStatement:
    """One statement, and its values: by place, or by name."""

    sql: str
    values: Given = ()


@dataclass(frozen=True, slots=True)
class FileTable:
    """What a statement gave.

    Args:
        columns: `None` where it gives no rows by its nature.
        changed: How many rows it wrote or removed.
    """

    columns: tuple[str, ...] | None
    rows: list[tuple[Value, ...]]
    changed: int = 0
    made_id: int | None = None


async def run_on_file(
    place: Path,
    statements: Sequence[FileStatement],
    *,
    writes: bool,
    together: bool,
    seconds: float,
    largest_bytes: int = LARGEST_DATABASE_BYTES,
) -> list[FileTable | TapbotError]:
    """Run statements beside the loop, and stop them when their time is over or nobody waits any more.

    Args:
        writes: Changes are allowed, and a file that is not there is made.
        together: All or nothing: the first failure is raised. Otherwise each statement is kept by itself, and a
            failure stands in its place.
        seconds: For all of them.
        largest_bytes: A write may make the file so large.

    Raises:
        NotFound: There is no such file.
        InvalidInput: The file is no database, or SQLite refused a statement.
        LimitExceeded: It took too long, or gave too much.
    """
    given_up = threading.Event()
    work = _Work(place, given_up, time.monotonic() + seconds, seconds, largest_bytes)
    try:
        return await asyncio.to_thread(work.run, statements, writes=writes, together=together)
    finally:
        given_up.set()


@dataclass(frozen=True, slots=True)
class _Work:
    """One call, in its thread."""

    place: Path
    given_up: threading.Event
    deadline: float
    seconds: float
    largest_bytes: int

    def run(
        self, statements: Sequence[FileStatement], *, writes: bool, together: bool
    ) -> list[FileTable | TapbotError]:
        if not writes and not self.place.is_file():
            raise NotFound(
                f"There is no database {self.place.name!r}.", code="node.no_file", hint="The first write makes it."
            )
        mode = "rwc" if writes else "rw"
        try:
            connection = sqlite3.connect(
                f"file:{quote(str(self.place))}?mode={mode}", uri=True, timeout=self.seconds, isolation_level=None
            )
        except sqlite3.Error as error:
            raise self._failure(error) from None
        try:
            return self._run_all(connection, statements, writes=writes, together=together)
        finally:
            connection.close()

    def _run_all(
        self, connection: sqlite3.Connection, statements: Sequence[FileStatement], *, writes: bool, together: bool
    ) -> list[FileTable | TapbotError]:
        self._guard(connection, writes=writes)
        if together and len(statements) > 1:
            with _transaction(connection, self._failure):
                return [self._run(connection, statement) for statement in statements]
        results: list[FileTable | TapbotError] = []
        for statement in statements:
            try:
                results.append(self._run(connection, statement))
            except TapbotError as error:
                if together:
                    raise
                results.append(error)
        return results

    def _guard(self, connection: sqlite3.Connection, *, writes: bool) -> None:
        """Set the limits; from then on only statements about this one file are let through."""
        try:
            (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
            connection.execute(f"PRAGMA max_page_count = {self.largest_bytes // page_bytes}")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute(f"PRAGMA query_only = {'OFF' if writes else 'ON'}")
        except sqlite3.Error as error:
            raise self._failure(error) from None
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_VALUE_BYTES)
        connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, LARGEST_STATEMENT_BYTES)
        connection.set_authorizer(_allow)
        connection.set_progress_handler(self._is_over, INSTRUCTIONS_BETWEEN_LOOKS)

    def _is_over(self) -> bool:
        return self.given_up.is_set() or time.monotonic() > self.deadline

    def _run(self, connection: sqlite3.Connection, statement: FileStatement) -> FileTable:
        before = connection.total_changes
        try:
            cursor = connection.execute(statement.sql, statement.values)
            columns = tuple(column[0] for column in cursor.description) if cursor.description else None
            rows = self._read(cursor)
        except (sqlite3.Error, sqlite3.Warning, UnicodeError, OverflowError) as error:
            raise self._failure(error) from None
        changed = connection.total_changes - before
        return FileTable(columns, rows, changed, cursor.lastrowid if changed else None)

    def _read(self, cursor: sqlite3.Cursor) -> list[tuple[Value, ...]]:
        rows: list[tuple[Value, ...]] = []
        size = 0
        for row in cursor:
            rows.append(row)
            size += sum(len(cell) if isinstance(cell, (str, bytes)) else 8 for cell in row)
            if len(rows) > MOST_ROWS or size > LARGEST_ANSWER_BYTES:
                raise LimitExceeded(
                    f"The answer has more than {MOST_ROWS} rows or {LARGEST_ANSWER_BYTES} bytes. Ask for less.",
                    code="node.too_many_items",
                )
        return rows

    def _failure(self, error: Exception) -> TapbotError:
        """SQLite's error in our words."""
        told = str(error)
        if self._is_over() and "interrupted" in told:
            return LimitExceeded(
                f"The database {self.place.name!r} took longer than {self.seconds:g} seconds.", code="node.timeout"
            )
        hint = None
        for sign, words in HINTS.items():
            hint = words if sign in told else hint
        return InvalidInput(f"SQLite: {told}.", code="node.invalid_parameter", place=self.place.name, hint=hint)


HINTS: Mapping[str, str] = {
    "no such table": "The tables are in sqlite_master: SELECT name FROM sqlite_master.",
    "unable to open": "Does the folder exist?",
    "is not a database": "Choose a file that SQLite wrote, or a name that is free.",
    "one statement at a time": "Take a node for each statement.",
    "is locked": "Another program writes into it for long; try again.",
    "readonly": "This operation only reads.",
    "not authorized": ONE_FILE,
    "authorization denied": ONE_FILE,
    "number of bindings": "Give as many values as the statement has places.",
    "did not supply a value": "Give a value for each name in the statement.",
    "database or disk is full": f"A database has {LARGEST_DATABASE_BYTES:,} bytes at most.",
}
"""What to do, by a sign in SQLite's words."""


class _transaction:  # noqa: N801  # reads as `with _transaction(…)`
    """All or nothing."""

    def __init__(self, connection: sqlite3.Connection, tell: Callable[[Exception], TapbotError]) -> None:
        self._connection = connection
        self._tell = tell

    def __enter__(self) -> None:
        self._do("BEGIN")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._connection.in_transaction:  # a full disk may have ended it already
            self._do("ROLLBACK" if kind else "COMMIT")

    def _do(self, sql: str) -> None:
        try:
            self._connection.execute(sql)
        except sqlite3.Error as error:
            raise self._tell(error) from None


def _allow(action: int, first: str | None, second: str | None, _database: str | None, _trigger: str | None) -> int:
    """SQLite asks this while it reads a statement."""
    if action == sqlite3.SQLITE_ATTACH and first != "":  # a plain VACUUM attaches a nameless file
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_PRAGMA and (first or "").lower() not in OPEN_PRAGMAS:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in CLOSED_FUNCTIONS:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK
