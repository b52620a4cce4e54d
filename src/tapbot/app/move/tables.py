"""Which tables an installation has: those that rooms declare, and one a collection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Date, DateTime, Index, MetaData, String, Table, Text, inspect, select, text
from sqlalchemy.types import TypeEngine

from tapbot.data.records import PREFIX, schema_name, table_name
from tapbot.errors import Conflict
from tapbot.loader import load
from tapbot.storage.columns import Json, Utc, metadata
from tapbot.storage.roles import ENGINE_ROLE, make_schema, secure_collection
from tapbot.storage.schema import ROOMS_WITH_TABLES
from tapbot.storage.sql import full_name
from tapbot.storage.types import Scope

UTC_AS_TEXT = 27
"""SQLite keeps a time as text of this length; no field has a text of this length."""


@dataclass(frozen=True, slots=True)
class Part:
    """A table as one of the two databases has it.

    Args:
        name: The same in both.
        table: Its columns as they are copied: JSON as the text that it is.
        scope: Whose collection it is; None for a table of a room.
    """

    name: str
    table: Table
    scope: Scope | None = None


def room_tables() -> list[Table]:
    """The tables that rooms declare."""
    for room in ROOMS_WITH_TABLES:
        load(f"tapbot.{room}.tables")
    return list(metadata.sorted_tables)


def room_parts() -> list[Part]:
    """The tables of rooms, which are the same everywhere."""
    return [Part(table.name, _plain(table)) for table in room_tables()]


def _plain(table: Table) -> Table:
    """The same table with JSON as text: a copy keeps each byte."""
    columns = [
        Column(each.name, Text() if isinstance(each.type, Json) else each.type, primary_key=each.primary_key)
        for each in table.columns
    ]
    return Table(table.name, MetaData(), *columns)


def collection_parts(db: Connection) -> list[Part]:
    """The tables of collections, withdrawn ones and withdrawn fields too, as the database itself describes them."""
    found = []
    for scope, schema, table in _collection_names(db):
        columns = [
            Column(each["name"], _type_of(each["type"]), primary_key=each["name"] == "id")
            for each in inspect(db).get_columns(table, schema=schema)
        ]
        made = Table(table, MetaData(), *columns, schema=schema, info={"scope": scope})
        for index in inspect(db).get_indexes(table, schema=schema):
            names = [str(name) for name in index["column_names"]]
            Index(str(index["name"]), *(made.c[name] for name in names), unique=index["unique"])
        collection = table if schema else table.split("$")[3]
        found.append(Part(table_name(scope, collection), made, scope))
    return sorted(found, key=lambda part: part.name)


def _collection_names(db: Connection) -> Iterator[tuple[Scope, str | None, str]]:
    """Whose, in which schema, and under which name."""
    if db.dialect.name == "sqlite":
        for table in inspect(db).get_table_names():
            if table.startswith(f"{PREFIX}$"):
                _prefix, project_id, environment, _collection = table.split("$")
                yield Scope(project_id, environment), None, table
        return
    known = {schema_name(scope): scope for scope in _known_scopes(db)}
    for schema in inspect(db).get_schema_names():
        if schema.startswith(f"{PREFIX}$"):
            tables = inspect(db).get_table_names(schema=schema)
            for table in tables:
                yield known.get(schema) or _scope_in(schema), schema, table


def _known_scopes(db: Connection) -> set[Scope]:
    named = [metadata.tables[name] for name in ("collections", "environments", "releases", "sequences")]
    columns = (select(table.c.project_id, table.c.environment).distinct() for table in named)
    return {Scope(*row) for query in columns for row in db.execute(query) if row[0]}


def _scope_in(schema: str) -> Scope:
    parts = schema.split("$")
    if len(parts) != 3:
        raise Conflict("nobody knows whose collections these are.", code="move.unknown_schema", place=schema)
    return Scope(parts[1], parts[2])


def _type_of(reflected: Any) -> TypeEngine[Any]:
    """The type with which a column is read and written; see the field types of `data/fields`."""
    if isinstance(reflected, String) and reflected.length == UTC_AS_TEXT:
        return Utc()
    if isinstance(reflected, DateTime):
        return Utc()
    if isinstance(reflected, Date):
        return Date()
    generic: TypeEngine[Any] = reflected.as_generic()
    return generic


def make_like(db: Connection, part: Part) -> Part:
    """Make the table of a collection in the other database."""
    assert part.scope is not None  # noqa: S101  # the tables of rooms are there already
    collection = part.name.split("$")[3]
    schema = schema_name(part.scope) if db.dialect.name == "postgresql" else None
    columns = [Column(each.name, each.type, primary_key=each.primary_key) for each in part.table.columns]
    table = Table(collection if schema else part.name, MetaData(), *columns, schema=schema)
    for index in part.table.indexes:
        Index(str(index.name), *(table.c[each.name] for each in index.columns), unique=index.unique)
    with as_engine(db):
        if schema:
            make_schema(db, schema)
        table.create(db)
        if schema:
            secure_collection(db, schema, table.name, part.scope)
    return Part(part.name, table, part.scope)


@contextmanager
def as_engine(db: Connection) -> Iterator[None]:
    """On PostgreSQL, what is inside is done by the role that owns the collections."""
    if db.dialect.name != "postgresql":
        yield
        return
    db.execute(text(f"SET LOCAL ROLE {ENGINE_ROLE}"))
    yield
    db.execute(text("RESET ROLE"))  # after an error the transaction ends, and the role with it


def clear(db: Connection) -> None:
    """Take away what an earlier move copied."""
    for part in collection_parts(db):
        with as_engine(db):
            db.execute(text(f"DROP TABLE {full_name(db, part.table.schema, part.table.name)}"))
    for table in room_tables():
        db.execute(table.delete())


def is_empty(db: Connection) -> bool:
    """Whether no table has a row."""
    filled = any(db.execute(select(table.c.project_id).limit(1)).first() for table in room_tables())
    return not filled and not collection_parts(db)
