"""The first administrator is made once, by password or by link."""

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection

from tapbot.access.audit import verify
from tapbot.access.first_admin import NO_EMAIL, issue_link, prepare_admin
from tapbot.access.login_links import use_link
from tapbot.access.passwords import verify_password
from tapbot.access.secrets import new_secret
from tapbot.access.store import add_person, find_credentials
from tapbot.access.types import Principal, Role
from tapbot.errors import Conflict, InvalidInput
from tapbot.settings import AdminSection, load_settings
from tapbot.storage.columns import metadata
from tapbot.storage.database import SqliteDatabase
from tapbot.storage.faults import Faults
from tapbot.storage.types import Scope


@pytest.fixture
async def database() -> AsyncIterator[SqliteDatabase]:
    opened = SqliteDatabase(None, faults=Faults(**load_settings(None).faults.model_dump()))
    names = ("principals", "sessions", "login_links", "audit_log")
    await opened.write("test", lambda db: metadata.create_all(db, tables=[metadata.tables[name] for name in names]))
    yield opened
    await opened.close()


async def prepare(
    database: SqliteDatabase, scope: Scope, now: datetime, email: str | None = None, password: str | None = None
) -> Principal:
    section = AdminSection(email=email, password=SecretStr(password) if password else None)
    return await prepare_admin(database, scope, section, new_id=lambda: str(uuid4()), now=now)


async def test_without_settings_a_link_lets_the_administrator_in(
    database: SqliteDatabase, scope: Scope, now: datetime
) -> None:
    admin = await prepare(database, scope, now)
    assert (admin.email, admin.role) == (NO_EMAIL, Role.ADMIN)
    token = new_secret()
    await issue_link(database, admin, token, now=now)
    assert await database.write("test", lambda db: use_link(db, scope, token, now=now)) == admin
    assert (await prepare(database, scope, now)) == admin


async def test_the_password_of_the_settings_holds_also_when_it_changes(
    database: SqliteDatabase, scope: Scope, now: datetime
) -> None:
    first = await prepare(database, scope, now, "Admin@example.com", "a long password")
    again = await prepare(database, scope, now, "admin@example.com", "a long password")
    changed = await prepare(database, scope, now, "admin@example.com", "another password")
    assert first == again == changed

    def read(db: Connection) -> str | None:
        found = find_credentials(db, scope, "admin@example.com")
        return found[1] if found else None

    assert verify_password("another password", await database.read(read))
    assert (await database.read(lambda db: verify(db, scope))).entries == 2


async def test_a_short_password_stops_the_start(database: SqliteDatabase, scope: Scope, now: datetime) -> None:
    with pytest.raises(InvalidInput):
        await prepare(database, scope, now, "admin@example.com", "short")


async def test_an_operator_does_not_become_administrator_by_a_setting(
    database: SqliteDatabase, scope: Scope, now: datetime
) -> None:
    await database.write(
        "test",
        lambda db: add_person(
            db,
            scope,
            principal_id="o",
            email="op@example.com",
            name="O",
            role=Role.OPERATOR,
            password_hash=None,
            now=now,
        ),
    )
    with pytest.raises(Conflict):
        await prepare(database, scope, now, "op@example.com", "a long password")
