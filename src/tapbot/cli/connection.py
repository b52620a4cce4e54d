"""How a command gets its answer: from the running server, or from the stores themselves when none runs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tapbot.api.desk import Desk, answer
from tapbot.cli.local_socket import NobodyAnswers, ask_server
from tapbot.cli.places import find_data
from tapbot.errors import Conflict, NotFound
from tapbot.project.load import load_project
from tapbot.project.store import list_scopes
from tapbot.project.types import Project
from tapbot.storage.database import SqliteDatabase
from tapbot.storage.folder import DATABASE, lock_folder, lock_holder
from tapbot.storage.schema import bring_up_to_date

PATIENCE_SECONDS = 10.0
PAUSE_SECONDS = 0.1


def ask(command: str, args: Mapping[str, Any], *, project: str | None, data: Path | None) -> Any:
    """Answer a command from a data folder, whether or not a server runs on it.

    Args:
        project: A project's folder or its name.
        data: The data folder; that of the project when not given.

    Raises:
        NotFound: Nothing was ever stored there.
        Conflict: Another process has the folder and does not answer.
        UserError: What the server said.
    """
    folder = find_data(project, data)
    if not (folder / DATABASE).is_file():
        raise NotFound(
            "nothing is stored here yet.",
            code="cli.no_data",
            place=str(folder),
            hint="Start the server with `tapbot up`, or name its data folder with --data.",
        )
    loaded = _loaded(project)
    named = {
        "environment": loaded.settings.project.environment if loaded else None,
        "project": loaded.project_id if loaded else project,
        **args,
    }
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        if lock_holder(folder) is None:
            try:
                return asyncio.run(answer_alone(folder, loaded, command, named))
            except Conflict as error:
                if error.code != "storage.folder_locked":
                    raise
        try:
            return ask_server(folder, command, named)
        except NobodyAnswers:
            if time.monotonic() > deadline:
                raise
        time.sleep(PAUSE_SECONDS)


def _loaded(project: str | None) -> Project | None:
    """The project of a folder; None for a name, and for a folder that is none."""
    try:
        return load_project(Path(project or "."))
    except NotFound:
        return None


async def answer_alone(folder: Path, project: Project | None, command: str, args: Mapping[str, Any]) -> Any:
    """Answer from the stores themselves; nobody else may have the folder meanwhile.

    Raises:
        Conflict: Another process was faster.
    """
    lock = lock_folder(folder)
    database = SqliteDatabase(folder / DATABASE)
    try:
        await database.write("storage.schema", bring_up_to_date)
        projects = {project.project_id: project} if project else {}
        desk = Desk(database, projects, stored=await database.read(list_scopes))
        return await answer(desk, command, args)
    finally:
        await database.close()
        lock.release()
