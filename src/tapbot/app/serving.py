"""Runs a process: `tapbot up` and `tapbot web` with their web server, the other roles without one."""

from __future__ import annotations

import asyncio
import secrets
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn

from tapbot.access.first_admin import issue_link, prepare_admin
from tapbot.api.backlog import Backlog
from tapbot.api.context import ApiContext
from tapbot.api.control import bind_control_socket, control_app
from tapbot.api.desk import Desk
from tapbot.api.server import build_api
from tapbot.app.building import App, open_app
from tapbot.app.following import take_in_new
from tapbot.app.listening import QuietServer, listen
from tapbot.app.roles import EVERYTHING, Role
from tapbot.app.watching import watch_folder
from tapbot.app.web import WebServer, configure, make_backlog, public_paths
from tapbot.app.working import keep_going
from tapbot.nodes import catalogue
from tapbot.project.load import load_project
from tapbot.project.types import Project
from tapbot.settings import Settings
from tapbot.storage.folder import CONTROL_SOCKET
from tapbot.telemetry import logger

__all__ = ["Announcement", "public_paths", "serve", "work"]

LOG = logger("app")


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a person needs to know when the server is up."""

    address: str
    login_link: str
    projects: tuple[str, ...]
    chats: tuple[str, ...]
    problems: tuple[str, ...]


async def serve(
    folders: Sequence[Path],
    overrides: dict[str, dict[str, Any]],
    data: Path | None,
    announce: Callable[[Announcement], None],
    *,
    roles: frozenset[Role] = EVERYTHING,
) -> None:
    """Serve projects until a signal ends the process.

    Args:
        folders: Project folders; the first one's settings are the server's.
        overrides: Settings from the command line, by section.
        data: The data folder; `None` where PostgreSQL has everything.
        announce: Told once the server answers.
        roles: What this process does beside answering.

    Raises:
        Conflict: The port or the data folder is taken.
        InvalidInput: A setting is wrong.
    """
    projects = [load_project(folder, overrides) for folder in folders]
    settings = projects[0].settings
    listening = listen(settings.server.host, settings.server.port, shared=settings.server.reuse_port)
    port = listening.getsockname()[1]
    async with open_app(settings, data, roles=roles) as app:
        for project in projects:
            await app.add_project(project)
        polling = Role.SCHEDULER in roles
        await app.channels.start(settings.server.public_url, webhooks=True, polling=polling)
        link = await _login_link(app)
        started = asyncio.Event()
        backlog = make_backlog(app)
        api = build_api(_context(app, started), *public_paths(app, backlog))

        def tell() -> None:
            started.set()
            announce(_tell(app, port, link))

        shared = settings.server.reuse_port
        server = WebServer(configure(api, settings), on_started=tell, on_stopping=app.hub.close, shared=shared)
        async with app.working(), _aside(app, data, backlog, _watched(folders, projects), overrides):
            _stop_at_signals(lambda number: server.handle_exit(number, None))
            await server.serve([listening])


async def work(settings: Settings, role: Role, announce: Callable[[], None]) -> None:
    """Do the work of a role without a web server, until a signal ends the process.

    Projects, releases and collections come from the database, as `tapbot web` or `tapbot up` put them there.

    Raises:
        InvalidInput: A setting is wrong.
        Conflict: The database waits for `tapbot migrate`, or is newer than this program.
    """
    stopping = asyncio.Event()
    _stop_at_signals(lambda _number: stopping.set())
    async with open_app(settings, None, roles=frozenset({role})) as app:
        await take_in_new(app, set())
        async with app.working():
            announce()
            await stopping.wait()
            app.hub.close()


def _stop_at_signals(stop: Callable[[int], object]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)


def _watched(folders: Sequence[Path], projects: Sequence[Project]) -> list[Path]:
    """In development the folder is the draft."""
    pairs = zip(folders, projects, strict=True)
    return [folder for folder, project in pairs if project.settings.project.environment == "dev"]


@asynccontextmanager
async def _aside(
    app: App, data: Path | None, backlog: Backlog, watched: Sequence[Path], overrides: dict[str, dict[str, Any]]
) -> AsyncIterator[None]:
    """What goes on beside the web server: the control socket, watching folders, counting what waits."""
    control = QuietServer(uvicorn.Config(control_app(desk_of(app)), log_config=None, lifespan="off"))
    async with asyncio.TaskGroup() as group:
        if data is not None:
            group.create_task(control.serve([bind_control_socket(data)]), name="control")
        endless = [
            group.create_task(keep_going("watcher", partial(watch_folder, app, folder, overrides)))
            for folder in watched
        ]
        endless.append(group.create_task(keep_going("backlog", backlog.count_forever)))
        try:
            yield
        finally:
            control.should_exit = True
            for task in endless:
                task.cancel()
            if data is not None:
                (data / CONTROL_SOCKET).unlink(missing_ok=True)


def _context(app: App, started: asyncio.Event) -> ApiContext:
    return ApiContext(
        settings=app.settings,
        database=app.database,
        hub=app.hub,
        releases=app.releases,
        home=app.releases.all_current[0].scope,
        node_types=catalogue.all,
        ready=lambda: started.is_set() and app.database.healthy,
        limits=app.limits,
        channels=app.channels.by_key,
    )


def desk_of(app: App) -> Desk:
    """What commands are answered from, as of now."""
    served = app.releases.all_current
    return Desk(
        database=app.database,
        projects=app.projects,
        stored=[one.scope for one in served],
        clock=app.clock,
        new_id=app.engine.new_id,
        keyring=app.vault.keyring,
        channels=app.channels.by_key,
    )


async def _login_link(app: App) -> str:
    """A link that lets the administrator in once."""
    now, home = app.clock(), app.releases.all_current[0].scope
    admin = await prepare_admin(app.database, home, app.settings.admin, new_id=app.engine.new_id, now=now)
    token = secrets.token_urlsafe(32)
    await issue_link(app.database, admin, token, now=now)
    return token


def _tell(app: App, port: int, token: str) -> Announcement:
    server = app.settings.server
    shown = "127.0.0.1" if server.host in ("0.0.0.0", "::") else server.host  # noqa: S104  # compared, not bound
    address = server.public_url or f"http://{shown}:{port}"
    served = app.releases.all_current
    prefix = [f"/p/{one.scope.project_id}/{one.scope.environment}" if len(served) > 1 else "" for one in served]
    return Announcement(
        address=address,
        login_link=f"{address}/login?token={token}",
        projects=tuple(one.project.title for one in served),
        chats=tuple(
            f"{address}{where}/chat/{bot.id}"
            for one, where in zip(served, prefix, strict=True)
            for bot in one.project.bots.values()
            if "webchat" in bot.channels
        ),
        problems=tuple(str(problem) for one in served for problem in (*one.problems.values(), *one.project.problems)),
    )
