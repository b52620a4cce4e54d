"""First records of a collection from a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from io import StringIO
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, and_, select, update

from tapbot.data.fields import find_field_type
from tapbot.data.records import Records, open_records
from tapbot.data.types import Collection
from tapbot.data.values import find_field, new_values
from tapbot.data.writing import check_references, explain_conflict, insert_row
from tapbot.errors import InvalidInput, UserError
from tapbot.storage.types import Scope


def plant(db: Connection, scope: Scope, collection: Collection, text: str, *, path: str, now: datetime) -> int:
    """Insert the rows of a seed, or update those whose key is there already.

    Args:
        text: The CSV file: a line with the fields' names, then a record a line; an empty cell is no value.
        path: Name of the file, for messages.

    Returns:
        How many rows the file has.

    Raises:
        InvalidInput: A row is wrong; the message names file and line.
        Conflict: A unique value is taken by another record.
    """
    records = open_records(db, scope, collection.name)
    rows = 0
    for line, values in read_seed(collection, text, path=path):
        rows += 1
        key = seed_key(collection, tuple(values), path=path)
        try:
            _plant_row(db, records, values, key, now)
        except UserError as error:
            place = f"{path}:{line}"
            raise type(error)(error.message, code=error.code, place=place, hint=error.hint) from error
    return rows


def read_seed(collection: Collection, text: str, *, path: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Lines of a seed with their numbers and values, as text.

    Raises:
        InvalidInput: The file is not CSV, or names a field that is not there.
    """
    reader = csv.reader(StringIO(text.removeprefix("\ufeff")), strict=True)
    header: list[str] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = [cell.strip() for cell in cells]
                _check_header(collection, header, path)
            elif len(cells) != len(header):
                raise InvalidInput(
                    f"expected {len(header)} cells, got {len(cells)}.",
                    code="data.invalid_seed",
                    place=f"{path}:{reader.line_num}",
                )
            else:
                yield reader.line_num, {name: cell.strip() or None for name, cell in zip(header, cells, strict=True)}
    except csv.Error as error:
        raise InvalidInput(
            f"not valid CSV: {error}.", code="data.invalid_seed", place=f"{path}:{reader.line_num}"
        ) from error


def seed_key(collection: Collection, header: tuple[str, ...], *, path: str) -> tuple[str, ...]:
    """The fields by which a row of a seed is found again: `id`, or the first unique ones that the file has.

    Raises:
        InvalidInput: The file has none, so that its next change would double its records.
    """
    for group in (("id",), *collection.unique_groups):
        if set(group) <= set(header):
            return group
    raise InvalidInput(
        "a seed needs a column (or columns together) that the definition calls unique.",
        code="data.invalid_seed",
        place=f"{path}:1",
        hint=f"Write `unique: true` at a field, or `unique: [[a, b]]`, in collections/{collection.name}.yaml.",
    )


def _check_header(collection: Collection, header: list[str], path: str) -> None:
    for name in header:
        try:
            find_field(collection, name)
        except InvalidInput as error:
            raise InvalidInput(error.message, code=error.code, place=f"{path}:1", hint=error.hint) from error
    if len(set(header)) != len(header):
        raise InvalidInput("a field stands here twice.", code="data.invalid_seed", place=f"{path}:1")


def _plant_row(db: Connection, records: Records, values: dict[str, Any], key: tuple[str, ...], now: datetime) -> None:
    given = {name: _read_cell(records.collection, name, cell) for name, cell in values.items()}
    stored = new_values(records.collection, given)
    table = records.table
    if any(stored.get(name) is None for name in key):
        raise InvalidInput(f"{' and '.join(key)} must not be empty.", code="data.invalid_seed")
    same = and_(*(table.c[name] == stored[name] for name in key))
    found = db.execute(select(table.c.id).where(same)).scalar_one_or_none()
    if found is not None:
        check_references(db, records, stored)
        changes = {name: stored.get(name) for name in values if name != "id"}
        db.execute(update(table).where(table.c.id == found).values(**changes, updated_at=now))
    elif insert_row(db, records, stored, record_id=str(uuid4()), now=now) is None:
        raise explain_conflict(db, records, stored)


def _read_cell(collection: Collection, name: str, cell: str | None) -> Any:
    if cell is None:
        return None
    read = find_field_type(find_field(collection, name).type).read_cell
    return read(cell) if read else cell
