"""Column types and the columns that every table has."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    DateTime,
    Dialect,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    and_,
    false,
    or_,
    text,
)
from sqlalchemy.types import TypeEngine

from tapbot.storage.types import Scope

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of some rows alone, on both databases: the others cost it nothing."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where))


def complete_partial_indexes() -> None:
    """Say to PostgreSQL what `partial_index` says to SQLite: to say it there would load its dialect at each start."""
    for table in metadata.tables.values():
        for index in table.indexes:
            where = index.dialect_options["sqlite"]["where"]
            if where is not None:
                index.dialect_kwargs["postgresql_where"] = where


WITHOUT_ZONE = "a time without a zone"
_ENCODE = msgspec.json.Encoder().encode


class Utc(TypeDecorator[datetime]):
    """An aware time in UTC. SQLite keeps it as text of a fixed width, so that it sorts right."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text on SQLite, a real time elsewhere."""
        return dialect.type_descriptor(String(27) if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse a time without a zone: it could mean anything."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return write_time(value)
        if value.tzinfo is None:
            raise ValueError(WITHOUT_ZONE)
        return value if value.tzinfo is UTC else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Back to an aware time."""
        if value is None or isinstance(value, datetime):
            return value
        return datetime.fromisoformat(value)


@lru_cache(maxsize=256)
def write_time(value: datetime) -> str:
    """A time as SQLite keeps it. One moment is written several times: when a run began, and its steps and facts.

    Raises:
        ValueError: It has no zone, so it could mean anything.
    """
    if value.tzinfo is None:
        raise ValueError(WITHOUT_ZONE)
    return (value if value.tzinfo is UTC else value.astimezone(UTC)).isoformat(timespec="microseconds")[:26] + "Z"


def encode_json(value: Any) -> str:
    """A JSON value as compact text."""
    return _ENCODE(value).decode()


class Json(TypeDecorator[Any]):
    """Any JSON value, as compact text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # SQLAlchemy's signature
        """Encode."""
        return None if value is None else encode_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # SQLAlchemy's signature
        """Decode."""
        return None if value is None else msgspec.json.decode(value)


BIG = BigInteger().with_variant(Integer(), "sqlite")
"""A whole number of 64 bits; SQLite's own counter works on its plain `INTEGER` alone, which has as many."""


def scope_columns() -> list[Column[Any]]:
    """The columns that say whose a row is; every table begins with them."""
    return [Column("project_id", String(64), nullable=False), Column("environment", String(16), nullable=False)]


def within(table: Table, scope: Scope) -> ColumnElement[bool]:
    """The condition that keeps a query inside one scope."""
    return and_(table.c.project_id == scope.project_id, table.c.environment == scope.environment)


def within_any(table: Table, scopes: Collection[Scope]) -> ColumnElement[bool]:
    """The condition that keeps a query inside some scopes."""
    return or_(false(), *(within(table, scope) for scope in scopes))


def owned(scope: Scope) -> dict[str, str]:
    """The scope as values of a new row."""
    return {"project_id": scope.project_id, "environment": scope.environment}
