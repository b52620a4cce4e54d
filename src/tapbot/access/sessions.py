"""Logins: a secret in a cookie, of which only a hash is kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from tapbot.access.secrets import derive_csrf_token, hash_secret
from tapbot.access.store import read_principal
from tapbot.access.tables import principals, sessions
from tapbot.access.types import Principal, Session
from tapbot.storage.columns import owned, within
from tapbot.storage.types import Scope

KEY_CHARACTERS = 16


def begin_session(db: Connection, principal: Principal, token: str, *, now: datetime, lifetime: timedelta) -> Session:
    """Log a principal in.

    Args:
        token: A new secret from `new_secret`; never one that the other side brought.
        lifetime: The login ends after this, used or not.
    """
    row = {
        "token_hash": hash_secret(token),
        **owned(principal.scope),
        "principal_id": principal.principal_id,
        "created_at": now,
        "expires_at": now + lifetime,
    }
    db.execute(insert(sessions).values(**row))
    return _session(principal, token, now + lifetime)


def find_session(db: Connection, scope: Scope, token: str, *, now: datetime) -> Session | None:
    """The login that a secret stands for; `None` when it ended, or its principal may not log in any more."""
    query = select(principals, sessions.c.expires_at).join(
        sessions, sessions.c.principal_id == principals.c.principal_id
    )
    query = query.where(
        within(sessions, scope),
        within(principals, scope),
        sessions.c.token_hash == hash_secret(token),
        sessions.c.expires_at > now,
        principals.c.disabled_at.is_(None),
    )
    row = db.execute(query).mappings().one_or_none()
    return _session(read_principal(row), token, row["expires_at"]) if row else None


def end_session(db: Connection, scope: Scope, token: str) -> bool:
    """Log out; whether there was a login."""
    this = within(sessions, scope) & (sessions.c.token_hash == hash_secret(token))
    return db.execute(delete(sessions).where(this)).rowcount > 0


def end_sessions_of(db: Connection, scope: Scope, principal_id: str) -> int:
    """Log a principal out everywhere, as after a new password; how many logins that were."""
    this = within(sessions, scope) & (sessions.c.principal_id == principal_id)
    return db.execute(delete(sessions).where(this)).rowcount


def sweep_sessions(db: Connection, *, now: datetime) -> int:
    """Delete the logins of all scopes that ended by themselves; how many."""
    return db.execute(delete(sessions).where(sessions.c.expires_at <= now)).rowcount


def _session(principal: Principal, token: str, expires_at: datetime) -> Session:
    return Session(
        principal=principal,
        csrf_token=derive_csrf_token(token),
        expires_at=expires_at,
        key=hash_secret(token)[:KEY_CHARACTERS],
    )
