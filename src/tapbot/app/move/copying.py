"""Copies tables row by row, and computes what a table holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, func, insert, literal, select, tuple_
from sqlalchemy.exc import DBAPIError

from tapbot.app.move.tables import Part, as_engine
from tapbot.app.move.types import Content, Progress
from tapbot.errors import Conflict

FEWEST_ROWS, MOST_ROWS = 4, 1_000
BATCH_BYTES = 4_000_000
"""A batch has about so many bytes, whatever its rows are like: memory does not grow with the installation."""
MODULUS = 1 << 256


class Digest:
    """Count and hash of rows, whatever their order: databases sort texts by their own rules."""

    def __init__(self) -> None:
        self.rows = 0
        self.size_bytes = 0
        self._sum = 0

    def add(self, row: Sequence[Any]) -> None:
        """Count a row."""
        encoded = msgspec.msgpack.encode(list(row))
        self.rows += 1
        self.size_bytes += len(encoded)
        self._sum = (self._sum + int.from_bytes(sha256(encoded).digest())) % MODULUS

    def content(self) -> Content:
        """What was counted."""
        return Content(self.rows, f"{self._sum:064x}")


def batches(db: Connection, table: Table, digest: Digest) -> Iterator[Sequence[Any]]:
    """All rows in the order of their key, some at a time."""
    key = list(table.primary_key.columns)
    places = [list(table.columns).index(column) for column in key]
    query = select(*table.columns).order_by(*key)
    limit, last = 200, None
    while True:
        found = query
        if last is not None:
            values = (literal(last[place], column.type) for place, column in zip(places, key, strict=True))
            found = query.where(tuple_(*key) > tuple_(*values))
        rows = db.execute(found.limit(limit)).all()
        if not rows:
            return
        for row in rows:
            digest.add(row)
        yield rows
        last = rows[-1]
        average = max(1, digest.size_bytes // digest.rows)
        limit = min(MOST_ROWS, max(FEWEST_ROWS, BATCH_BYTES // average))


def count(db: Connection, part: Part) -> int:
    """How many rows a table has."""
    with _as_its_owner(db, part):
        return int(db.execute(select(func.count()).select_from(part.table)).scalar_one())


def copy_rows(source: Connection, target: Connection, old: Part, new: Part, progress: Progress) -> Content:
    """Copy a table and tell what was read.

    Raises:
        Conflict: The target refuses a row.
    """
    total, digest = count(source, old), Digest()
    names = [column.name for column in old.table.columns]
    with _as_its_owner(source, old), _as_its_owner(target, new):
        for rows in batches(source, old.table, digest):
            try:
                target.execute(insert(new.table), [dict(zip(names, row, strict=True)) for row in rows])
            except DBAPIError as error:
                raise Conflict(
                    f"the target refuses a row: {type(error.orig).__name__}.",
                    code="move.row_refused",
                    place=f"{old.name}, rows {digest.rows - len(rows) + 1} to {digest.rows} by their key",
                    hint="A text with a zero byte, or longer than its column, is the usual cause: change that record.",
                ) from error
            progress(old.name, digest.rows, total)
    return digest.content()


def read_content(db: Connection, part: Part) -> Content:
    """Count and hash what a table holds now."""
    digest = Digest()
    with _as_its_owner(db, part):
        for _rows in batches(db, part.table, digest):
            pass
    return digest.content()


def verify(db: Connection, parts: Sequence[Part], copied: dict[str, Content], progress: Progress) -> None:
    """Read everything again from where it was copied to.

    Raises:
        Conflict: A table holds something else than was read.
    """
    for part in parts:
        there, wanted = read_content(db, part), copied[part.name]
        if there != wanted:
            what = f"{there.rows} rows, not {wanted.rows}" if there.rows != wanted.rows else "other values"
            raise Conflict(
                f"what was copied is not what was read: {what}.",
                code="move.not_the_same",
                place=part.name,
                hint="Nothing was kept. Look for triggers or other programs on the target, then try again.",
            )
        progress(f"{part.name} compared", there.rows, wanted.rows)


def _as_its_owner(db: Connection, part: Part) -> Any:
    """A collection belongs to the engine's role, what rooms declare to the database's owner."""
    return as_engine(db) if part.scope else nullcontext()
