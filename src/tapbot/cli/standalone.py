"""Answers a command from the stores themselves, when no server runs on the data folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tapbot.api.desk import Desk, answer
from tapbot.project.store import list_scopes
from tapbot.settings import load_settings
from tapbot.storage.database import SqliteDatabase
from tapbot.storage.faults import Faults
from tapbot.storage.folder import DATABASE, lock_folder
from tapbot.storage.schema import bring_up_to_date


async def answer_alone(folder: Path, command: str, args: Mapping[str, Any]) -> Any:
    """Answer one command; nobody else may have the folder meanwhile.

    Raises:
        Conflict: Another process was faster.
    """
    lock = lock_folder(folder)
    faults = Faults(**load_settings(None).faults.model_dump())
    database = SqliteDatabase(folder / DATABASE, faults=faults)
    try:
        await database.write("cli.schema", bring_up_to_date)
        return await answer(Desk(database, {}, stored=await database.read(list_scopes)), command, args)
    finally:
        await database.close()
        lock.release()
