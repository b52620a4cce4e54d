"""A database of each released schema, with data in it, comes to the newest one, and its data stays."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Column, Connection, Integer, MetaData, Table, insert, select
from tests.servers.plain_connection import owner_connection

import tapbot
from tapbot.storage.columns import metadata
from tapbot.storage.database import sqlite_engine
from tapbot.storage.migrations.runner import alembic_config
from tapbot.storage.schema import VERSIONS, bring_up_to_date, newest_version, schema_version

for found in sorted(Path(tapbot.__file__).parent.glob("*/tables.py")):
    importlib.import_module(f"tapbot.{found.parent.name}.tables")

RELEASED = sorted(path.name[:4] for path in VERSIONS.glob("[0-9]*.py"))


@pytest.fixture(params=["sqlite", "postgres"])
def db(request: pytest.FixtureRequest) -> Iterator[Connection]:
    if request.param == "postgres":
        server = request.getfixturevalue("postgres")
        with owner_connection(server.new_database(migrated=False)) as connection:
            yield connection
        return
    engine = sqlite_engine(None)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def some_value(column: Column[Any], number: int) -> Any:
    """Something that fits into a column of an old schema, as the old program may have written it."""
    kind = column.type.python_type
    if kind is str:
        if column.name in {"at", "clock"} or column.name.endswith("_at"):  # SQLite's times are text
            return "2026-03-04T05:00:00.000000Z"
        length = getattr(column.type, "length", None)
        return f"{number} данные"[:length] if length is None or length > 8 else str(number)[:length]
    if kind in (int, float, bool):
        return kind(number)
    if kind is bytes:
        return b"\0bytes"
    return datetime(2026, 3, 4, 5, tzinfo=UTC)


def fill(db: Connection, rows: int = 3) -> dict[str, list[dict[str, Any]]]:
    """Put rows into each table as the database itself describes it; gives what was put."""
    there = MetaData()
    there.reflect(db)
    put: dict[str, list[dict[str, Any]]] = {}
    for name, table in there.tables.items():
        if name != "alembic_version":
            put[name] = [
                {column.name: some_value(column, number) for column in table.columns} for number in range(1, rows + 1)
            ]
            db.execute(insert(table), put[name])
    return put


@pytest.mark.parametrize("version", RELEASED)
def test_data_of_a_released_schema_is_kept(db: Connection, version: str) -> None:
    command.upgrade(alembic_config(db), version)
    assert schema_version(db) == version
    put = fill(db)
    assert put["runs"]
    assert bring_up_to_date(db) is (version != newest_version())
    assert schema_version(db) == newest_version()
    now = MetaData()
    now.reflect(db)
    for name, rows in put.items():
        kept = [dict(row) for row in db.execute(select(now.tables[name])).mappings()]
        for row in rows:
            assert any(row.items() <= one.items() for one in kept), f"{name} lost {row}"


@pytest.mark.parametrize("version", RELEASED)
def test_the_program_before_can_go_on_writing_while_the_new_one_starts(db: Connection, version: str) -> None:
    """Steps only expand: what an older program writes still fits after the migration."""
    command.upgrade(alembic_config(db), version)
    before = MetaData()
    before.reflect(db)
    bring_up_to_date(db)
    for name, table in before.tables.items():
        if name != "alembic_version":
            row = {column.name: some_value(column, 7) for column in table.columns}
            if isinstance(next(iter(table.primary_key.columns)).type, Integer):
                row.pop(next(iter(table.primary_key.columns)).name)
            old_columns = Table(name, MetaData(), *(Column(column.name, column.type) for column in table.columns))
            db.execute(insert(old_columns), row)
    assert set(before.tables) - {"alembic_version"} <= set(metadata.tables)
