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
    alone = settings.storage.url is None
    lock = lock_folder(folder) if alone else None
    # Beside other processes a key of this folder would be another one than theirs.
    keyring = keyring_of(settings, folder) if alone or settings.credentials.key else None
    database = await open_database(settings, folder)
    try:
        stored = await database.read(list_scopes)
        return await answer(Desk(database, {}, stored=stored, keyring=keyring), command, args)
    finally:
        await database.close()
        if lock:
            lock.release()
