"""A scoped transaction sees and writes one project in one environment, whoever used the connection before."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from tests.servers.databases import Place

from tapbot.access.audit import note
from tapbot.access.store import add_person, list_people
from tapbot.access.tables import audit_log, principals
from tapbot.access.types import Role
from tapbot.data import store as data
from tapbot.data.definition import parse_collections
from tapbot.data.schema import apply_collections
from tapbot.errors import NotFound, TapbotError
from tapbot.events.store import tell
from tapbot.events.tables import events
from tapbot.inbox import store as inbox
from tapbot.inbox import views
from tapbot.inbox.types import Arrival
from tapbot.storage.columns import within, within_any
from tapbot.storage.database import OpenDatabase
from tapbot.storage.types import Scope
from tapbot.workflow.tables import runs

NOW = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)
TAXI, SHOP, STAGE = Scope("taxi", "prod"), Scope("shop", "prod"), Scope("taxi", "stage")
SCOPES = (TAXI, SHOP, STAGE)
CITIES = {"collections/cities.yaml": "name: cities\nfields:\n  - {name: key, type: string, unique: true}\n"}
REFUSED = (TapbotError, DBAPIError)
OTHERS = principals.alias()

BEYOND = [
    select(principals.c.email),
    select(func.count()).select_from(principals),
    select(principals).where(within(principals, SHOP)),
    select(principals).where(principals.c.project_id == "taxi"),
    select(principals).where(within_any(principals, [TAXI, SHOP])),
    select(principals).where(within(principals, TAXI) | (principals.c.name == "anna")),
    select(principals).where(principals.c.email.in_(select(principals.c.email).where(within(principals, SHOP)))),
    select(events).join(principals, principals.c.name == events.c.kind).where(within(events, TAXI)),
    select(principals.c.email).where(within(events, TAXI), events.c.kind == principals.c.name),
    select(OTHERS.c.email).where(within(principals, TAXI), principals.c.name == OTHERS.c.name),
    text("SELECT email FROM principals WHERE project_id = 'shop'"),
    select(text("email")).select_from(principals).where(within(principals, TAXI)),
]
"""Queries that are not, or not surely, limited to one scope."""


def person(db: Connection, scope: Scope, name: str) -> str:
    made = add_person(
        db,
        scope,
        principal_id=f"{name}@{scope.project_id}.{scope.environment}",
        email=f"{name}@{scope.project_id}.{scope.environment}",
        name=name,
        role=Role.OPERATOR,
        password_hash=None,
        now=NOW,
    )
    return made.principal_id


async def fill(database: OpenDatabase) -> None:
    """The same things in each scope, written as that scope."""
    for scope in SCOPES:
        collections = parse_collections(CITIES, time_zone="Asia/Almaty")

        def make(db: Connection, scope: Scope = scope, collections: Any = collections) -> None:
            apply_collections(db, scope, collections, files=CITIES, now=NOW)

        def put(db: Connection, scope: Scope = scope) -> None:
            person(db, scope, "anna")
            note(db, scope, actor_id=None, action="test", subject=scope.project_id, now=NOW)
            data.insert(db, scope, "cities", {"key": f"{scope.project_id} {scope.environment}"}, now=NOW)
            arrival = Arrival(
                bot_id="bot",
                channel="webchat",
                chat_id="c1",
                message_id="m1",
                text="hello",
                value=None,
                sender_id="c1",
                sender_name=None,
                sender_language=None,
            )
            inbox.accept(db, scope, arrival, now=NOW)

        await database.write("test.make", make)
        await database.scoped(scope).write("test.put", put)


def people(scope: Scope) -> Any:
    return lambda db: [one.scope for one in list_people(db, scope)]


async def test_a_scope_sees_its_own_rows_alone(database: OpenDatabase) -> None:
    await fill(database)
    for scope in SCOPES:
        own = database.scoped(scope)
        assert await own.read(people(scope)) == [scope]
        found = await own.read(lambda db, scope=scope: data.find(db, scope, "cities"))  # type: ignore[misc]
        assert [record["key"] for record in found] == [f"{scope.project_id} {scope.environment}"]
        shown = await own.read(lambda db, scope=scope: views.list_conversations(db, scope))  # type: ignore[misc]
        assert len(shown) == 1
    counted = await database.read(lambda db: db.execute(select(func.count()).select_from(principals)).scalar_one())
    assert counted == 3, "the engine crosses projects"


async def test_a_query_beyond_the_scope_gives_nothing_of_others(database: OpenDatabase) -> None:
    """PostgreSQL shows the scope's rows alone; SQLite refuses what it cannot be sure of."""
    await fill(database)
    for query in BEYOND:

        def read(db: Connection, query: Any = query) -> list[Any]:
            return [tuple(row) for row in db.execute(query)]

        with contextlib.suppress(TapbotError):
            shown = str(await database.scoped(TAXI).read(read))
            assert "shop" not in shown, query
            assert "stage" not in shown, query
            assert shown in {"[]", "[(1,)]"} or "taxi.prod" in shown, query


