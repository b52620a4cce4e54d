"""A database with the tables of this room, and people in it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection

import tapbot.access.tables  # noqa: F401  # puts its tables into the metadata
from tapbot.access.store import add_person
from tapbot.access.types import Principal, Role
from tapbot.storage.columns import metadata
from tapbot.storage.database import sqlite_engine
from tapbot.storage.types import Scope

TABLES = ("principals", "sessions", "login_links", "audit_log")


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def scope() -> Scope:
    return Scope("taxi", "dev")


@pytest.fixture
def db() -> Iterator[Connection]:
    engine = sqlite_engine(None)
    with engine.begin() as connection:
        metadata.create_all(connection, tables=[metadata.tables[name] for name in TABLES])
        yield connection
    engine.dispose()


@pytest.fixture
def aigul(db: Connection, scope: Scope, now: datetime) -> Principal:
    return add_person(
        db,
        scope,
        principal_id="p1",
        email="Aigul@Example.com ",
        name="Aigul",
        role=Role.OPERATOR,
        password_hash="hash",
        now=now,
    )
