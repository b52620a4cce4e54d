"""In development the folder is the draft: what is saved there is served a moment later."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tapbot.app.building import App
from tapbot.errors import TapbotError
from tapbot.project.load import load_project
from tapbot.project.snapshot import fingerprint
from tapbot.telemetry import logger

LOG = logger("app")
LOOK_EVERY_SECONDS = 1.0


async def watch_folder(app: App, folder: Path, overrides: dict[str, dict[str, Any]]) -> None:
    """Serve a project anew whenever its files change, until the task is cancelled.

    Runs that began before keep the release that they began with. A change that cannot be read is reported, and the
    last release that could goes on being served. Settings of the server itself and new channels wait for a restart.
    """
    seen = await asyncio.to_thread(fingerprint, folder)
    while True:
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        found = await asyncio.to_thread(fingerprint, folder)
        if found == seen:
            continue
        seen = found
        try:
            project = await asyncio.to_thread(load_project, folder, overrides)
            current = app.projects.get(project.project_id)
            if current is None or current.release == project.release:
                continue
            await app.add_project(project)
        except TapbotError as error:
            LOG.warning("the change is not served", project=str(folder), problem=str(error))
        else:
            LOG.info("project served anew", project=project.project_id, release=project.release[:12])
