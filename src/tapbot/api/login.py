"""Log in by password or link, ask who one is, log out."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import cast
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from pydantic import Field
from sqlalchemy import Connection

from tapbot.access.audit import note
from tapbot.access.login_links import use_link
from tapbot.access.passwords import verify_password
from tapbot.access.rate_limit import RateLimit
from tapbot.access.secrets import new_secret
from tapbot.access.sessions import begin_session, end_session
from tapbot.access.store import find_credentials
from tapbot.access.types import Principal, Session
from tapbot.api.auth import COOKIE, Context, CurrentSession, address_of, check_origin
from tapbot.api.context import ApiContext
from tapbot.api.models import Model
from tapbot.errors import NotAllowed

router = APIRouter()
PASSWORDS_AT_ONCE = 2
"""Checking a password takes 64 MB and a core; the others wait their turn."""


class PasswordLogin(Model):
    """E-mail and password."""

    email: str = Field(max_length=254)
    password: str = Field(max_length=1_000)


class LinkLogin(Model):
    """The token of a one-time link."""

    token: str = Field(max_length=128)


class PrincipalModel(Model):
    """Who is logged in."""

    id: str
    email: str
    name: str
    role: str


class SessionModel(Model):
    """A login."""

    principal: PrincipalModel
    csrf_token: str
    """Send it as `X-CSRF-Token` with every write."""


@router.post("/login")
async def log_in(body: PasswordLogin, request: Request, response: Response, context: Context) -> SessionModel:
    """Log in with e-mail and password; sets the cookie `tapbot_session`."""
    check_origin(request, context)
    # By address alone: a limit by e-mail would let a stranger who knows it keep its owner out.
    await cast(RateLimit, request.app.state.login_limit).take(f"address {address_of(request)}")
    found = await context.database.scoped(context.home).read(lambda db: find_credentials(db, context.home, body.email))
    async with cast(asyncio.Semaphore, request.app.state.password_turns):
        right = await asyncio.to_thread(verify_password, body.password, found[1] if found else None)
    if found is None or not right:
        await _note_failure(context, found[0] if found else None)
        raise NotAllowed("e-mail or password is wrong.", code="access.wrong_login")
    return await _begin(found[0], "login.password", request, response, context)


@router.post("/login/link")
async def log_in_by_link(body: LinkLogin, request: Request, response: Response, context: Context) -> SessionModel:
    """Log in with the token of a link; it works once, for 15 minutes."""
    check_origin(request, context)
    await cast(RateLimit, request.app.state.login_limit).take(f"address {address_of(request)}")
    now = context.clock()
    principal = await context.database.scoped(context.home).write(
        "access.use_link", lambda db: use_link(db, context.home, body.token, now=now)
    )
    if principal is None:
        raise NotAllowed(
            "this link was used, is too old, or never was.",
            code="access.wrong_link",
            hint="Start the server again, or log in with a password.",
        )
    return await _begin(principal, "login.link", request, response, context)


@router.get("/me")
async def get_me(session: CurrentSession) -> SessionModel:
    """Who is logged in."""
    return _show(session)


@router.post("/logout", status_code=204)
async def log_out(session: CurrentSession, request: Request, response: Response, context: Context) -> None:
    """End this login."""
    token, now = request.cookies.get(COOKIE, ""), context.clock()

    def change(db: Connection) -> None:
        end_session(db, context.home, token)
        person = session.principal.principal_id
        note(db, context.home, actor_id=person, action="logout", subject=person, now=now)

    await context.database.scoped(context.home).write("access.log_out", change)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict", secure=_is_secure(request, context))


async def _begin(
    principal: Principal, action: str, request: Request, response: Response, context: ApiContext
) -> SessionModel:
    """Begin a session with a secret of our own; one that the browser brought ends (session fixation)."""
    token, brought, now = new_secret(), request.cookies.get(COOKIE), context.clock()
    lifetime = timedelta(hours=context.settings.access.session_hours)

    def change(db: Connection) -> Session:
        if brought:
            end_session(db, context.home, brought)
        person = principal.principal_id
        note(db, context.home, actor_id=person, action=action, subject=person, now=now)
        return begin_session(db, principal, token, now=now, lifetime=lifetime)

    session = await context.database.scoped(context.home).write("access.log_in", change)
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(lifetime.total_seconds()),
        path="/",
        httponly=True,
        samesite="strict",
        secure=_is_secure(request, context),
    )
    return _show(session)


async def _note_failure(context: ApiContext, principal: Principal | None) -> None:
    """Note who was tried; what a stranger typed as e-mail may be a password, so it is not kept."""
    subject, now = principal.principal_id if principal else "unknown", context.clock()
    await context.database.scoped(context.home).write(
        "access.note_failure",
        lambda db: note(db, context.home, actor_id=None, action="login.failed", subject=subject, now=now),
    )


def _is_secure(request: Request, context: ApiContext) -> bool:
    """Whether the browser talks HTTPS, also when a proxy in front of us ends it."""
    public = urlsplit(context.settings.server.public_url or "")
    behind_proxy = public.scheme == "https" and request.headers.get("host", "").lower() == public.netloc.lower()
    return request.url.scheme == "https" or behind_proxy


def _show(session: Session) -> SessionModel:
    person = session.principal
    shown = PrincipalModel(id=person.principal_id, email=person.email, name=person.name, role=person.role.value)
    return SessionModel(principal=shown, csrf_token=session.csrf_token)
