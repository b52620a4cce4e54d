"""The migrations and the tables say the same, and a newer schema is refused."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from tests.servers.plain_connection import owner_connection

import tapbot
from tapbot.errors import Conflict
from tapbot.storage.columns import metadata
from tapbot.storage.database import sqlite_engine
from tapbot.storage.schema import bring_up_to_date, newest_version, schema_version

for found in sorted(Path(tapbot.__file__).parent.glob("*/tables.py")):
    importlib.import_module(f"tapbot.{found.parent.name}.tables")


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


def test_the_migrations_make_what_the_tables_say(db: Connection) -> None:
    bring_up_to_date(db)
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
