"""Tables of collections arrive as if they had been made there, withdrawn ones too; the owner has no privileges."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Connection, inspect, select, type_coerce
from sqlalchemy.types import Text
from tests.chaos.rooms import open_room
from tests.integration.move.conftest import Company
from tests.servers.postgres import PostgresServer

from tapbot.app.move.moving import move
from tapbot.data.records import build_records
from tapbot.data.tables import collections
from tapbot.storage.types import Scope

WITHDRAWN = """
CREATE TABLE "data$taxi$dev$old" (id VARCHAR(36) NOT NULL, at VARCHAR(27), day DATE, number BIGINT, share DOUBLE,
  done BOOLEAN, doc TEXT, PRIMARY KEY (id));
CREATE UNIQUE INDEX "uq$of_old" ON "data$taxi$dev$old" (number);
INSERT INTO "data$taxi$dev$old" VALUES
  ('a', '2026-03-04T05:00:00.000001Z', '2026-03-04', 9007199254740993, 0.1, 1, '{"a": 1.0,  "b": "қ"}'),
  ('b', NULL, NULL, NULL, NULL, NULL, NULL);
"""
AS_THEY_ARE = """SELECT id, "at" = '2026-03-04T05:00:00.000001Z', day, number, share, done, doc FROM "data$taxi$dev".old
 WHERE id = 'a'"""


def silent(_table: str, _done: int, _total: int) -> None:
    """Progress that nobody hears."""


def described(db: Connection) -> dict[str, tuple[dict[str, str], dict[str, str]]]:
    """Types of the columns of each collection: as they are, and as its definition makes them."""
    scope, found = Scope("taxi", "dev"), {}
    for definition in db.execute(select(type_coerce(collections.c.definition, Text))).scalars():
        table = build_records(scope, definition, in_schema=True).table
        there = inspect(db).get_columns(table.name, schema=table.schema)
        assert {index["name"] for index in inspect(db).get_indexes(table.name, schema=table.schema)} == {
            index.name for index in table.indexes
        }
        found[table.name] = (
            {column["name"]: str(column["type"].compile(dialect=db.dialect)) for column in there},
            {column.name: str(column.type.compile(dialect=db.dialect)) for column in table.columns},
        )
    return found


async def test_an_ordinary_owner_moves_every_collection_as_it_would_be_made(
    company: Company, postgres: PostgresServer, tmp_path: Path
) -> None:
    if postgres.sql("SELECT count(*) FROM pg_roles WHERE rolname = 'landlord'") == "0":
        postgres.sql("CREATE ROLE landlord LOGIN CREATEROLE")
    name = urlsplit(postgres.new_database(migrated=False)).path[1:]
    postgres.sql(f"ALTER DATABASE {name} OWNER TO landlord")
    url = postgres.url(name, user="landlord")
    with closing(sqlite3.connect(company.data / "tapbot.db")) as db:
        db.executescript(WITHDRAWN)

    there = await move(company.data, url, to_postgres=True, progress=silent)

    row = postgres.sql(AS_THEY_ARE, database=name)
    assert row == 'a|t|2026-03-04|9007199254740993|0.1|t|{"a": 1.0,  "b": "қ"}'
    async with open_room(company.project, tmp_path / "unused", storage={"url": url}) as room:
        tables = await room.app.database.read(described)
    assert len(tables) > 5
    assert {collection: made for collection, (made, _) in tables.items()} == {
        collection: wanted for collection, (_, wanted) in tables.items()
    }
    back = await move(tmp_path / "back", url, to_postgres=False, progress=silent)
    records = {table for table in there.tables if table.startswith("data$")}
    assert {table: back.tables[table] for table in records} == {table: there.tables[table] for table in records}
