"""The databases that a contract suite runs over: SQLite in a file, and PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text
from tests.servers.postgres import PostgresServer

from tapbot.storage.database import OpenDatabase, SqliteDatabase
from tapbot.storage.postgres import PostgresDatabase
from tapbot.storage.schema import bring_up_to_date

KINDS = ("sqlite", "postgres")


class Place:
    """Where a database lies. PostgreSQL can be opened several times, as by several processes.

    Args:
        server: Of PostgreSQL; without one it is a SQLite file.
    """

    def __init__(self, path: Path, server: PostgresServer | None) -> None:
        self.path = path
        self.server = server
        self.url = server.new_database() if server else None
        self._opened: list[OpenDatabase] = []

    async def open(self, **options: Any) -> OpenDatabase:
        """Open it once more; it is closed at the end of the test.

        Args:
            options: `faults`, `told`, `most_waiting`, as both databases take them.
        """
        opened: OpenDatabase
        if self.url:
            opened = PostgresDatabase(self.url, **options)
        else:
            opened = SqliteDatabase(self.path, **options)
            await opened.write("test.schema", bring_up_to_date)
        self._opened.append(opened)
        return opened

    async def make_table(self, database: OpenDatabase, table: str) -> None:
        """Make a table that only a test has, such as `"notes (note TEXT)"`."""
        if self.server:
            rights = f"GRANT ALL ON {table.split(maxsplit=1)[0]} TO tapbot_engine, tapbot_request"
            self.server.sql(f"CREATE TABLE {table}; {rights}", database=urlsplit(self.url).path[1:])
        else:
            await database.write("test.table", lambda db: db.execute(text(f"CREATE TABLE {table}")) and None)

    async def close(self) -> None:
        """Close whatever was opened."""
        for opened in self._opened:
            await opened.close()


@pytest.fixture(params=KINDS)
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    """Where a database with the newest schema lies."""
    found = Place(tmp_path / "test.db", request.getfixturevalue("postgres") if request.param == "postgres" else None)
    yield found
    await found.close()


@pytest.fixture
async def database(place: Place) -> OpenDatabase:
    """An open database with the newest schema."""
    return await place.open()
