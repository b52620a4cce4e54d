"""Links that log a person in once."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, update

from tapbot.access.secrets import hash_secret
from tapbot.access.store import get_principal
from tapbot.access.tables import login_links
from tapbot.access.types import Principal
from tapbot.storage.columns import owned, within
from tapbot.storage.types import Scope

LIFETIME = timedelta(minutes=15)


def make_link(
    db: Connection, principal: Principal, token: str, *, now: datetime, lifetime: timedelta = LIFETIME
) -> None:
    """Let a secret log a principal in, once.

    Args:
        token: A new secret from `new_secret`; the address is `/login?token=…`.
    """
    row = {
        "link_hash": hash_secret(token),
        **owned(principal.scope),
        "principal_id": principal.principal_id,
        "created_at": now,
        "expires_at": now + lifetime,
    }
    db.execute(insert(login_links).values(**row))


def use_link(db: Connection, scope: Scope, token: str, *, now: datetime) -> Principal | None:
    """Whom a link logs in; from now on it logs nobody in. `None` when it was used, is too old, or never was."""
    this = update(login_links).where(
        within(login_links, scope),
        login_links.c.link_hash == hash_secret(token),
        login_links.c.used_at.is_(None),
        login_links.c.expires_at > now,
    )
    principal_id = db.execute(this.values(used_at=now).returning(login_links.c.principal_id)).scalar_one_or_none()
    return get_principal(db, scope, principal_id) if principal_id else None


def sweep_links(db: Connection, *, now: datetime) -> int:
    """Delete the links of all scopes that are too old; how many."""
    return db.execute(delete(login_links).where(login_links.c.expires_at <= now)).rowcount
