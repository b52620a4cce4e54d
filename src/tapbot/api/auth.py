"""Who asks: the session of a cookie, and what it may do. Every management route depends on `allowed`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, cast
from urllib.parse import urlsplit

from fastapi import Depends, Request

from tapbot.access.policy import require
from tapbot.access.rate_limit import RateLimit
from tapbot.access.secrets import same_secret
from tapbot.access.sessions import find_session
from tapbot.access.types import Permission, Session
from tapbot.api.context import ApiContext
from tapbot.errors import NotAllowed

COOKIE = "tapbot_session"
CSRF_HEADER = "X-CSRF-Token"
READS = {"GET", "HEAD"}
MOST_TOKEN_CHARACTERS = 128


def context_of(request: Request) -> ApiContext:
    """What the API was built with."""
    return cast(ApiContext, request.app.state.context)


Context = Annotated[ApiContext, Depends(context_of)]


async def current_session(request: Request, context: Context) -> Session:
    """The login of a request; a write must also prove that it comes from our own page.

    Raises:
        NotAllowed: There is no login, or the request may be forged.
        TooMany: The session asked for too much.
    """
    token = request.cookies.get(COOKIE, "")
    session = None
    if 0 < len(token) <= MOST_TOKEN_CHARACTERS:
        now = context.clock()
        session = await context.database.scoped(context.home).read(
            lambda db: find_session(db, context.home, token, now=now)
        )
    if session is None:
        raise NotAllowed("nobody is logged in.", code="access.no_login", hint="Log in first.")
    if request.method not in READS:
        check_origin(request, context)
        if not same_secret(request.headers.get(CSRF_HEADER, ""), session.csrf_token):
            raise NotAllowed(
                f"the header {CSRF_HEADER} is missing or wrong.",
                code="access.csrf",
                hint="GET /api/v1/me gives its value.",
            )
    await cast(RateLimit, request.app.state.api_limit).take(session.key)
    return session


CurrentSession = Annotated[Session, Depends(current_session)]


def allowed(permission: Permission) -> Callable[[Session], Awaitable[Session]]:
    """A dependency: somebody is logged in and may do this."""

    async def check(session: CurrentSession) -> Session:
        require(session.principal, permission)
        return session

    return check


def check_origin(request: Request, context: ApiContext) -> None:
    """Refuse a write that another site's page sent.

    Raises:
        NotAllowed: The browser says that it comes from elsewhere.
    """
    origin = request.headers.get("origin")
    if origin is None:
        foreign = request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}
    else:
        ours = {request.headers.get("host", "").lower()}
        if context.settings.server.public_url:
            ours.add(urlsplit(context.settings.server.public_url).netloc.lower())
        foreign = urlsplit(origin).netloc.lower() not in ours
    if foreign:
        raise NotAllowed("this request comes from another site.", code="access.foreign_origin")


def address_of(request: Request) -> str:
    """The address that a request comes from."""
    return request.client.host if request.client else "?"
