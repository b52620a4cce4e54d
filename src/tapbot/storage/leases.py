"""Leases: what only one process may do at a time, by the database's clock. A holder that falls silent loses them."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, delete, or_, update

from tapbot.storage.columns import owned, within
from tapbot.storage.sql import database_ms, insert_new
from tapbot.storage.tables import leases
from tapbot.storage.types import Scope

LEASE_MS = 6_000
EVERYWHERE = Scope("", "")
"""Of leases that belong to no project."""


def take_lease(db: Connection, scope: Scope, name: str, holder: str) -> bool:
    """Take a lease, or keep one that is held already; `False` while somebody else has it."""
    until = database_ms() + LEASE_MS
    new = insert_new(leases).values(until_ms=until).returning(leases.c.name)
    if db.execute(new, owned(scope) | {"name": name, "holder": holder}).one_or_none() is not None:
        return True
    free = or_(leases.c.holder == holder, leases.c.until_ms < database_ms())
    taking = update(leases).where(_lease(scope, name), free).values(holder=holder, until_ms=until)
    return db.execute(taking).rowcount == 1


def renew_all(db: Connection, holder: str) -> int:
    """Keep every lease of a process for another while; gives their number."""
    renewal = update(leases).where(leases.c.holder == holder).values(until_ms=database_ms() + LEASE_MS)
    return db.execute(renewal).rowcount


def drop_lease(db: Connection, scope: Scope, name: str, holder: str) -> None:
    """Let somebody else have it at once."""
    db.execute(delete(leases).where(_lease(scope, name), leases.c.holder == holder))


def drop_all(db: Connection, holder: str) -> None:
    """Let others have everything that a process held: it stops."""
    db.execute(delete(leases).where(leases.c.holder == holder))


def forget_lapsed(db: Connection) -> int:
    """Delete leases that nobody has renewed for long; gives their number."""
    return db.execute(delete(leases).where(leases.c.until_ms < database_ms() - 100 * LEASE_MS)).rowcount


def _lease(scope: Scope, name: str) -> ColumnElement[bool]:
    return within(leases, scope) & (leases.c.name == name)
