"""Principals in the database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from tapbot.access.tables import principals
from tapbot.access.types import Principal, Role
from tapbot.errors import Conflict, InvalidInput
from tapbot.storage.columns import owned, within
from tapbot.storage.sql import insert_new
from tapbot.storage.types import Scope

LONGEST_TEAM = 64


def add_person(
    db: Connection,
    scope: Scope,
    *,
    principal_id: str,
    email: str,
    name: str,
    role: Role,
    password_hash: str | None,
    now: datetime,
    team: str | None = None,
) -> Principal:
    """Make a person who may log in.

    Args:
        principal_id: A new UUID.
        password_hash: From `hash_password`; without one only a login link lets the person in.
        team: Whose conversations come to the person.

    Raises:
        InvalidInput: The e-mail is none, or the team's name is too long.
        Conflict: Somebody has this e-mail.
    """
    wanted = normal_email(email)
    row = {
        "principal_id": principal_id,
        **owned(scope),
        "kind": "person",
        "email": wanted,
        "name": name,
        "role": role.value,
        "team": _team_name(team),
    }
    made = insert_new(principals).returning(principals.c.principal_id)
    if db.execute(made, row | {"password_hash": password_hash, "created_at": now}).one_or_none() is None:
        raise Conflict(f"{wanted} has an account already.", code="access.email_taken")
    return read_principal(row)


def find_credentials(db: Connection, scope: Scope, email: str) -> tuple[Principal, str | None] | None:
    """The enabled person who has an e-mail, with the hash of the password."""
    query = select(principals).where(
        within(principals, scope), principals.c.email == email.strip().lower(), principals.c.disabled_at.is_(None)
    )
    row = db.execute(query).mappings().one_or_none()
    return (read_principal(row), row["password_hash"]) if row else None


def get_principal(db: Connection, scope: Scope, principal_id: str) -> Principal | None:
    """An enabled principal."""
    query = select(principals).where(
        within(principals, scope), principals.c.principal_id == principal_id, principals.c.disabled_at.is_(None)
    )
    row = db.execute(query).mappings().one_or_none()
    return read_principal(row) if row else None


def set_password(db: Connection, scope: Scope, principal_id: str, password_hash: str) -> None:
    """Replace a password."""
    this = within(principals, scope) & (principals.c.principal_id == principal_id)
    db.execute(update(principals).where(this).values(password_hash=password_hash))


def list_people(db: Connection, scope: Scope) -> list[Principal]:
    """The people who may log in, by e-mail."""
    this = within(principals, scope) & (principals.c.kind == "person") & principals.c.disabled_at.is_(None)
    rows = db.execute(select(principals).where(this).order_by(principals.c.email)).mappings()
    return [read_principal(row) for row in rows]


def list_team(db: Connection, scope: Scope, team: str) -> list[str]:
    """Ids of the people of a team who may answer customers."""
    answers = principals.c.role.in_([Role.ADMIN.value, Role.OPERATOR.value])
    this = within(principals, scope) & principals.c.disabled_at.is_(None) & answers & (principals.c.team == team)
    return list(db.execute(select(principals.c.principal_id).where(this).order_by(principals.c.email)).scalars())


def find_admin(db: Connection, scope: Scope) -> Principal | None:
    """The administrator who is there the longest."""
    query = select(principals).where(
        within(principals, scope), principals.c.role == Role.ADMIN.value, principals.c.disabled_at.is_(None)
    )
    row = db.execute(query.order_by(principals.c.created_at).limit(1)).mappings().one_or_none()
    return read_principal(row) if row else None


def _team_name(team: str | None) -> str | None:
    wanted = (team or "").strip() or None
    if wanted is not None and len(wanted) > LONGEST_TEAM:
        raise InvalidInput(f"a team's name has at most {LONGEST_TEAM} letters.", code="access.bad_team", place="team")
    return wanted


def normal_email(email: str) -> str:
    """An e-mail in the form in which it is kept.

    Raises:
        InvalidInput: It is no e-mail.
    """
    wanted = email.strip().lower()
    name, at, host = wanted.partition("@")
    if not (name and at and host) or "@" in host or len(wanted) > 254 or any(each.isspace() for each in wanted):
        raise InvalidInput("this is no e-mail address.", code="access.invalid_email")
    return wanted


def read_principal(row: RowMapping | Mapping[str, Any]) -> Principal:
    """A row as a principal."""
    return Principal(
        principal_id=row["principal_id"],
        scope=Scope(row["project_id"], row["environment"]),
        kind=row["kind"],
        email=row["email"],
        name=row["name"],
        role=Role(row["role"]),
        team=row.get("team"),
    )
