"""The whole HTTP interface as one ASGI app."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import cast
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tapbot.api.console import Console
from tapbot.api.context import ApiContext
from tapbot.api.edge import WebhookEdge
from tapbot.api.errors import answer_http_exception, answer_tapbot_error
from tapbot.api.middleware import BodyLimit, ErrorBoundary, HostCheck, RequestLog, SafeHeaders
from tapbot.api.webhook import WebhookApi
from tapbot.api.wire import Guards
from tapbot.errors import TapbotError
from tapbot.loader import load
from tapbot.settings import ServerSection

API_PATH = "/api/v1"


def build_api(context: ApiContext, public_routes: Sequence[BaseRoute], webhooks: WebhookApi | None = None) -> ASGIApp:
    """Put the public paths, the management API and the console behind the same protection.

    Args:
        public_routes: Chats and channels. They look after their own secrets and rate limits.
        webhooks: Answers webhooks, so it does.
    """
    management, settings = Management(context), context.settings
    everything, names = settings.log.level == "debug", host_names(settings.server)
    limit_bytes = settings.server.body_limit_bytes
    app = Starlette(
        routes=[
            Route("/health", _health(context), methods=["GET"]),
            *public_routes,
            Mount(API_PATH, management),
            Mount("/", Console(context.bundle, opened=management.prepare)),
        ],
        middleware=[
            Middleware(RequestLog, new_id=context.new_id, everything=everything),
            Middleware(SafeHeaders),
            Middleware(ErrorBoundary, new_id=context.new_id),
            Middleware(HostCheck, names=names),
            Middleware(BodyLimit, limit_bytes=limit_bytes),
        ],
        exception_handlers={HTTPException: answer_http_exception, TapbotError: answer_tapbot_error},
    )
    app.router.redirect_slashes = False
    if webhooks is None:
        return app
    guards = Guards(
        RequestLog(app, new_id=context.new_id, everything=everything),
        ErrorBoundary(app, new_id=context.new_id),
        HostCheck(app, names=names),
        limit_bytes,
    )
    return WebhookEdge(app, webhooks, guards, trusted_proxies=settings.server.trusted_proxies)


class Management:
    """The management API, made at its first request: FastAPI takes half a second and some 15 MB, and bots need none."""

    def __init__(self, context: ApiContext) -> None:
        self._context = context
        self._making = asyncio.Lock()
        self._made: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        made = self._made or await self.prepare()
        await made(scope, receive, send)

    async def prepare(self) -> ASGIApp:
        """Make it now, once."""
        async with self._making:
            if self._made is None:
                self._made = await asyncio.to_thread(self._make)
            return self._made

    def _make(self) -> ASGIApp:
        return cast(ASGIApp, load("tapbot.api.management").build_management(self._context))


def host_names(server: ServerSection) -> list[str]:
    """Names by which this server may be called, beside addresses and `localhost`."""
    public = urlsplit(server.public_url).hostname if server.public_url else None
    return [name for name in (server.host, public) if name]


def _health(context: ApiContext) -> Callable[[Request], Awaitable[Response]]:
    async def answer_health(_request: Request) -> Response:
        """Whether the server can do its work."""
        ready = context.ready()
        return JSONResponse({"status": "ok" if ready else "starting"}, 200 if ready else 503)

    return answer_health
