"""Brings the database that the settings name to this program's schema."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

from tapbot.loader import load
from tapbot.settings import Settings
from tapbot.storage.database import SqliteDatabase
from tapbot.storage.faults import Faults
from tapbot.storage.folder import DATABASE, lock_folder
from tapbot.storage.schema import Migrated, bring_up_to_date, newest_version, schema_version


async def migrate(settings: Settings, data: Path) -> Migrated:
    """Apply what is missing, while nobody else does.

    Args:
        data: The data folder, where SQLite's file lies.

    Raises:
        Conflict: The database was written by a newer tapbot, or a server has the data folder.
        DatabaseUnavailable: PostgreSQL does not answer.
    """
    url = settings.storage.owner_url or settings.storage.url
    if url is not None:
        migrated: Migrated = await load("tapbot.storage.postgres_schema").migrate_postgres(url.get_secret_value())
        return migrated
    lock = lock_folder(data)
    database = SqliteDatabase(data / DATABASE, faults=Faults(**settings.faults.model_dump()))
    try:
        return await database.write("storage.schema", _migrate)
    finally:
        await database.close()
        lock.release()


def _migrate(db: Connection) -> Migrated:
    before = schema_version(db)
    bring_up_to_date(db)
    return Migrated("sqlite", before, newest_version())
