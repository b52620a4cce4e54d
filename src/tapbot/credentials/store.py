"""The rows of credentials. What is secret comes and goes sealed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from tapbot.credentials.tables import credentials
from tapbot.credentials.types import Sealed
from tapbot.errors import Conflict, NotFound
from tapbot.storage.columns import owned, within
from tapbot.storage.types import Scope

_COLUMNS = [credentials.c[name] for name in Sealed.__dataclass_fields__]


def list_credentials(db: Connection, scope: Scope) -> list[Sealed]:
    """All of a project's environment, by kind and name."""
    query = select(*_COLUMNS).where(within(credentials, scope)).order_by(credentials.c.kind, credentials.c.name)
    return [Sealed(**row) for row in db.execute(query).mappings()]


def scopes_with_credentials(db: Connection) -> list[Scope]:
    """Every project and environment that has any, across projects: whoever changes the key must change it for all."""
    rows = db.execute(select(credentials.c.project_id, credentials.c.environment).distinct())
    return [Scope(row.project_id, row.environment) for row in rows]


def find_credential(db: Connection, scope: Scope, *, kind: str, credential_id: str, name: str) -> Sealed | None:
    """The one with that id, else the one with that name: an imported workflow brings ids of another installation."""
    query = select(*_COLUMNS).where(within(credentials, scope), credentials.c.kind == kind)
    rows = [Sealed(**row) for row in db.execute(query).mappings()]
    by_id = next((row for row in rows if row.credential_id == credential_id), None)
    return by_id or next((row for row in rows if row.name == name), None)


def get_credential(db: Connection, scope: Scope, wanted: str) -> Sealed:
    """The one with that id, or the only one with that name.

    Raises:
        NotFound: There is none.
        Conflict: Several have that name.
    """
    rows = list_credentials(db, scope)
    found = [row for row in rows if row.credential_id == wanted] or [row for row in rows if row.name == wanted]
    if not found:
        raise NotFound(
            f"there is no credential {wanted!r}.",
            code="credential.not_found",
            hint="`tapbot credential list` lists them.",
        )
    if len(found) > 1:
        raise Conflict(
            f"several credentials are called {wanted!r}.",
            code="credential.which_one",
            hint=f"Name one by its id: {', '.join(row.credential_id for row in found)}.",
        )
    return found[0]


def add_credential(db: Connection, scope: Scope, row: Sealed) -> None:
    """Keep a new one.

    Raises:
        Conflict: One of that kind and name, or of that id, is there.
    """
    taken = [
        one
        for one in list_credentials(db, scope)
        if one.credential_id == row.credential_id or (one.kind, one.name) == (row.kind, row.name)
    ]
    if taken:
        raise Conflict(
            f"there is a credential {taken[0].name!r} of kind {taken[0].kind} already.",
            code="credential.taken",
            hint="Choose another name, or replace it with --replace.",
        )
    values = {name: getattr(row, name) for name in Sealed.__dataclass_fields__}
    db.execute(insert(credentials), owned(scope) | values)


def reseal(db: Connection, scope: Scope, before: Sealed, *, sealed: str, key_id: str, now: datetime) -> bool:
    """Put new content in place of what was read; `False` if somebody else was faster."""
    mine = (
        within(credentials, scope),
        credentials.c.credential_id == before.credential_id,
        credentials.c.sealed == before.sealed,
    )
    changed = db.execute(update(credentials).where(*mine).values(sealed=sealed, key_id=key_id, changed_at=now))
    return changed.rowcount == 1


def remove_credential(db: Connection, scope: Scope, credential_id: str) -> None:
    """Delete one."""
    db.execute(delete(credentials).where(within(credentials, scope), credentials.c.credential_id == credential_id))
