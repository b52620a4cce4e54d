"""Write single rows of records: running numbers, references, conflicts. Says nothing to anybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, and_, select, update

from tapbot.data.records import Records, open_records
from tapbot.data.tables import collections, sequences
from tapbot.data.types import Field
from tapbot.errors import Conflict, InvalidInput
from tapbot.loader import load
from tapbot.storage.columns import owned, within
from tapbot.storage.sql import insert_new

IDS_AT_ONCE = 500


def insert_row(
    db: Connection, records: Records, stored: Mapping[str, Any], *, record_id: str, now: datetime
) -> RowMapping | None:
    """Insert a record; `None` when its id or another unique value is taken.

    Args:
        stored: Values as `new_values` gives them.
        record_id: Its id, unless the values bring one.
    """
    check_references(db, records, stored)
    numbered = [field for field in records.collection.fields if field.sequence]
    numbers = {field.name: _next_number(db, records, field) for field in numbered}
    row = {"id": record_id, **stored, **numbers, "created_at": now, "updated_at": now}
    inserted = insert_ignoring(db, records.table, row)
    if inserted is None:
        for field in numbered:
            _give_back(db, records, field)
    return inserted


def insert_ignoring(db: Connection, table: Table, row: Mapping[str, Any]) -> RowMapping | None:
    """Insert a row and return it; `None` when a unique value is taken. The transaction stays usable."""
    statement = insert_new(table).values(**row).returning(*table.columns)
    return db.execute(statement).mappings().one_or_none()


def explain_conflict(db: Connection, records: Records, stored: Mapping[str, Any]) -> Conflict:
    """The error that names the fields whose values are taken."""
    table = records.table
    for group in (("id",), *records.collection.unique_groups):
        if all(stored.get(name) is not None for name in group):
            taken = and_(*(table.c[name] == stored[name] for name in group))
            if db.execute(select(table.c.id).where(taken).limit(1)).first():
                return conflict(records, group)
    return conflict(records, ())


def conflict(records: Records, group: tuple[str, ...]) -> Conflict:
    """The error for values that another record has."""
    what = " and ".join(group) or "unique values"
    place = f"{records.collection.name}.{group[0]}" if len(group) == 1 else records.collection.name
    return Conflict(f"another record has the same {what}.", code="data.not_unique", place=place)


def check_references(db: Connection, records: Records, stored: Mapping[str, Any]) -> None:
    """Check that what references point to is there.

    Raises:
        InvalidInput: It is not.
    """
    for field in records.collection.fields:
        target_id = stored.get(field.name)
        if field.to is None or target_id is None:
            continue
        target = open_records(db, records.scope, field.to).table
        if not db.execute(select(target.c.id).where(target.c.id == target_id)).first():
            raise InvalidInput(
                f"there is no record {target_id} in {field.to!r}.",
                code="data.broken_reference",
                place=f"{records.collection.name}.{field.name}",
            )


def check_not_referenced(db: Connection, records: Records, record_ids: Sequence[str]) -> None:
    """Check that no record points to one of those that were removed, in this collection or another.

    Raises:
        Conflict: One does.
    """
    names = select(collections.c.name).where(within(collections, records.scope)).order_by(collections.c.name)
    for name in db.scalars(names).all():
        others = open_records(db, records.scope, name)
        for field in others.collection.fields:
            column = others.table.c[field.name]
            if field.to != records.collection.name:
                continue
            for first in range(0, len(record_ids), IDS_AT_ONCE):
                pointing = select(others.table.c.id).where(column.in_(record_ids[first : first + IDS_AT_ONCE]))
                if db.execute(pointing.limit(1)).first():
                    raise Conflict(
                        f"records of {name!r} still point to it with {field.name!r}.",
                        code="data.still_referenced",
                        place=records.collection.name,
                        hint="Change or remove them first.",
                    )


def _next_number(db: Connection, records: Records, field: Field) -> str:
    """Count on, and give the number with its prefix. The row stays locked until the commit."""
    rule = field.sequence
    assert rule is not None  # noqa: S101  # the caller asks for sequences alone
    make = load(f"sqlalchemy.dialects.{db.dialect.name}").insert  # only one of the two, which is loaded already
    names = {**owned(records.scope), "collection": records.collection.name, "field": field.name}
    statement = make(sequences).values(**names, last_value=rule.start)
    counted = statement.on_conflict_do_update(
        index_elements=list(sequences.primary_key.columns), set_={"last_value": sequences.c.last_value + 1}
    ).returning(sequences.c.last_value)
    return f"{rule.prefix}{db.execute(counted).scalar_one()}"


def _give_back(db: Connection, records: Records, field: Field) -> None:
    """Undo the last count, which nobody saw: the transaction still holds the row."""
    mine = and_(
        within(sequences, records.scope),
        sequences.c.collection == records.collection.name,
        sequences.c.field == field.name,
    )
    db.execute(update(sequences).where(mine).values(last_value=sequences.c.last_value - 1))
