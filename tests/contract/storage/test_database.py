"""What every database promises, run over each of them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text
from tests.servers.databases import Place

from tapbot.storage.database import DatabaseClosed, OpenDatabase, SqliteDatabase
from tapbot.storage.faults import Faults


@pytest.fixture(params=["file", "memory", "postgres"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenDatabase]:
    if request.param == "memory":
        opened: OpenDatabase = SqliteDatabase(None)
        await opened.write("test.table", lambda db: db.execute(text("CREATE TABLE notes (note TEXT UNIQUE)")) and None)
        yield opened
        await opened.close()
        return
    server = request.getfixturevalue("postgres") if request.param == "postgres" else None
    place = Place(tmp_path / "test.db", server)
    opened = await place.open()
    await place.make_table(opened, "notes (note TEXT UNIQUE)")
    yield opened
    await place.close()


def add(note: str) -> Any:
    return lambda db: db.execute(text("INSERT INTO notes VALUES (:note)"), {"note": note}) and None


def notes(db: Connection) -> list[str]:
    return list(db.execute(text("SELECT note FROM notes ORDER BY note")).scalars())


async def test_what_was_written_is_read(database: OpenDatabase) -> None:
    await database.write("test.add", add("a"))
    assert await database.read(notes) == ["a"]


async def test_a_failing_change_gets_its_own_error_and_spares_its_neighbours(database: OpenDatabase) -> None:
    async def fail() -> None:
        def change(db: Connection) -> None:
            add("half")(db)
            raise ZeroDivisionError

        await database.write("test.fail", change)

    results = await asyncio.gather(
        *(database.write("test.add", add(str(number))) for number in range(20)), fail(), return_exceptions=True
    )
    assert [type(result) for result in results if result is not None] == [ZeroDivisionError]
    assert await database.read(notes) == sorted(map(str, range(20)))


async def test_facts_are_told_after_the_commit_and_not_when_the_change_failed(place: Place) -> None:
    heard: list[str] = []
    opened = await place.open(told=heard.extend)

    def tell(db: Connection) -> None:
        db.info["told"].append("fact")

    def tell_and_fail(db: Connection) -> None:
        db.info["told"].append("not a fact")
        raise ZeroDivisionError

    await opened.write("test.tell", tell)
    with pytest.raises(ZeroDivisionError):
        await opened.write("test.fail", tell_and_fail)
    assert heard == ["fact"]


async def test_a_closed_database_refuses_changes(database: OpenDatabase) -> None:
    await database.close()
    with pytest.raises(DatabaseClosed):
        await database.write("test.add", add("late"))


async def test_what_waits_when_the_end_comes_is_still_written(place: Place) -> None:
    opened = await place.open()
    await place.make_table(opened, "notes (note TEXT UNIQUE)")
    async with asyncio.TaskGroup() as group:
        for number in range(50):
            group.create_task(opened.write("test.add", add(str(number))))
        group.create_task(opened.close())
    again = await place.open()
    assert len(await again.read(notes)) == 50


async def test_a_cancelled_caller_leaves_its_change_whole(database: OpenDatabase) -> None:
    task = asyncio.create_task(database.write("test.add", add("kept")))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await database.write("test.add", add("later"))  # the writer works in order, so the first one is done by now
    assert await database.read(notes) == ["kept", "later"]


async def test_a_dropped_site_loses_its_changes_and_only_its_own(place: Place) -> None:
    opened = await place.open(faults=Faults(drop="test.add"))
    await place.make_table(opened, "notes (note TEXT)")
    await opened.write("test.add", add("dropped"))
    await asyncio.gather(opened.write("test.add", add("dropped too")), opened.write("test.other", add("kept")))
    assert await opened.read(notes) == ["kept"]


async def test_a_full_disk_fails_what_does_not_fit_and_the_writer_lives_on(tmp_path: Path) -> None:
    opened = SqliteDatabase(tmp_path / "test.db")
    await opened.write("test.table", lambda db: db.execute(text("CREATE TABLE notes (note TEXT)")) and None)

    def limit(db: Connection) -> int:
        pages = int(db.execute(text("PRAGMA page_count")).scalar_one())
        return int(db.execute(text(f"PRAGMA max_page_count = {pages + 2}")).scalar_one())

    await opened.write("test.limit", limit)
    results = await asyncio.gather(
        *(opened.write("test.add", add(f"small {number}")) for number in range(3)),
        opened.write("test.add", add("x" * 100_000)),
        *(opened.write("test.add", add(f"later {number}")) for number in range(3)),
        return_exceptions=True,
    )
    failed = [result for result in results if result is not None]
    assert len(failed) == 1
    assert "full" in str(failed[0])
    assert "xxxx" not in str(failed[0]), "what people wrote does not get into errors"
    assert len(await opened.read(notes)) == 6
    assert opened.healthy
    await opened.close()


KILLED = """
import asyncio, sys
from pathlib import Path
from sqlalchemy import text
from tapbot.storage.database import SqliteDatabase
from tapbot.storage.faults import Faults
from tapbot.storage.postgres import PostgresDatabase

async def main(place, **point):
    faults = Faults(**point)
    if place.startswith("postgresql:"):
        opened = PostgresDatabase(place, faults=faults)
    else:
        opened = SqliteDatabase(Path(place), faults=faults)
    for note in "abc":
        insert = text(f"INSERT INTO notes VALUES ('{note}')")
        await opened.write("test.add", lambda db, insert=insert: db.execute(insert) and None)
        print(note, flush=True)

asyncio.run(main(sys.argv[1], **{sys.argv[2]: sys.argv[3]}))
"""


@pytest.mark.parametrize(("point", "acknowledged", "kept"), [("kill_before", "a", "a"), ("kill_after", "a", "ab")])
async def test_a_process_killed_at_a_write_keeps_what_it_acknowledged(
    place: Place, point: str, acknowledged: str, kept: str
) -> None:
    opened = await place.open()
    await place.make_table(opened, "notes (note TEXT UNIQUE)")
    where = place.url or str(place.path)
    command = [sys.executable, "-c", KILLED, where, point, "test.add#2"]
    killed = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    assert killed.returncode == -9, killed.stderr
    assert killed.stdout.split() == list(acknowledged)
    async with asyncio.timeout(10):  # the server has yet to see that the process is gone
        while await opened.read(notes) != list(kept):
            await asyncio.sleep(0.05)
