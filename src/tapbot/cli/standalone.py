"""Answers a command from the stores themselves, when no server runs on the data folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tapbot.api.desk import Desk, answer
from tapbot.app.foundation import keyring_of
from tapbot.project.store import list_scopes
from tapbot.settings import Settings
from tapbot.storage.folder import lock_folder
from tapbot.storage.opening import open_database


async def answer_alone(folder: Path, command: str, args: Mapping[str, Any], settings: Settings) -> Any:
    """Answer one command; nobody else may have the folder meanwhile, unless the records are in PostgreSQL.

    Raises:
        Conflict: Another process was faster.
    """
    lock = lock_folder(folder) if settings.storage.url is None else None
    database = await open_database(settings, folder)
    try:
        stored = await database.read(list_scopes)
        return await answer(Desk(database, {}, stored=stored, keyring=keyring_of(settings, folder)), command, args)
    finally:
        await database.close()
        if lock:
            lock.release()
