"""Changes that write one row by one statement: those that wait together become one statement of many rows.

Measured reason (`benchmarks/journal.py`): on PostgreSQL each statement costs a round trip, and two processes that wait
for each other; two hundred rows in one statement cost little more than one. On SQLite each statement hands Python's
lock to the event loop's thread and waits to get it back.
"""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Any, Generic, TypeAlias, TypeVar

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Dialect,
    Executable,
    FromClause,
    Insert,
    Row,
    Table,
    bindparam,
    cast,
    column,
    func,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from tapbot.errors import TapbotError
from tapbot.storage.change import Change
from tapbot.storage.columns import Json, Utc, encode_json, write_time
from tapbot.storage.guard import SCOPE

T = TypeVar("T")
U = TypeVar("U")
MOST_ROWS_A_STATEMENT = 64
"""On SQLite. A statement is prepared for each number of rows up to `FEW_ROWS`, then for powers of two: so few are kept,
and the few rows that mostly come together are one statement."""
FEW_ROWS = 8
Given: TypeAlias = Callable[[str], ColumnElement[Any]]
"""Gives a row's value by its name: a parameter of the statement, or a column of the many rows given to it."""


Compose: TypeAlias = Callable[[Given, FromClause | None], Executable]
"""Composes a statement from the values of a row, and the many rows to select them from; `None` for one row."""


