"""Make and extend the tables of collections. Changes only add: no column is ever dropped or retyped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import Connection, Index, delete, insert, inspect, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import CreateColumn, CreateIndex
from sqlalchemy.types import TypeEngine

from tapbot.data.definition import encode_definition, seed_path
from tapbot.data.records import Records, build_records
from tapbot.data.seed import plant
from tapbot.data.tables import collections
from tapbot.data.types import Collection
from tapbot.data.values import parse_value
from tapbot.errors import InvalidInput
from tapbot.storage.columns import owned, within
from tapbot.storage.roles import make_schema, secure_collection
from tapbot.storage.sql import full_name, lock_until_commit, savepoint
from tapbot.storage.types import Scope

TEXTS = {"VARCHAR(255)", "TEXT"}
"""Column types that may take each other's place without touching a stored value."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What `apply_collections` changed."""

    made: tuple[str, ...] = ()
    extended: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    """Collections without a file any more. Their tables stay, and come back with the file."""
    seeded: Mapping[str, int] = field(default_factory=dict)
    """Rows of the seeds that were planted, by collection."""


def apply_collections(
    db: Connection, scope: Scope, definitions: Sequence[Collection], *, files: Mapping[str, str], now: datetime
) -> Applied:
    """Bring a scope's collections to their definitions, and plant what their seeds say.

    A seed is planted when its text differs from the last one: a row whose key is there already is
    updated, another is inserted; a row that left the seed stays.

    Args:
        definitions: All collections of the project.
        files: Texts of the project's files by path, for the seeds.

    Raises:
        InvalidInput: A change does more than add, a new rule of uniqueness does not hold for the
            records there are, or a seed is wrong. The message names the place.
        Conflict: A row of a seed takes a unique value of another record.
    """
    lock_until_commit(db, "collections", scope.project_id, scope.environment)
    query = select(collections.c.name, collections.c.definition_hash, collections.c.seed_hash)
    known = {name: (definition, seed) for name, definition, seed in db.execute(query.where(within(collections, scope)))}
    made: list[str] = []
    extended: list[str] = []
    for collection in definitions:
        definition = encode_definition(collection)
        if collection.name not in known or known[collection.name][0] != _hash(definition):
            records = build_records(scope, definition, in_schema=db.dialect.name == "postgresql")
            (made if _make_or_extend(db, records) else extended).append(collection.name)
            _note(db, records, definition, known=collection.name in known, now=now)
    seeded = {}
    for collection in definitions:  # after all tables, because seeds may refer to each other
        path = seed_path(collection, files)
        if path is not None and known.get(collection.name, (None, None))[1] != _hash(files[path]):
            seeded[collection.name] = plant(db, scope, collection, files[path], path=path, now=now)
            this = within(collections, scope) & (collections.c.name == collection.name)
            db.execute(update(collections).where(this).values(seed_hash=_hash(files[path])))
    withdrawn = tuple(sorted(known.keys() - {collection.name for collection in definitions}))
    if withdrawn:
        db.execute(delete(collections).where(within(collections, scope), collections.c.name.in_(withdrawn)))
    return Applied(tuple(made), tuple(extended), withdrawn, seeded)


def _hash(content: str) -> str:
    return sha256(content.encode()).hexdigest()


def _note(db: Connection, records: Records, definition: str, *, known: bool, now: datetime) -> None:
    """Keep the definition, from which every call builds its query."""
    kept: dict[str, Any] = {
        "definition": msgspec.to_builtins(records.collection),
        "definition_hash": _hash(definition),
        "updated_at": now,
    }
    if known:
        this = within(collections, records.scope) & (collections.c.name == records.collection.name)
        db.execute(update(collections).where(this).values(**kept))
    else:
        row = {**owned(records.scope), "name": records.collection.name, "created_at": now, **kept}
        db.execute(insert(collections).values(**row))


def _make_or_extend(db: Connection, records: Records) -> bool:
    """Whether the table was made; else its missing columns and indexes were added."""
    table = records.table
    if not inspect(db).has_table(table.name, schema=table.schema):
        if table.schema is not None:
            make_schema(db, table.schema)
        table.create(db)
        if table.schema is not None:
            secure_collection(db, table.schema, table.name, records.scope)
        return True
    _add_columns(db, records)
    _change_indexes(db, records)
    return False


def _add_columns(db: Connection, records: Records) -> None:
    table = records.table
    there = {column["name"]: column["type"] for column in inspect(db).get_columns(table.name, schema=table.schema)}
    for column in table.columns:
        if column.name not in there:
            # Nothing that a stranger wrote goes in here: names come from checked definitions.
            added = CreateColumn(column).compile(dialect=db.dialect)
            db.execute(text(f"ALTER TABLE {full_name(db, table.schema, table.name)} ADD COLUMN {added}"))
            _fill(db, records, column.name)
        elif not _compatible(db, there[column.name], column.type):
            raise InvalidInput(
                f"the field {column.name!r} cannot change its type: records hold {there[column.name]}.",
                code="data.type_changed",
                place=f"collections/{records.collection.name}.yaml",
                hint="Give the field with the new type a new name.",
            )


def _fill(db: Connection, records: Records, name: str) -> None:
    """Give the default of a new field to the records there are."""
    new = records.collection.all_fields[name]
    if new.default is not None:
        value = parse_value(records.collection, new, new.default)
        db.execute(update(records.table).values({name: value}))


def _compatible(db: Connection, old: TypeEngine[Any], new: TypeEngine[Any]) -> bool:
    names = {str(each.compile(dialect=db.dialect)) for each in (old, new)}
    return len(names) == 1 or names <= TEXTS


def _change_indexes(db: Connection, records: Records) -> None:
    """Add the rules of uniqueness that are new, and lift those that are gone."""
    table = records.table
    there = {str(index["name"]) for index in inspect(db).get_indexes(table.name, schema=table.schema)}
    wanted = {str(index.name): index for index in table.indexes}
    for name in sorted(there - wanted.keys()):
        db.execute(text(f"DROP INDEX {full_name(db, table.schema, name)}"))
    for name in sorted(wanted.keys() - there):
        _add_index(db, records, wanted[name])


def _add_index(db: Connection, records: Records, index: Index) -> None:
    try:
        with savepoint(db):
            db.execute(CreateIndex(index))
    except IntegrityError as error:
        names = ", ".join(column.name for column in index.columns)
        raise InvalidInput(
            f"{names} cannot become unique: some records have the same value.",
            code="data.not_unique",
            place=f"collections/{records.collection.name}.yaml",
            hint="Change those records first.",
        ) from error
