"""PostgreSQL goes away: work waits and goes on, what was acknowledged is kept, and nobody waits for ever."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import Connection, text
from tests.servers.databases import Place
from tests.servers.postgres import PostgresServer

from tapbot.api.errors import status_of
from tapbot.storage.database import DatabaseBusy, DatabaseGone, OpenDatabase, OutcomeUnknown
from tapbot.storage.postgres import PostgresDatabase


def add(note: str) -> Any:
    return lambda db: db.execute(text("INSERT INTO notes VALUES (:note)"), {"note": note}) and None


def notes(db: Connection) -> list[str]:
    return list(db.execute(text("SELECT note FROM notes")).scalars())


@pytest.fixture
async def database(own_postgres: PostgresServer) -> AsyncIterator[PostgresDatabase]:
    url = own_postgres.new_database()
    rights = "GRANT ALL ON notes TO tapbot_engine, tapbot_request"
    own_postgres.sql(f"CREATE TABLE notes (note TEXT UNIQUE); {rights}", database=url.rpartition("/")[2])
    opened = PostgresDatabase(url)
    await opened.write("test.first", add("first"))
    yield opened
    await opened.close()


@pytest.mark.parametrize("at_once", [False, True], ids=["stopped", "power cut"])
async def test_work_waits_for_a_restart_and_goes_on(
    database: PostgresDatabase, own_postgres: PostgresServer, *, at_once: bool
) -> None:
    """Whatever was acknowledged is there once; only a commit that was cut in half may be unknown, and says so."""
    kept: list[str] = []
    unknown: list[str] = []
    stopping = asyncio.Event()

    async def write(worker: int) -> None:
        number = 0
        while not stopping.is_set():
            note = f"{worker}/{number}"
            try:
                await database.write("test.add", add(note))
                kept.append(note)
            except OutcomeUnknown:
                unknown.append(note)
            assert "first" in await database.read(notes)
            number += 1

    async with asyncio.TaskGroup() as group:
        for worker in range(8):
            group.create_task(write(worker))
        for _ in range(2):
            await asyncio.sleep(0.3)
            before = len(kept)
            await asyncio.to_thread(own_postgres.restart, at_once=at_once)
            async with asyncio.timeout(15):
                while len(kept) < before + 20:
                    await asyncio.sleep(0.02)
        stopping.set()
    found = await database.read(notes)
    assert set(kept) <= set(found) <= {"first", *kept, *unknown}
    assert len(found) == len(set(found))
    assert len(unknown) <= 16
    assert database.healthy
    assert database.figures.lost_connections > 0


async def test_a_server_that_stays_away_is_told_and_comes_back(own_postgres: PostgresServer) -> None:
    database = PostgresDatabase(own_postgres.new_database(), wait_seconds=0.5)
    assert await database.read(lambda db: db.execute(text("SELECT 1")).scalar_one()) == 1
    own_postgres.stop()
    for call in (database.read(notes), database.write("test.add", add("x"))):
        with pytest.raises(DatabaseGone) as caught:
            await call
        assert status_of(caught.value) == 503
        assert caught.value.retry_after_seconds
    assert not database.healthy
    own_postgres.start()
    assert await database.read(lambda db: db.execute(text("SELECT 1")).scalar_one()) == 1
    await database.close()


async def test_what_cannot_be_reached_at_the_end_does_not_hold_it_up(own_postgres: PostgresServer) -> None:
    database = PostgresDatabase(own_postgres.new_database(), wait_seconds=0.3)
    own_postgres.stop()
    late = asyncio.create_task(database.write("test.add", add("x")))
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await database.close()
    with pytest.raises(DatabaseGone):
        await late


async def test_a_session_that_the_server_ends_is_made_anew(
    database: PostgresDatabase, own_postgres: PostgresServer
) -> None:
    for number in range(3):
        own_postgres.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tapbot'")
        await asyncio.gather(*(database.write("test.add", add(f"{number}/{each}")) for each in range(5)))
    assert len(await database.read(notes)) == 16


async def test_more_than_may_wait_is_refused_before_memory_grows(place: Place) -> None:
    database: OpenDatabase = await place.open(most_waiting=50)
    await place.make_table(database, "notes (note TEXT UNIQUE)")
    results = await asyncio.gather(
        *(database.write("test.add", add(str(number))) for number in range(400)), return_exceptions=True
    )
    refused = [result for result in results if result is not None]
    assert refused
    assert all(isinstance(result, DatabaseBusy) and status_of(result) == 503 for result in refused)
    assert database.figures.refused == len(refused)
    assert len(await database.read(notes)) == 400 - len(refused)
    assert database.waiting == 0


async def test_the_figures_tell_commits_and_how_many_changes_shared_one(place: Place) -> None:
    database = await place.open()
    await place.make_table(database, "notes (note TEXT UNIQUE)")
    before = database.figures.changes
    await asyncio.gather(*(database.write("test.add", add(str(number))) for number in range(100)))
    with contextlib.suppress(Exception):
        await database.write("test.add", add("1"))
    assert database.figures.changes - before == 100
    assert sum(database.figures.batch_sizes.values()) == database.figures.commits
    assert max(database.figures.batch_sizes) >= 16
