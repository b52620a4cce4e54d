"""The first person who may log in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from tapbot.access.audit import note
from tapbot.access.login_links import make_link
from tapbot.access.passwords import hash_password, verify_password
from tapbot.access.sessions import end_sessions_of
from tapbot.access.store import add_person, find_admin, find_credentials, normal_email, set_password
from tapbot.access.types import Principal, Role
from tapbot.errors import Conflict
from tapbot.settings import AdminSection
from tapbot.storage.database import Database
from tapbot.storage.sql import lock_until_commit
from tapbot.storage.types import Scope

NO_EMAIL = "admin@localhost"
"""E-mail of an administrator for whom none was set: they log in by link."""


async def prepare_admin(
    database: Database, scope: Scope, settings: AdminSection, *, new_id: Callable[[], str], now: datetime
) -> Principal:
    """Make sure that there is an administrator, and that the password which was set is theirs.

    Without an e-mail in the settings, whoever is administrator stays it; if nobody is, one is
    made whom only a login link lets in.

    Raises:
        InvalidInput: The e-mail is none, or the password too short.
        Conflict: The e-mail belongs to somebody who is no administrator.
    """
    given = settings.password.get_secret_value() if settings.password else None
    email = normal_email(settings.email) if settings.email else None
    existing = await database.read(lambda db: _find(db, scope, email))
    password_hash = None
    if given is not None:
        known_hash = existing[1] if existing else None
        if known_hash is None or not await asyncio.to_thread(verify_password, given, known_hash):
            password_hash = await asyncio.to_thread(hash_password, given)
    if existing and password_hash is None:
        return existing[0]

    def change(db: Connection) -> Principal:
        lock_until_commit(db, "first admin", scope.project_id, scope.environment)  # two processes may start at once
        found = _find(db, scope, email)
        if found is None:
            principal = add_person(
                db,
                scope,
                principal_id=new_id(),
                email=email or NO_EMAIL,
                name="Administrator",
                role=Role.ADMIN,
                password_hash=password_hash,
                now=now,
            )
        else:
            principal = found[0]
            if password_hash is not None:
                set_password(db, scope, principal.principal_id, password_hash)
                end_sessions_of(db, scope, principal.principal_id)
        note(db, scope, actor_id=None, action="admin.prepared", subject=principal.principal_id, now=now)
        return principal

    return await database.write("access.prepare_admin", change)


async def issue_link(database: Database, principal: Principal, token: str, *, now: datetime) -> None:
    """Let a new secret log a principal in once, and note it."""

    def change(db: Connection) -> None:
        make_link(db, principal, token, now=now)
        note(db, principal.scope, actor_id=None, action="login_link.made", subject=principal.principal_id, now=now)

    await database.write("access.issue_link", change)


def _find(db: Connection, scope: Scope, email: str | None) -> tuple[Principal, str | None] | None:
    """The administrator of that e-mail, or any, with the hash of the password."""
    if email is None:
        admin = find_admin(db, scope)
        email = admin.email if admin else None
    found = find_credentials(db, scope, email) if email else None
    if found and found[0].role is not Role.ADMIN:
        raise Conflict(f"{email} is no administrator.", code="access.not_an_admin", place="settings admin.email")
    return found
