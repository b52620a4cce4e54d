"""Commits of starting, of commands without a server, and of evals."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
from pathlib import Path

from tests.chaos.every_commit.world import small
from tests.chaos.process import TAPBOT
from tests.chaos.rooms import make_project, open_room


async def test_the_schema_is_there_after_the_first_start(tmp_path: Path) -> None:
    async with small(tmp_path):
        pass
    with sqlite3.connect(tmp_path / "data" / "tapbot.db") as db:
        assert db.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)


async def test_a_release_is_kept_before_it_is_served(tmp_path: Path) -> None:
    async with small(tmp_path) as room:
        assert await room.rows("SELECT release FROM releases") == [(room.served.project.release,)]


async def run_command(*command: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(subprocess.run, [TAPBOT, *command], capture_output=True, text=True, check=False)


async def add_person(folder: Path, data: Path) -> None:
    added = await run_command(
        "user", "add", "aru@example.com", "--name", "Aru", "--role", "operator",
        "--project", str(folder), "--data", str(data), "--json",
    )  # fmt: skip
    assert added.returncode == 0, added.stderr
    with sqlite3.connect(data / "tapbot.db") as db:
        assert db.execute("SELECT email FROM principals").fetchall() == [("aru@example.com",)]


async def test_a_person_who_was_added_without_a_server_is_kept(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project", [])
    async with open_room(folder, tmp_path / "data"):
        pass
    await add_person(folder, tmp_path / "data")


async def test_migrating_brings_the_schema_up_to_date(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "tapbot.db").touch()
    migrated = await run_command("migrate", "--data", str(tmp_path / "data"))
    assert migrated.returncode == 0, migrated.stderr
    with sqlite3.connect(tmp_path / "data" / "tapbot.db") as db:
        assert db.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)


async def test_a_command_without_a_server_brings_the_schema_up_to_date(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "tapbot.db").touch()
    await run_command("runs", "list", "--data", str(tmp_path / "data"), "--json")
    with sqlite3.connect(tmp_path / "data" / "tapbot.db") as db:
        assert db.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)


async def test_an_eval_hears_the_replies_to_its_messages(tmp_path: Path) -> None:
    made = await run_command("new", str(tmp_path / "shop"))
    assert made.returncode == 0, made.stderr
    tested = await run_command("test", str(tmp_path / "shop"), "--json")
    assert tested.returncode == 0, tested.stdout[-2000:] + tested.stderr
