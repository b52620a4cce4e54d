"""The real table of a collection: its name, columns and indexes, computed from the definition."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from sqlalchemy import Column, Connection, Index, MetaData, String, Table, select, type_coerce
from sqlalchemy.types import Text

from tapbot.data.definition import decode_definition
from tapbot.data.fields import find_field_type
from tapbot.data.tables import collections
from tapbot.data.types import IDENTIFIER, Collection
from tapbot.errors import InvalidInput, NotFound
from tapbot.storage.columns import within
from tapbot.storage.types import Scope

PREFIX = "data"
LONGEST_NAME = 63
SCOPE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True)
class Records:
    """A collection and the table of its records in one scope."""

    scope: Scope
    collection: Collection
    table: Table


def open_records(db: Connection, scope: Scope, collection: str) -> Records:
    """The collection that a scope has under a name.

    The definition is read each time, so that a change counts from its commit on; what is built
    from its text is kept.

    Raises:
        NotFound: There is none.
    """
    query = select(type_coerce(collections.c.definition, Text))
    text = db.execute(query.where(within(collections, scope), collections.c.name == collection)).scalar_one_or_none()
    if text is None:
        raise NotFound(f"there is no collection {collection!r}.", code="data.unknown_collection")
    return build_records(scope, text, in_schema=db.dialect.name == "postgresql")


@lru_cache(maxsize=512)
def build_records(scope: Scope, definition: str, *, in_schema: bool) -> Records:
    """A collection and its table from the stored definition; a pure function of its arguments.

    Args:
        in_schema: The scope's tables stand in a schema of their own; else their names begin with the scope's.
    """
    collection = decode_definition(definition)
    columns = [
        Column("id", String(36), primary_key=True)
        if name == "id"
        else Column(name, find_field_type(field.type).column())
        for name, field in collection.all_fields.items()
    ]
    name = table_name(scope, collection.name)
    owner = {"scope": scope}
    if in_schema:
        table = Table(collection.name, MetaData(), *columns, schema=schema_name(scope), info=owner)
    else:
        table = Table(name, MetaData(), *columns, info=owner)
    for group in collection.unique_groups:
        Index(unique_index_name(name, group), *(table.c[each] for each in group), unique=True)
    return Records(scope, collection, table)


def table_name(scope: Scope, collection: str) -> str:
    """Name of a collection's table: `$` stands in none of the parts, so that no two collections share one.

    Raises:
        InvalidInput: A part holds letters that a name may not have.
    """
    check_scope(scope)
    if not IDENTIFIER.fullmatch(collection):
        raise InvalidInput(f"{collection!r} cannot be the name of a collection.", code="data.invalid_definition")
    return f"{PREFIX}${scope.project_id}${scope.environment}${collection}"


def check_scope(scope: Scope) -> None:
    """Refuse a scope that cannot be part of a name.

    Raises:
        InvalidInput: A part holds letters that a name may not have.
    """
    for part in (scope.project_id, scope.environment):
        if not SCOPE_NAME.fullmatch(part):
            raise InvalidInput(f"{part!r} cannot be part of a table's name.", code="data.invalid_scope")


def schema_name(scope: Scope) -> str:
    """Name of the schema that holds a scope's collections; PostgreSQL would cut it at 63 bytes."""
    check_scope(scope)
    name = f"{PREFIX}${scope.project_id}${scope.environment}"
    return name if len(name) <= LONGEST_NAME else f"{PREFIX}${sha256(name.encode()).hexdigest()[:40]}"


def unique_index_name(table: str, group: tuple[str, ...]) -> str:
    """Name of the index that keeps a group of fields unique; short, because PostgreSQL cuts names at 63 bytes."""
    digest = sha256("\0".join((table, *group)).encode()).hexdigest()[:24]
    return f"uq${digest}"
