"""Changes that write one row by one statement: those that wait together become one statement of many rows.

Measured reason (`benchmarks/journal.py`): on PostgreSQL each statement costs a round trip, and two processes that wait
for each other; two hundred rows in one statement cost little more than one.
"""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
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
    bindparam,
    cast,
    column,
    func,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from tapbot.errors import TapbotError
from tapbot.storage.change import Change
from tapbot.storage.guard import SCOPE

T = TypeVar("T")
U = TypeVar("U")
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
        self._for_sqlite: Any = None

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
        sql, takes, fields = self._plain(db.dialect)
        values = [take(row) for take in takes]
        raw = db.connection.driver_connection
        try:
            found = raw.execute(sql, values).fetchone()  # type: ignore[union-attr]  # a connection is open
        except sqlite3.Error as error:
            raise DBAPIError.instance(sql, None, error, sqlite3.Error, hide_parameters=True) from error
        return None if found is None else fields(*found)

    def _plain(self, dialect: Dialect) -> Any:
        """The statement as SQLite's driver takes it: composing and wrapping it anew costs more than running it."""
        if self._for_sqlite is None:
            valued = isinstance(self.one, Insert) and self.one.select is None
            compiled: Any = self.one.compile(  # type: ignore[attr-defined]  # every statement can be
                dialect=dialect,
                column_keys=list(self._types) if valued else None,
                compile_kwargs={"render_postcompile": True},
            )
            processors = compiled._bind_processors
            takes = [_take(name, name in self._types, compiled.params, processors) for name in compiled.positiontup]
            returned = [one.name for one in compiled.effective_returning]
            self._for_sqlite = (str(compiled), takes, namedtuple("Written", returned))
        return self._for_sqlite

    def write_many(self, db: Connection, rows: Sequence[Mapping[str, Any]]) -> list[Row[Any] | None]:
        """Write rows with different keys; gives what came back for each, `None` for one that was not written."""
        found = db.execute(self._many, {name: [row.get(name) for row in rows] for name in self._types}).all()
        if not self._key:
            return list(found)
        by_key = {tuple(getattr(one, name) for name in self._key): one for one in found}
        return [by_key.get(self.key_of(row)) for row in rows]


def _take(
    name: str, varies: bool, fixed: Mapping[str, Any], processors: Mapping[str, Any]
) -> Callable[[Mapping[str, Any]], Any]:
    """How a parameter's value is taken from a row, or is the same for every row."""
    processor = processors.get(name)
    if not varies:
        value = fixed[name]
        return lambda _row: value
    if processor is None:
        return lambda row: row.get(name)
    return lambda row: processor(row.get(name))


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
