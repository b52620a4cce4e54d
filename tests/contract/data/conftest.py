"""The databases that the store of records runs on."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection
from tests.servers.plain_connection import engine_connection

import tapbot.data.tables
import tapbot.events.tables  # noqa: F401  # puts its table into the metadata
from tapbot.storage.columns import metadata
from tapbot.storage.database import sqlite_engine


@pytest.fixture(params=["sqlite", "postgres"])
def db(request: pytest.FixtureRequest) -> Iterator[Connection]:
    if request.param == "postgres":
        server = request.getfixturevalue("postgres")
        with engine_connection(server.database_for_all()) as connection:
            yield connection
        return
    engine = sqlite_engine(None)
    with engine.begin() as connection:
        metadata.create_all(
            connection, tables=[metadata.tables[name] for name in ("events", "collections", "sequences")]
        )
        yield connection
    engine.dispose()
