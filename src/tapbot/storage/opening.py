"""Opens the database that the settings name."""

from __future__ import annotations

from pathlib import Path

from tapbot.loader import load
from tapbot.settings import Settings
from tapbot.storage.change import Told
from tapbot.storage.columns import metadata
from tapbot.storage.database import OpenDatabase, SqliteDatabase
from tapbot.storage.faults import Faults
from tapbot.storage.folder import DATABASE
from tapbot.storage.moved import check_not_moved
from tapbot.storage.schema import bring_up_to_date


async def open_database(settings: Settings, data: Path | None, *, told: Told | None = None) -> OpenDatabase:
    """Open PostgreSQL where the settings name it, else SQLite in the data folder; its schema fits this program.

    Args:
        data: The data folder, whose lock this process has; `None` keeps everything in memory.
        told: Hears of facts after their commit.

    Raises:
        Conflict: The database was written by a newer tapbot, was moved to elsewhere, or PostgreSQL still waits for
            `tapbot migrate`.
        DatabaseUnavailable: PostgreSQL does not answer.
    """
    section, faults = settings.storage, Faults(**settings.faults.model_dump())
    database: OpenDatabase
    if section.url is not None:
        database = load("tapbot.storage.postgres").PostgresDatabase(
            section.url.get_secret_value(),
            faults=faults,
            told=told,
            read_lanes=section.read_connections,
            write_lanes=section.write_connections,
            wait_seconds=section.wait_seconds,
        )
        prepare = database.read(load("tapbot.storage.postgres_schema").check_schema)
    else:
        database = SqliteDatabase(data / DATABASE if data else None, faults=faults, told=told)
        # In memory there is nothing to migrate, and Alembic would take longer to import than most runs take.
        prepare = database.write("storage.new_schema", bring_up_to_date if data else metadata.create_all)
    try:
        await prepare
        if data is not None or section.url is not None:
            await database.read(check_not_moved)
    except BaseException:
        await database.close()
        raise
    return database
