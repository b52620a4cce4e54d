"""`/metrics` for Prometheus: behind a token, or on a port of its own that only this machine reaches."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tapbot.errors import NotAllowed

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def metrics_route(write: Callable[[], Awaitable[bytes]], token: SecretStr | None) -> Route:
    """The route.

    Args:
        write: Gives the figures.
        token: What a caller sends as `Authorization: Bearer …`; `None` only where nobody else can call.
    """

    async def answer(request: Request) -> Response:
        if token is not None:
            given = request.headers.get("authorization", "").removeprefix("Bearer ")
            if not hmac.compare_digest(given.encode(), token.get_secret_value().encode()):
                raise NotAllowed("The token of /metrics is missing or wrong.", code="access.no_login")
        return Response(await write(), media_type=MEDIA_TYPE)

    return Route("/metrics", answer, methods=["GET"])
