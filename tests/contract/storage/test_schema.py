"""The migrations and the tables say the same, and a newer schema is refused."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from tests.servers.plain_connection import owner_connection

import tapbot
from tapbot.errors import Conflict
from tapbot.storage.columns import metadata
from tapbot.storage.database import sqlite_engine
from tapbot.storage.migrations.runner import upgrade
from tapbot.storage.schema import ROOMS_WITH_TABLES, bring_up_to_date, make_new, newest_version, schema_version

ROOMS = [found.parent.name for found in sorted(Path(tapbot.__file__).parent.glob("*/tables.py"))]
for room in ROOMS:
    importlib.import_module(f"tapbot.{room}.tables")


@pytest.fixture(params=["sqlite", "postgres"])
def db(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """A connection to an empty database."""
    if request.param == "postgres":
        server = request.getfixturevalue("postgres")
        with owner_connection(server.new_database(migrated=False)) as connection:
            yield connection
        return
    engine = sqlite_engine(None)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def describe(db: Connection) -> dict[str, Any]:
    """Columns, keys and indexes of every table, as SQLite has them."""
    names = sorted(db.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars())
    return {
        name: {
            "columns": sorted(row[1:] for row in db.execute(text(f"PRAGMA table_info({name})"))),
            "indexes": sorted(
                (row.unique, row.origin, tuple(one.name for one in db.execute(text(f"PRAGMA index_info({row.name})"))))
                for row in db.execute(text(f"PRAGMA index_list({name})"))
            ),
        }
        for name in names
    }


def test_a_new_file_is_what_all_steps_would_have_made_of_it() -> None:
    made = []
    for make in (make_new, upgrade):
        engine = sqlite_engine(None)
        with engine.connect() as connection:
            make(connection)
            assert schema_version(connection) == newest_version()
            made.append(describe(connection))
        engine.dispose()
    assert made[0] == made[1]


def test_every_room_with_tables_is_named() -> None:
    assert list(ROOMS_WITH_TABLES) == ROOMS


def test_the_migrations_make_what_the_tables_say(db: Connection) -> None:
    upgrade(db)
    assert compare_metadata(MigrationContext.configure(db), metadata) == []


def test_a_second_start_has_nothing_to_do(db: Connection) -> None:
    assert bring_up_to_date(db)
    assert not bring_up_to_date(db)
    assert schema_version(db) == newest_version()


def test_data_of_a_newer_tapbot_is_refused(db: Connection) -> None:
    bring_up_to_date(db)
    db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Conflict) as caught:
        bring_up_to_date(db)
    assert caught.value.code == "storage.newer_schema"


def test_every_table_says_whose_its_rows_are() -> None:
    for table in metadata.tables.values():
        assert {"project_id", "environment"} <= set(table.c.keys()), table.name