@pytest.mark.parametrize(
    "statement",
    [
        insert(events).values(project_id="shop", environment="prod", kind="k", subject="s", data={}, created_at=NOW),
        update(principals).where(within(principals, TAXI)).values(project_id="shop"),
    ],
    ids=str,
)
async def test_a_row_of_another_scope_is_not_written(database: OpenDatabase, statement: Any) -> None:
    await fill(database)
    with pytest.raises(REFUSED):
        await database.scoped(TAXI).write("test.foreign", lambda db: db.execute(statement) and None)
    counted = select(principals.c.project_id).order_by(principals.c.project_id)
    assert await database.read(lambda db: list(db.execute(counted).scalars())) == ["shop", "taxi", "taxi"]


@pytest.mark.parametrize("kind", [delete, update])
async def test_a_change_without_a_condition_touches_no_other_scope(database: OpenDatabase, kind: Any) -> None:
    await fill(database)
    statement = kind(principals)
    statement = statement if kind is delete else statement.values(name="gone")
    with contextlib.suppress(TapbotError):
        await database.scoped(TAXI).write("test.all", lambda db: db.execute(statement) and None)
    kept = select(func.count()).select_from(principals).where(principals.c.name == "anna")
    assert await database.read(lambda db: db.execute(kept).scalar_one()) >= 2


async def test_a_fact_of_another_scope_is_not_told(database: OpenDatabase) -> None:
    with pytest.raises(REFUSED):
        await database.scoped(TAXI).write("test.tell", lambda db: tell(db, SHOP, "k", "s", {}, now=NOW))


async def test_a_collection_of_another_scope_cannot_be_opened(database: OpenDatabase) -> None:
    await fill(database)
    with pytest.raises((NotFound, *REFUSED)):
        await database.scoped(TAXI).read(lambda db: data.find(db, SHOP, "cities"))
    with pytest.raises((NotFound, *REFUSED)):
        await database.scoped(TAXI).write("test", lambda db: data.insert(db, SHOP, "cities", {"key": "x"}, now=NOW))


async def look(database: OpenDatabase, scope: Scope) -> None:
    found = await database.scoped(scope).read(people(scope))
    assert set(found) == {scope}


async def fail(database: OpenDatabase, scope: Scope) -> None:
    def read(db: Connection) -> None:
        list_people(db, scope)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.scoped(scope).read(read)
    with pytest.raises(ZeroDivisionError):
        await database.scoped(scope).write("test.fail", read)


async def break_off(database: OpenDatabase, scope: Scope) -> None:
    task = asyncio.create_task(database.scoped(scope).read(people(scope)))
    await asyncio.sleep(0)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def break_a_statement(database: OpenDatabase, scope: Scope) -> None:
    with pytest.raises(REFUSED):
        await database.scoped(scope).write("test.broken", lambda db: db.execute(text("SELECT nothing")) and None)


@pytest.mark.parametrize("before", [look, fail, break_off, break_a_statement])
async def test_projects_that_take_turns_on_a_connection_see_nothing_of_each_other(place: Place, before: Any) -> None:
    database = await place.open(**({"read_lanes": 1} if place.url else {}))
    await fill(database)
    for scope in (TAXI, SHOP, STAGE, TAXI):
        await before(database, scope)
        await look(database, SHOP if scope != SHOP else TAXI)


async def test_scopes_that_share_a_commit_stay_apart(database: OpenDatabase) -> None:
    await fill(database)

    async def write(number: int) -> None:
        def put(db: Connection) -> None:
            person(db, SCOPES[number % 3], f"p{number}")
            if number % 5 == 0:
                raise ZeroDivisionError

        with contextlib.suppress(ZeroDivisionError):
            await database.scoped(SCOPES[number % 3]).write("test.put", put)

    async with asyncio.TaskGroup() as group:
        for number in range(40):
            group.create_task(write(number))
            group.create_task(look(database, SCOPES[number % 3]))
    rows = await database.read(lambda db: db.execute(select(principals.c.project_id, principals.c.principal_id)).all())
    assert len(rows) == 3 + 32
    assert all(principal_id.split("@")[1].split(".")[0] == project_id for project_id, principal_id in rows)


async def test_without_a_scope_the_role_of_requests_sees_no_row(place: Place) -> None:
    if not place.server or not place.url:
        pytest.skip("roles are PostgreSQL's")
    await fill(await place.open())
    name = place.url.rpartition("/")[2]
    columns = "information_schema.columns WHERE column_name = 'project_id' AND table_schema = 'public'"
    tables = place.server.sql(f"SELECT table_name FROM {columns}", database=name).splitlines()  # noqa: S608
    assert len(tables) > 10
    for table in tables:
        assert place.server.sql(f"SET ROLE tapbot_request; TABLE {table}", database=name) == "", table
        flags = (
            f"SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relname = '{table}' AND relkind = 'r'"  # noqa: S608
        )
        assert place.server.sql(flags, database=name) == "t", table
    collection = 'SET ROLE tapbot_request; SELECT count(*) FROM "data$taxi$prod".cities'
    assert place.server.sql(collection, database=name) == "0"


async def test_nobody_rewrites_the_audit_log_or_the_journal_in_a_request(place: Place) -> None:
    if not place.server:
        pytest.skip("rights are PostgreSQL's")
    database = await place.open()
    await fill(database)
    for statement in (
        update(audit_log).where(within(audit_log, TAXI)).values(action="x"),
        delete(audit_log).where(within(audit_log, TAXI)),
        delete(runs).where(within(runs, TAXI)),
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            await database.scoped(TAXI).write("test", lambda db, one=statement: db.execute(one) and None)  # type: ignore[misc]
