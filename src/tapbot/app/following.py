"""Notices which releases other processes serve, and serves them here."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from tapbot.app.roles import Role
from tapbot.errors import TapbotError
from tapbot.nodes import catalogue
from tapbot.project.load import read_project
from tapbot.project.served import Served, serve
from tapbot.project.store import load_release, served_releases
from tapbot.project.types import Snapshot
from tapbot.settings import FILE_NAME, read_settings
from tapbot.storage.types import Scope
from tapbot.telemetry import logger

if TYPE_CHECKING:
    from tapbot.app.building import App

LOG = logger("app")
LOOK_EVERY_SECONDS = 1.0


async def follow_releases(app: App) -> None:
    """Look each second, until the task is cancelled."""
    refused: set[tuple[Scope, str]] = set()
    while True:
        await take_in_new(app, refused)
        await asyncio.sleep(LOOK_EVERY_SECONDS)


async def take_in_new(app: App, refused: set[tuple[Scope, str]]) -> None:
    """Serve what is pointed at by now.

    Args:
        refused: Releases that could not be served: they are reported once.
    """
    for scope, release in (await app.database.read(served_releases)).items():
        known = app.releases.serves(scope)
        if (scope, release) in refused or (known and app.releases.current(scope).project.release == release):
            continue
        if not known and Role.WEB in app.roles and Role.WORKER not in app.roles:
            continue  # a web process serves the projects that it was given
        try:
            served = await _load(app, scope, release)
        except TapbotError as error:
            refused.add((scope, release))
            LOG.warning("release not served", project=scope.project_id, release=release[:12], problem=str(error))
            continue
        app.channels.open_what_can_be(served)
        app.take_in(served)
        LOG.info("release served", project=scope.project_id, release=release[:12])


async def _load(app: App, scope: Scope, release: str) -> Served:
    def read(db: Connection) -> Snapshot:
        return load_release(db, scope, release)

    return await asyncio.to_thread(_make, scope, await app.database.read(read))


def _make(scope: Scope, snapshot: Snapshot) -> Served:
    text = snapshot.files.get(FILE_NAME, b"").decode("utf-8")
    settings = read_settings(text, {"project": {"name": scope.project_id, "environment": scope.environment}})
    return serve(read_project(snapshot, settings, project_id=scope.project_id), catalogue)
