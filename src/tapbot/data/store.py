"""Read and write records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, func, select
from sqlalchemy import delete as delete_rows
from sqlalchemy import update as update_rows
from sqlalchemy.exc import IntegrityError

from tapbot.data.fields import find_field_type
from tapbot.data.ids import new_id
from tapbot.data.query import build_order, build_where
from tapbot.data.records import Records, open_records
from tapbot.data.tables import collections
from tapbot.data.types import OWN_FIELDS, Collection, Condition, Match
from tapbot.data.values import changed_values, find_field, new_values, parse_value, show_record
from tapbot.data.writing import check_not_referenced, check_references, conflict, explain_conflict, insert_row
from tapbot.errors import InvalidInput, NotFound, TooLarge
from tapbot.events.store import tell
from tapbot.storage.columns import within
from tapbot.storage.sql import savepoint
from tapbot.storage.types import Scope

MOST_RECORDS = 10_000
"""Most records that one call reads or changes."""


def get(db: Connection, scope: Scope, collection: str, record_id: str) -> dict[str, Any] | None:
    """One record, or `None`.

    Raises:
        NotFound: There is no such collection.
    """
    records = open_records(db, scope, collection)
    try:
        wanted = str(UUID(record_id))
    except ValueError:
        return None
    row = db.execute(select(records.table).where(records.table.c.id == wanted)).mappings().one_or_none()
    return show_record(records.collection, row) if row else None


def find(
    db: Connection,
    scope: Scope,
    collection: str,
    *,
    where: Sequence[Condition] = (),
    match: Match = "all",
    sort: Sequence[str] = (),
    limit: int = 100,
    offset: int = 0,
    search: str | None = None,
) -> list[dict[str, Any]]:
    """The records for which the conditions hold.

    Args:
        match: Whether all conditions must hold, or one.
        sort: Names of fields; a leading `-` turns the order round. Default: the definition's.
        limit: 1 to 10,000.
        search: Text that some text field must contain.

    Raises:
        NotFound: There is no such collection.
        InvalidInput: A condition, a field or the limit is wrong.
    """
    if not 1 <= limit <= MOST_RECORDS or not 0 <= offset <= 2**53:
        raise InvalidInput(
            f"'limit' is 1 to {MOST_RECORDS}, 'offset' from 0 up.", code="data.invalid_limit", place=collection
        )
    records = open_records(db, scope, collection)
    query = select(records.table).where(build_where(records, where, search, match=match))
    query = query.order_by(*build_order(records, sort)).limit(limit).offset(offset)
    return [show_record(records.collection, row) for row in db.execute(query).mappings()]


def count(
    db: Connection, scope: Scope, collection: str, *, where: Sequence[Condition] = (), search: str | None = None
) -> int:
    """How many records there are for which all conditions hold.

    Raises:
        NotFound: There is no such collection.
        InvalidInput: A condition is wrong.
    """
    records = open_records(db, scope, collection)
    query = select(func.count()).select_from(records.table).where(build_where(records, where, search))
    return db.execute(query).scalar_one()


def insert(
    db: Connection,
    scope: Scope,
    collection: str,
    values: Mapping[str, Any],
    *,
    now: datetime,
    on_conflict: Literal["error", "ignore"] = "error",
) -> dict[str, Any] | None:
    """Make a record and tell `record.created`.

    Args:
        values: By field; `id` may be among them.
        on_conflict: What happens when a unique value is taken; with `"ignore"` nothing is written.

    Returns:
        The record; `None` when a unique value is taken and conflicts are ignored.

    Raises:
        NotFound: There is no such collection.
        InvalidInput: A field is unknown, a value is wrong, or a required one is missing.
        Conflict: A unique value is taken.
    """
    records = open_records(db, scope, collection)
    stored = new_values(records.collection, values)
    row = insert_row(db, records, stored, record_id=new_id(), now=now)
    if row is None:
        if on_conflict == "ignore":
            return None
        raise explain_conflict(db, records, stored)
    record = show_record(records.collection, row)
    tell(db, scope, "record.created", record["id"], {"collection": collection}, now=now)
    return record


def update(
    db: Connection,
    scope: Scope,
    collection: str,
    *,
    where: Sequence[Condition],
    match: Match = "all",
    values: Mapping[str, Any] | None = None,
    increment: Mapping[str, int | float] | None = None,
    now: datetime,
) -> list[dict[str, Any]]:
    """Change all records for which the conditions hold, in one statement, and tell `record.updated` of each.

    The conditions are checked and the change is made at once, so that "take two seats where two
    are free" never takes what is gone.

    Args:
        where: At least one condition.
        match: Whether all conditions must hold, or one.
        values: New values by field.
        increment: What to add to number fields; a missing value counts as 0.

    Returns:
        The records as they are after the change.

    Raises:
        NotFound: There is no such collection.
        InvalidInput: A condition, field or value is wrong, or there is nothing to change.
        Conflict: A unique value is taken.
        TooLarge: It would change over 10,000 records.
    """
    records = open_records(db, scope, collection)
    _require_condition(collection, where)
    stored = changed_values(records.collection, values or {})
    changes = {**stored, **_additions(records, increment or {}, stored)}
    if not changes:
        raise InvalidInput("there is nothing to change.", code="data.no_change", place=collection)
    check_references(db, records, stored)
    statement = (
        update_rows(records.table).where(build_where(records, where, match=match)).values(**changes, updated_at=now)
    )
    try:
        with savepoint(db):
            rows = db.execute(statement.returning(*records.table.columns)).mappings().all()
    except IntegrityError as error:
        touched = [group for group in records.collection.unique_groups if set(group) & changes.keys()]
        raise conflict(records, touched[0] if len(touched) == 1 else ()) from error
    _check_number(collection, len(rows))
    changed = [show_record(records.collection, row) for row in rows]
    for record in changed:
        data: dict[str, Any] = {"collection": collection, "changed": sorted(changes)}
        tell(db, scope, "record.updated", record["id"], data, now=now)
    return changed


def delete(
    db: Connection,
    scope: Scope,
    collection: str,
    *,
    where: Sequence[Condition],
    match: Match = "all",
    now: datetime,
) -> list[dict[str, Any]]:
    """Remove all records for which the conditions hold, and tell `record.deleted` of each.

    Args:
        where: At least one condition.
        match: Whether all conditions must hold, or one.

    Returns:
        The records as they were.

    Raises:
        NotFound: There is no such collection.
        InvalidInput: A condition is wrong, or there is none.
        Conflict: A record of another collection points to one of them.
        TooLarge: It would remove over 10,000 records.
    """
    records = open_records(db, scope, collection)
    _require_condition(collection, where)
    statement = delete_rows(records.table).where(build_where(records, where, match=match))
    with savepoint(db):
        rows = db.execute(statement.returning(*records.table.columns)).mappings().all()
        _check_number(collection, len(rows))
        check_not_referenced(db, records, [row["id"] for row in rows])
    gone = [show_record(records.collection, row) for row in rows]
    for record in gone:
        tell(db, scope, "record.deleted", record["id"], {"collection": collection}, now=now)
    return gone


def get_collection(db: Connection, scope: Scope, collection: str) -> Collection:
    """The definition of a collection.

    Raises:
        NotFound: There is none.
    """
    return open_records(db, scope, collection).collection


def list_collections(db: Connection, scope: Scope) -> list[tuple[Collection, int]]:
    """All collections of a scope by name, each with its number of records."""
    names = select(collections.c.name).where(within(collections, scope)).order_by(collections.c.name)
    opened = [open_records(db, scope, name) for name in db.scalars(names).all()]
    return [
        (records.collection, db.execute(select(func.count()).select_from(records.table)).scalar_one())
        for records in opened
    ]


def no_record(collection: str, record_id: str) -> NotFound:
    """The error for a record that is not there."""
    return NotFound(f"there is no record {record_id!r}.", code="data.unknown_record", place=collection)


def _require_condition(collection: str, where: Sequence[Condition]) -> None:
    if not where:
        raise InvalidInput(
            "a change needs a condition.",
            code="data.no_condition",
            place=collection,
            hint="Name the `id`, for example.",
        )


def _check_number(collection: str, number: int) -> None:
    if number > MOST_RECORDS:
        raise TooLarge(f"a change of over {MOST_RECORDS} records at once.", code="data.too_many", place=collection)


def _additions(records: Records, increment: Mapping[str, int | float], stored: Mapping[str, Any]) -> dict[str, Any]:
    """What `increment` asks for, as SQL expressions."""
    additions: dict[str, Any] = {}
    for name, amount in increment.items():
        field = find_field(records.collection, name)
        place = f"{records.collection.name}.{name}"
        if name in OWN_FIELDS or not find_field_type(field.type).counts:
            raise InvalidInput("only a number can be incremented.", code="data.not_a_number", place=place)
        if name in stored:
            raise InvalidInput("a field is set or incremented, not both.", code="data.invalid_value", place=place)
        column = records.table.c[name]
        additions[name] = func.coalesce(column, 0) + parse_value(records.collection, field, amount)
    return additions
