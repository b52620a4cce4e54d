"""How a command gets its answer: from the running server, or from the stores themselves when none runs.

Asking a server needs little, so what opens the stores is loaded only when it must be.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tapbot.cli.local_socket import NobodyAnswers, ask_server
from tapbot.cli.places import find_data, is_project, name_of
from tapbot.errors import Conflict, NotFound
from tapbot.loader import load
from tapbot.settings import load_settings
from tapbot.storage.folder import DATABASE, lock_holder

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
    settings = load_settings(Path(project or ".") if is_project(Path(project or ".")) else None)
    if settings.storage.url is None and not (folder / DATABASE).is_file():
        raise NotFound(
            "nothing is stored here yet.",
            code="cli.no_data",
            place=str(folder),
            hint="Start the server with `tapbot up`, or name its data folder with --data.",
        )
    named = {**whose(project), **args}
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        if lock_holder(folder) is None:
            try:
                return asyncio.run(load("tapbot.cli.standalone").answer_alone(folder, command, named, settings))
            except Conflict as error:
                if error.code != "storage.folder_locked":
                    raise
        try:
            return ask_server(folder, command, named)
        except NobodyAnswers:
            if time.monotonic() > deadline:
                raise
        time.sleep(PAUSE_SECONDS)


def whose(project: str | None) -> dict[str, str | None]:
    """The project and environment that a command means; None leaves it to what is there."""
    folder = Path(project or ".")
    if not is_project(folder):
        return {"project": project, "environment": None}
    settings = load_settings(folder)
    return {"project": name_of(folder, settings), "environment": settings.project.environment}
