"""An installation moves to PostgreSQL and back, and goes on where it was."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.chaos.rooms import open_room
from tests.integration.move.company import fill_every_table, go_on
from tests.integration.move.conftest import Company
from tests.servers.postgres import PostgresServer

from tapbot.app.move.moving import move, undo
from tapbot.app.move.tables import room_tables
from tapbot.errors import Conflict, NotFound
from tapbot.storage.folder import lock_folder

WITH_LEASES = {table.name for table in room_tables() if any(c.name.endswith("until_ms") for c in table.columns)}
RIDES = [("TX-1001",), ("TX-1002",)]
TAPBOT = str(Path(sys.executable).with_name("tapbot"))


def silent(_table: str, _done: int, _total: int) -> None:
    """Progress that nobody hears."""


def name_of(url: str) -> str:
    return urlsplit(url).path[1:]


async def test_a_company_goes_on_in_postgresql(company: Company, tmp_path: Path) -> None:
    moved = await move(company.data, company.url, to_postgres=True, progress=silent)

    assert moved.tables["runs"].rows > 5
    assert moved.tables["data$taxi$dev$rides"].rows == 1
    assert moved.counters["messages"] >= moved.tables["messages"].rows
    rides = await go_on(company.project, tmp_path / "unused", company.waiting, url=company.url)
    assert rides == RIDES


async def test_a_company_goes_on_back_in_a_folder(company: Company, tmp_path: Path) -> None:
    there = await move(company.data, company.url, to_postgres=True, progress=silent)
    back = await move(tmp_path / "new", company.url, to_postgres=False, progress=silent)

    held = {"leases"}
    same = {name for name, content in there.tables.items() if content == back.tables[name]}
    assert there.tables.keys() - same <= {"runs", "outbox"} | held, "leases end with a move, nothing else differs"
    assert back.counters == there.counters
    assert await go_on(company.project, tmp_path / "new", company.waiting) == RIDES
    with pytest.raises(Conflict, match="was moved to"):
        await go_on(company.project, tmp_path / "unused", company.waiting, url=company.url)


async def test_a_company_goes_on_back_where_it_came_from_with_all_that_was_written_since(
    company: Company, tmp_path: Path
) -> None:
    await move(company.data, company.url, to_postgres=True, progress=silent)
    assert await go_on(company.project, tmp_path / "unused", company.waiting, url=company.url) == RIDES
    since = await move(company.data, company.url, to_postgres=False, progress=silent)
    assert since.replaced
    assert since.tables["data$taxi$dev$rides"].rows == 2, "the second ride was booked in PostgreSQL"
    assert await go_on(company.project, company.data, company.waiting, more=()) == RIDES

    again = await move(company.data, company.url, to_postgres=True, progress=silent)
    assert again.replaced
    assert await go_on(company.project, tmp_path / "unused", company.waiting, more=(), url=company.url) == RIDES


async def test_only_the_installation_that_left_may_come_back_over_what_it_left(
    company: Company, postgres: PostgresServer, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(company.data, other)
    others = postgres.new_database()
    await move(company.data, company.url, to_postgres=True, progress=silent)
    await move(other, others, to_postgres=True, progress=silent)
    with pytest.raises(Conflict, match="not empty"):
        await move(company.data, others, to_postgres=False, progress=silent)

    assert await undo(company.data, None) is not None
    with pytest.raises(Conflict, match="not empty"):  # both are served by now: neither is the old place
        await move(company.data, company.url, to_postgres=True, progress=silent)
    with pytest.raises(Conflict, match="not empty"):
        await move(company.data, company.url, to_postgres=False, progress=silent)
    assert await undo(company.data, company.url) is None, "it was never moved away"


async def test_a_row_of_every_table_arrives_there_and_back(company: Company, tmp_path: Path) -> None:
    await asyncio.to_thread(fill_every_table, company.data)

    there = await move(company.data, company.url, to_postgres=True, progress=silent)
    back = await move(tmp_path / "new", company.url, to_postgres=False, progress=silent)

    assert {table.name for table in room_tables()} <= {name for name, moved in there.tables.items() if moved.rows}
    changed = {name for name, content in there.tables.items() if content != back.tables[name]}
    assert changed <= WITH_LEASES, "leases end with a move, nothing else differs"


async def test_the_old_place_is_not_served_until_the_move_is_undone(company: Company) -> None:
    await move(company.data, company.url, to_postgres=True, progress=silent)

    with pytest.raises(Conflict, match="was moved to postgresql:") as refused:
        await go_on(company.project, company.data, company.waiting)
    assert "--undo" in (refused.value.hint or "")
    with pytest.raises(Conflict, match="already"):
        await move(company.data, company.url, to_postgres=True, progress=silent)
    assert await undo(company.data, None) is not None
    assert await go_on(company.project, company.data, company.waiting) == RIDES


async def test_a_running_server_is_not_moved(company: Company, tmp_path: Path) -> None:
    lock = lock_folder(company.data)
    with pytest.raises(Conflict, match="in use by process"):
        await move(company.data, company.url, to_postgres=True, progress=silent)
    lock.release()

    await move(company.data, company.url, to_postgres=True, progress=silent)
    async with open_room(company.project, tmp_path / "unused", storage={"url": company.url}):
        with pytest.raises(Conflict, match="a tapbot works with this database"):
            await move(tmp_path / "new", company.url, to_postgres=False, progress=silent)


async def test_a_filled_target_is_left_alone(company: Company, postgres: PostgresServer, tmp_path: Path) -> None:
    row = "INSERT INTO channel_cursors VALUES ('other', 'dev', 'telegram', 'bot', 7)"
    postgres.sql(row, database=name_of(company.url))
    with pytest.raises(Conflict, match="not empty"):
        await move(company.data, company.url, to_postgres=True, progress=silent)

    foreign = postgres.new_database(migrated=False)
    postgres.sql("CREATE TABLE accounts (id int)", database=name_of(foreign))
    with pytest.raises(Conflict, match="another program"):
        await move(company.data, foreign, to_postgres=True, progress=silent)
    with pytest.raises(NotFound):
        await move(tmp_path / "nothing", company.url, to_postgres=True, progress=silent)


TAMPER = """
CREATE FUNCTION tamper() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN NEW.text := NEW.text || '!'; RETURN NEW; END $$;
CREATE TRIGGER tamper BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION tamper()
"""


async def test_a_row_that_arrives_changed_is_noticed_and_the_move_can_be_done_again(
    company: Company, postgres: PostgresServer, tmp_path: Path
) -> None:
    postgres.sql(TAMPER, database=name_of(company.url))
    with pytest.raises(Conflict, match="other values") as noticed:
        await move(company.data, company.url, to_postgres=True, progress=silent)
    assert noticed.value.place == "messages"
    with pytest.raises(Conflict, match="did not finish"):
        await go_on(company.project, tmp_path / "unused", company.waiting, url=company.url)

    postgres.sql("DROP TRIGGER tamper ON messages", database=name_of(company.url))
    moved = await move(company.data, company.url, to_postgres=True, progress=silent)
    assert moved.tables["messages"].rows > 5


async def test_a_move_that_was_cut_off_between_its_last_marks_is_finished(
    company: Company, postgres: PostgresServer, tmp_path: Path
) -> None:
    await move(company.data, company.url, to_postgres=True, progress=silent)
    mark = "CREATE TABLE tapbot_move AS SELECT '{id}' AS move_id, 'copied' AS state, '{other}' AS other, '' AS at"
    postgres.sql("DROP TABLE tapbot_move", database=name_of(company.url))
    postgres.sql(mark.format(id=mark_id(company.data), other=company.data), database=name_of(company.url))

    moved = await move(company.data, company.url, to_postgres=True, progress=silent)

    assert moved.finished_only
    rides = await go_on(company.project, tmp_path / "unused", company.waiting, url=company.url)
    assert rides == RIDES


def mark_id(data: Path) -> str:
    with closing(sqlite3.connect(data / "tapbot.db")) as db:
        return str(db.execute("SELECT move_id FROM tapbot_move").fetchone()[0])


SLOW = """
CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$;
CREATE TRIGGER slow BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION slow()
"""


async def test_kill_9_in_the_middle_leaves_the_source_whole_and_the_target_marked(
    company: Company, postgres: PostgresServer, tmp_path: Path
) -> None:
    database = name_of(company.url)
    postgres.sql(SLOW, database=database)
    command = [TAPBOT, "move", "taxi", "--to", company.url, "--data", str(company.data), "--json"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    sleeping = "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND wait_event = 'PgSleep'"
    while postgres.sql(sleeping.format(database)) != "1":
        assert child.poll() is None, child.communicate()
        time.sleep(0.05)
    child.send_signal(signal.SIGKILL)
    child.communicate()

    with pytest.raises(Conflict, match="did not finish"):
        await go_on(company.project, tmp_path / "unused", company.waiting, url=company.url)
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    postgres.sql(end)
    postgres.sql("DROP TRIGGER slow ON outbox", database=database)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["tables"]["data$taxi$dev$rides"]["rows"] == 1
    assert report["target"] == company.url.replace("postgres@", "")
    rides = await go_on(company.project, tmp_path / "unused", company.waiting, url=company.url)
    assert rides == RIDES
