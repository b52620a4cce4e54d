"""`tapbot migrate`: bring the database to this program's schema."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tapbot.cli.options import DataOption, JsonOption
from tapbot.cli.places import find_data, is_project
from tapbot.cli.printing import show, show_json
from tapbot.settings import load_settings
from tapbot.storage.migrating import migrate as bring_up_to_date
from tapbot.storage.schema import step_names

NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def migrate(project: str | None = None, *, data: DataOption = None, json: JsonOption = False) -> None:
    """Bring the database to this program's schema; on PostgreSQL also its roles and their rights.

    It runs under a lock, all or nothing, and may run again at any time. PostgreSQL needs the login of the database's
    owner: TAPBOT_STORAGE__OWNER_URL. On SQLite each start does the same by itself.

    Args:
        project: Folder of the project whose settings count; the current one when it is a project.
    """
    folder = find_data(project, data)
    settings = load_settings(_settings_folder(project))
    done = asyncio.run(bring_up_to_date(settings, folder))
    steps = step_names(done.before, done.after)
    if json:
        show_json({"database": done.database, "before": done.before, "after": done.after, "steps": steps})
    elif steps:
        show(f"{NAMES[done.database]}: schema {done.before or 'empty'} → {done.after}: {', '.join(steps)}")
    else:
        show(f"{NAMES[done.database]}: schema {done.after}, nothing to do.")


def _settings_folder(project: str | None) -> Path | None:
    folder = Path(project or ".")
    return folder if is_project(folder) else None