class RowStatement:
    """A statement that writes a row, or on PostgreSQL many at once. It returns a row for each that it wrote.

    Args:
        compose: Makes the statement.
        types: Names and types of a row's values.
        key: Columns of what is returned by which a row is known, with the names of the values that they equal. Empty
            when every row is written: then they come back in order.
    """

    def __init__(
        self, compose: Compose, types: Mapping[str, TypeEngine[Any]], key: Mapping[str, str] | None = None
    ) -> None:
        self._compose = compose
        self._types = types
        self._key = key or {}
        self._for_sqlite: _PlainStatement | None = None

    @cached_property
    def one(self) -> Executable:
        """For one row: its parameters are the row's values."""
        return self._compose(lambda name: bindparam(name, None, self._types[name]), None)

    @cached_property
    def _many(self) -> Executable:
        # One dimension: a JSON list among the values is a value.
        types = {name: ARRAY(type_, dimensions=1) for name, type_ in self._types.items()}
        arrays = [cast(bindparam(name, type_=type_), type_) for name, type_ in types.items()]
        columns = [column(name, type_) for name, type_ in self._types.items()]
        rows = func.unnest(*arrays).table_valued(*columns, name="given").render_derived()
        return self._compose(lambda name: rows.c[name], rows)

    def key_of(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """By what a row is known; no two are alike where every row is written."""
        return tuple(row[name] for name in self._key.values()) if self._key else (id(row),)

    def write_one(self, db: Connection, row: Mapping[str, Any]) -> Any:
        """Write a row; gives what came back, `None` when it was not written."""
        if db.dialect.name != "sqlite" or SCOPE in db.info:
            return db.execute(self.one, row).one_or_none()
        plain = self._plain(db.dialect)
        found = plain.run(db, [row])
        return plain.fields(*found[0]) if found else None

    def _plain(self, dialect: Dialect) -> _PlainStatement:
        """The statement as SQLite's driver takes it: composing and wrapping it anew costs more than running it."""
        if self._for_sqlite is None:
            self._for_sqlite = _PlainStatement(self.one, self._types, dialect)
        return self._for_sqlite

    def write_many(self, db: Connection, rows: Sequence[Mapping[str, Any]]) -> list[Row[Any] | None]:
        """Write rows with different keys; gives what came back for each, `None` for one that was not written."""
        if db.dialect.name == "sqlite":
            plain = self._plain(db.dialect)
            if not plain.takes_many:
                return [self.write_one(db, row) for row in rows]
            found: Sequence[Any] = [plain.fields(*one) for chunk in _chunks(rows) for one in plain.run(db, chunk)]
        else:
            found = db.execute(self._many, {name: [row.get(name) for row in rows] for name in self._types}).all()
        if not self._key:
            return list(found)
        by_key = {tuple(getattr(one, name) for name in self._key): one for one in found}
        return [by_key.get(self.key_of(row)) for row in rows]


class _PlainStatement:
    """A statement in SQLite's own words, with the values that it takes of a row.

    Args:
        one: For one row.
        types: Names and types of a row's values.
    """

    def __init__(self, one: Executable, types: Mapping[str, TypeEngine[Any]], dialect: Dialect) -> None:
        self.takes_many = isinstance(one, Insert) and one.select is None
        compiled: Any = one.compile(  # type: ignore[attr-defined]  # every statement can be
            dialect=dialect,
            column_keys=list(types) if self.takes_many else None,
            compile_kwargs={"render_postcompile": True},
        )
        names: list[str] = compiled.positiontup
        self._blank = dict.fromkeys(names) | {name: compiled.params[name] for name in names if name not in types}
        self._take = itemgetter(*names, names[0])  # the first once more: of one name alone it would give no tuple
        processors = [_processor(types.get(name), compiled._bind_processors.get(name)) for name in names]
        self._processors = [(place, found) for place, found in enumerate(processors) if found is not None]
        sql, returned = str(compiled), [one.name for one in compiled.effective_returning]
        self._known = _known_beforehand(one, sql, returned, types)
        self._texts = {1: sql.partition(" RETURNING ")[0] if self._known else sql}
        make: Any = namedtuple  # its names are known by now, and not before
        self.fields = make("Written", returned)

    def run(self, db: Connection, rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
        """Write rows; gives what came back, or would have."""
        sql = self._texts.get(len(rows)) or self._text_for(len(rows))
        values: list[Any] = []
        for row in rows:
            try:
                taken = list(self._take(row))
            except KeyError:
                taken = list(self._take({**self._blank, **row}))
            taken.pop()
            for place, process in self._processors:
                value = taken[place]
                if value is not None:
                    taken[place] = process(value)
            values += taken
        try:
            done = db.connection.driver_connection.execute(sql, values)  # type: ignore[union-attr]  # it is open
            if self._known is None:
                return list(done.fetchall())
        except sqlite3.Error as error:
            raise DBAPIError.instance(sql, None, error, sqlite3.Error, hide_parameters=True) from error
        first = done.lastrowid - len(rows) + 1
        return [tuple([row.get(name, first + place) for name in self._known]) for place, row in enumerate(rows)]

    def _text_for(self, count: int) -> str:
        """The insert with the brackets after `VALUES` written for each row."""
        head, _, rest = self._texts[1].partition(" VALUES ")
        depth = end = 0
        while not end or depth:
            depth += {"(": 1, ")": -1}.get(rest[end], 0)
            end += 1
        self._texts[count] = f"{head} VALUES {', '.join([rest[:end]] * count)}{rest[end:]}"
        return self._texts[count]


def _known_beforehand(one: Executable, sql: str, returned: list[str], given: Mapping[str, Any]) -> list[str] | None:
    """What a statement would return, where that is known without it: each row is written, and numbers are counted on.

    Each row that SQLite gives back is another turn of waiting for Python's lock.
    """
    if not (isinstance(one, Insert) and isinstance(one.table, Table)) or one.select is not None or "ON CONFLICT" in sql:
        return None
    counted = one.table.autoincrement_column
    known = {*given, counted.name} if counted is not None else given.keys()
    return returned if known >= set(returned) else None


def _chunks(rows: Sequence[Mapping[str, Any]]) -> Iterator[Sequence[Mapping[str, Any]]]:
    """The rows in pieces for which statements are kept."""
    start = 0
    while (left := len(rows) - start) > 0:
        count = left if left <= FEW_ROWS else min(MOST_ROWS_A_STATEMENT, 1 << left.bit_length() - 1)
        yield rows[start : start + count]
        start += count


def _processor(type_: TypeEngine[Any] | None, composed: Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:
    """How a value becomes SQLite's; our own types say it without the layers that SQLAlchemy puts around them."""
    if isinstance(type_, Json):
        return encode_json
    return write_time if isinstance(type_, Utc) else composed


@dataclass(frozen=True, slots=True)
class RowChange(Generic[T]):
    """A change that writes one row. It is called with a connection like any other; a writer may also batch it.

    Args:
        settle: Gets what came back, `None` when the row was not written, and gives the result and what else is to be
            written. It may refuse (raise a `TapbotError`) only a row that was not written.
    """

    statement: RowStatement
    row: Mapping[str, Any]
    settle: Callable[[Connection, Any], tuple[T, RowChange[Any] | None]]

    def __call__(self, db: Connection) -> T:
        """Write it by itself."""
        written = self.statement.write_one(db, self.row)
        result, following = self.settle(db, written)
        if following is not None:
            following(db)
        return result

    def before(self, last: RowChange[U]) -> RowChange[U]:
        """The two in one transaction, this one first; nothing else may follow from it."""

        def settle(db: Connection, written: Row[Any] | None) -> tuple[Any, RowChange[Any]]:
            return self.settle(db, written)[0], last

        return RowChange(self.statement, self.row, settle)

    def giving(self, tell: Callable[[T], U]) -> RowChange[U]:
        """The same change with another result."""

        def settle(db: Connection, written: Row[Any] | None) -> tuple[U, RowChange[Any] | None]:
            result, following = self.settle(db, written)
            return tell(result), following

        return RowChange(self.statement, self.row, settle)


def batches(changes: Sequence[Change]) -> list[list[Change]]:
    """Changes of one statement, with different keys, that may be written together; two at least."""
    found: dict[int, dict[tuple[Any, ...], Change]] = {}
    for change in changes:
        if isinstance(change.run, RowChange) and change.scope is None:
            statement = change.run.statement
            found.setdefault(id(statement), {}).setdefault(statement.key_of(change.run.row), change)
    return [list(by_key.values()) for by_key in found.values() if len(by_key) > 1]


def write_batch(db: Connection, changes: Sequence[Change]) -> None:
    """Write a batch, and what follows from it, and note each change's outcome.

    Raises:
        Exception: Something of it cannot be written; nothing of it counts.
    """
    waiting: list[tuple[Change, RowChange[Any], bool]] = [(change, change.run, True) for change in changes]  # type: ignore[misc]
    while waiting:
        by_statement: dict[int, list[tuple[Change, RowChange[Any], bool]]] = {}
        for one in waiting:
            by_statement.setdefault(id(one[1].statement), []).append(one)
        waiting = []
        for group in by_statement.values():
            written = group[0][1].statement.write_many(db, [row.row for _, row, _ in group])
            for (change, row, first), returned in zip(group, written, strict=True):
                following = _settle(db, change, row, returned, first=first)
                if following is not None:
                    waiting.append((change, following, False))


def _settle(
    db: Connection, change: Change, row: RowChange[Any], returned: Row[Any] | None, *, first: bool
) -> RowChange[Any] | None:
    db.info["told"] = change.told
    try:
        result, following = row.settle(db, returned)
    except TapbotError as refusal:
        if returned is not None:
            raise
        change.fail(refusal)
        return None
    if first:
        change.result = result
    return following
