"""The web part of a process: the HTTP interface over an app, and the server that speaks it."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import uvicorn
from starlette.routing import BaseRoute

from tapbot.access.rate_limit import RateLimit
from tapbot.api.answers import Answers, RunByWorkers, Runner
from tapbot.api.backlog import Backlog
from tapbot.api.channel_calls import ChannelCallsApi
from tapbot.api.chat import ChatApi
from tapbot.api.decisions import DecisionApi
from tapbot.api.edge import WebhookEdge
from tapbot.api.forms import FormApi
from tapbot.api.listeners import Directory
from tapbot.api.metrics import metrics_route
from tapbot.api.places import everywhere
from tapbot.api.resume import ResumeApi
from tapbot.api.telegram import TelegramApi
from tapbot.api.webhook import WebhookApi
from tapbot.api.whatsapp_trigger import WhatsappTriggerApi
from tapbot.app.building import App
from tapbot.app.draining import leave_port
from tapbot.app.http import BoundedHttp
from tapbot.app.listening import QuietServer
from tapbot.app.metrics_port import figures
from tapbot.app.roles import Role
from tapbot.settings import Settings

BACKLOG = 2048
"""Connections that the kernel keeps until they are accepted."""


def public_paths(app: App, backlog: Backlog | None = None) -> tuple[list[BaseRoute], WebhookApi]:
    """The paths without a login: chats, channels and webhooks look after their own secrets."""
    backlog = backlog or make_backlog(app)
    return public_routes(app, backlog), _webhooks(app, backlog)


def public_routes(app: App, backlog: Backlog) -> list[BaseRoute]:
    """The paths of chats and channels."""
    access, limits = app.settings.access, app.limits
    chat = ChatApi(
        app.database,
        app.hub,
        app.places,
        messages_limit=limits("chat", access.chat_per_minute, message="too many messages."),
        tokens_limit=limits("chat tokens", access.chat_tokens_per_minute, message="too many new chats."),
        backlog=backlog,
        clock=app.clock,
        random=secrets.token_bytes,
    )
    told = (app.database, app.places, app.channels.by_key, app.presses, backlog, app.clock)
    telegram, calls = TelegramApi(*told), ChannelCallsApi(*told)
    metrics = [metrics_route(partial(figures, app), token)] if (token := app.settings.metrics.token) else []
    waiting_limit = limits("waiting runs", access.waiting_per_minute, message="too many calls of waiting runs.")
    resume = ResumeApi(app.database, _answers(app), app.clock, waiting_limit)
    decisions = DecisionApi(app.database, app.places, app.clock, waiting_limit)
    trigger = WhatsappTriggerApi(app.engine, _runner(app), backlog, app.places, app.vault)
    here = [*chat.routes(), *telegram.routes(), *calls.routes(), *_forms(app, backlog).routes(), *trigger.routes()]
    here += decisions.routes()
    return [*metrics, *resume.routes(), *everywhere(here)]


def _forms(app: App, backlog: Backlog) -> FormApi:
    told = (app.engine, _runner(app), _answers(app), backlog, app.places, app.vault)
    return FormApi(*told, _webhook_limit(app), app.clock, partial(secrets.token_urlsafe, 18))


def _webhooks(app: App, backlog: Backlog) -> WebhookApi:
    told = (app.engine, _runner(app), _answers(app), backlog, app.places, Directory(app.releases), app.hub)
    return WebhookApi(*told, _webhook_limit(app), app.vault)


def _runner(app: App) -> Runner:
    return app.runs if Role.WORKER in app.roles else RunByWorkers(app.engine)


def _webhook_limit(app: App) -> RateLimit | None:
    per_minute = app.settings.access.webhook_per_minute
    return app.limits("webhooks", per_minute, message="too many calls.") if per_minute else None


def _answers(app: App) -> Answers:
    return Answers(app.database, app.hub, longest_seconds=app.settings.server.answer_seconds)


def make_backlog(app: App) -> Backlog:
    """What waits, as far as this process knows."""
    return Backlog(app.database, most=app.settings.worker.backlog, waiting_here=app.runs.slots.waiting)


def configure(api: Any, settings: Settings) -> uvicorn.Config:
    """How the server speaks HTTP."""
    return uvicorn.Config(
        api,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        date_header=True,
        http=cast(Any, partial(BoundedHttp, direct=api.direct if isinstance(api, WebhookEdge) else None)),
        timeout_keep_alive=30,
        forwarded_allow_ips=list(settings.server.trusted_proxies),
        timeout_graceful_shutdown=int(settings.server.drain_seconds) or 1,
        backlog=BACKLOG,
    )


class WebServer(QuietServer):
    """A server that says when it answers and when it is about to end, and refuses nobody while it ends."""

    def __init__(
        self,
        config: uvicorn.Config,
        on_started: Callable[[], None],
        on_stopping: Callable[[], None],
        *,
        shared: bool = False,
    ) -> None:
        super().__init__(config)
        self._shared = shared
        self._on_started = on_started
        self._on_stopping = on_stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell, then let requests finish: an open stream would hold the end up."""
        self._on_stopping()
        if self._shared:
            await leave_port(self, sockets or [])
        await super().shutdown(sockets)
