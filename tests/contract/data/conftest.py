"""The databases that the store of records runs on."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

import tapbot.data.tables
import tapbot.events.tables  # noqa: F401  # puts its table into the metadata
from tapbot.storage.columns import metadata
from tapbot.storage.database import sqlite_engine


@pytest.fixture(params=["sqlite"])
def db(request: pytest.FixtureRequest) -> Iterator[Connection]:
    engine = sqlite_engine(None)
    with engine.begin() as connection:
        metadata.create_all(
            connection, tables=[metadata.tables[name] for name in ("events", "collections", "sequences")]
        )
        yield connection
    engine.dispose()
