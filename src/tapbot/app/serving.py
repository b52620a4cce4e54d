"""Runs everything as one process: the web server, the control socket, and the work behind them."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from starlette.routing import BaseRoute

from tapbot.access.first_admin import issue_link, prepare_admin
from tapbot.access.rate_limit import in_process_limits
from tapbot.api.chat import ChatApi
from tapbot.api.context import ApiContext
from tapbot.api.control import bind_control_socket, control_app
from tapbot.api.desk import Desk
from tapbot.api.places import everywhere
from tapbot.api.server import build_api
from tapbot.api.telegram import TelegramApi
from tapbot.api.webhook import Directory, WebhookApi
from tapbot.app.building import App, keep_going, open_app
from tapbot.app.http import BoundedHttp
from tapbot.app.watching import watch_folder
from tapbot.errors import Conflict
from tapbot.nodes import catalogue
from tapbot.project.load import load_project
from tapbot.settings import Settings
from tapbot.storage.folder import CONTROL_SOCKET
from tapbot.storage.types import Scope
from tapbot.telemetry import logger

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
    data: Path,
    announce: Callable[[Announcement], None],
) -> None:
    """Serve projects until a signal ends the process.

    Args:
        folders: Project folders; the first one's settings are the server's.
        overrides: Settings from the command line, by section.
        data: The data folder.
        announce: Told once the server answers.

    Raises:
        Conflict: The port or the data folder is taken.
        InvalidInput: A setting is wrong.
    """
    projects = [load_project(folder, overrides) for folder in folders]
    settings = projects[0].settings
    listening = listen(settings.server.host, settings.server.port)
    port = listening.getsockname()[1]
    async with open_app(settings, data) as app:
        for project in projects:
            await app.add_project(project)
        await app.start_channels()
        home = app.releases.all_current[0].scope
        link = await _login_link(app, home, settings)
        started = asyncio.Event()
        context = ApiContext(
            settings=settings,
            database=app.database,
            hub=app.hub,
            releases=app.releases,
            home=home,
            node_types=catalogue.all,
            ready=lambda: started.is_set() and app.database.healthy,
        )
        api = build_api(context, public_routes(app))

        def tell() -> None:
            started.set()
            announce(_tell(app, settings, port, link))

        server = _Server(_config(api, settings), on_started=tell, on_stopping=app.hub.close)
        control = _QuietServer(uvicorn.Config(control_app(_desk(app)), log_config=None, lifespan="off"))
        async with app.working(), asyncio.TaskGroup() as group:
            group.create_task(control.serve([bind_control_socket(data)]), name="control")
            watching = [
                group.create_task(keep_going("watcher", partial(watch_folder, app, folder, overrides)))
                for folder, project in zip(folders, projects, strict=True)
                if project.settings.project.environment == "dev"
            ]
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, server.handle_exit, number, None)
            try:
                await server.serve([listening])
            finally:
                control.should_exit = True
                for task in watching:
                    task.cancel()
                (data / CONTROL_SOCKET).unlink(missing_ok=True)


def _desk(app: App) -> Desk:
    """What commands are answered from, as of now."""
    served = app.releases.all_current
    return Desk(
        database=app.database,
        projects=app.projects,
        stored=[one.scope for one in served],
        clock=app.clock,
        new_id=app.engine.new_id,
    )


def public_routes(app: App) -> list[BaseRoute]:
    """The paths without a login: chats, webhooks and channels look after their own secrets."""
    access, limits = app.settings.access, in_process_limits(time.monotonic)
    chat = ChatApi(
        app.database,
        app.hub,
        app.places,
        messages_limit=limits("chat", access.chat_per_minute, message="too many messages."),
        tokens_limit=limits("chat tokens", access.chat_tokens_per_minute, message="too many new chats."),
        clock=app.clock,
        random=secrets.token_bytes,
    )
    per_minute = access.webhook_per_minute
    limit = limits("webhooks", per_minute, message="too many calls.") if per_minute else None
    webhooks = WebhookApi(app.engine, app.runs, app.places, Directory(app.releases), app.hub, limit)
    telegram = TelegramApi(app.database, app.places, app.channels, app.presses, app.clock)
    return everywhere([*chat.routes(), *webhooks.routes(), *telegram.routes()])


def listen(host: str, port: int) -> socket.socket:
    """Take the address before anything else is built, so that a taken port is said at once.

    Raises:
        Conflict: Something else listens there, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise Conflict(
            f"{host}:{port} cannot be listened to: {error.strerror}.",
            code="server.port_taken",
            hint="Choose another port with --port or TAPBOT_SERVER__PORT, or stop what listens there.",
        ) from error
    return listening


def _config(api: Any, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        api,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        date_header=True,
        http=BoundedHttp,
        timeout_keep_alive=30,
        forwarded_allow_ips=list(settings.server.trusted_proxies),
        timeout_graceful_shutdown=int(settings.server.drain_seconds) or 1,
        backlog=2048,
    )


class _QuietServer(uvicorn.Server):
    """A server that leaves signals alone: uvicorn would raise them again, before work had time to finish."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


class _Server(_QuietServer):
    """A server that says when it answers and when it is about to end."""

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None], on_stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started
        self._on_stopping = on_stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell, then let requests finish: an open stream would hold the end up."""
        self._on_stopping()
        await super().shutdown(sockets)


async def _login_link(app: App, home: Scope, settings: Settings) -> str:
    """A link that lets the administrator in once."""
    now = app.clock()
    admin = await prepare_admin(app.database, home, settings.admin, new_id=app.engine.new_id, now=now)
    token = secrets.token_urlsafe(32)
    await issue_link(app.database, admin, token, now=now)
    return token


def _tell(app: App, settings: Settings, port: int, token: str) -> Announcement:
    host = settings.server.host
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104  # compared, not bound
    address = settings.server.public_url or f"http://{shown}:{port}"
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
