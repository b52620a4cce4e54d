"""Commits of schedules, timers and sweeping."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from tests.chaos.every_commit.world import ADD_NOTE, PATIENCE_SECONDS, SET, hook, small, until
from tests.chaos.rooms import Room, make_project, workflow

from tapbot.project.load import load_project
from tapbot.project.snapshot import snapshot_of
from tapbot.project.store import save_release
from tapbot.scheduler.sweeping import Sweeper
from tapbot.storage.types import Scope

EVERY_MINUTE = {
    "name": "Clock",
    "type": "n8n-nodes-base.scheduleTrigger",
    "typeVersion": 1.2,
    "parameters": {"rule": {"interval": [{"field": "minutes", "minutesInterval": 1}]}},
}


async def test_a_due_schedule_begins_one_run(tmp_path: Path) -> None:
    async with small(tmp_path, workflow("tick", [EVERY_MINUTE, SET])) as room:
        scheduler, start = room.app.scheduler, room.app.clock()
        async with room.app.working():
            await until(room, "SELECT count(*) FROM schedules", [(1,)])
            scheduler._clock = lambda: start + timedelta(minutes=1)  # the only clock of this part
            await scheduler.fire_due()
            await scheduler.fire_due()
            await until(room, "SELECT status FROM runs WHERE mode = 'schedule'", [("succeeded",)])


async def test_a_schedule_makes_up_for_each_time_that_it_missed(tmp_path: Path) -> None:
    async with small(tmp_path, tick(missed="each")) as room:
        scheduler, start = room.app.scheduler, room.app.clock()
        await scheduler.fire_due()
        first = start.replace(second=0, microsecond=0) + timedelta(minutes=1)
        scheduler._clock = lambda: first + timedelta(minutes=4, seconds=20)  # the only clock of this part
        await scheduler.fire_due()
        await scheduler.fire_due()
        kept = await room.rows("SELECT substr(clock, 15, 5) FROM runs WHERE mode = 'schedule' ORDER BY clock")
        late = [(first + timedelta(minutes=minutes)).strftime("%M:%S") for minutes in range(4)]
        assert [clock for (clock,) in kept if clock in late] == sorted(late)
        assert len(kept) == 5, "the fifth is on time"


async def test_a_schedule_that_was_switched_off_begins_anew(tmp_path: Path) -> None:
    async with small(tmp_path, tick()) as room:
        await room.app.scheduler.fire_due()
        assert await room.rows("SELECT count(*) FROM schedules") == [(1,)]
        await serve(room, tmp_path, tick(active=False))
        await room.app.scheduler.fire_due()
        assert await room.rows("SELECT count(*) FROM schedules") == [(0,)]
        now = room.app.clock()
        room.app.scheduler._clock = lambda: now + timedelta(days=1)
        await serve(room, tmp_path, tick())
        await room.app.scheduler.fire_due()
        assert await room.rows("SELECT count(*) FROM runs") == [(0,)], "nothing is due at once"


def tick(*, active: bool = True, missed: str = "once") -> dict[str, Any]:
    raw = workflow("tick", [EVERY_MINUTE, SET])
    return {**raw, "active": active, "settings": {**raw["settings"], "tapbot": {"missed": missed}}}


async def serve(room: Room, tmp_path: Path, raw: dict[str, Any]) -> None:
    """Take in another release of the project."""
    folder = make_project(tmp_path / "project", [raw])
    await room.app.add_project(load_project(folder, {}))


async def test_what_is_older_than_its_retention_goes_and_the_rest_stays(tmp_path: Path) -> None:
    async with small(tmp_path, workflow("fast", [hook("fast"), SET])) as room:
        for _ in range(3):
            await room.http.post("/webhook/fast", json={})
        await room.app.database.write(
            "test.age",
            lambda db: (
                db.exec_driver_sql(
                    "UPDATE runs SET finished_at = '2020-01-01T00:00:00.000000Z' WHERE run_id IN "
                    "(SELECT run_id FROM runs LIMIT 2)"
                )
                and None
            ),
        )
        assert await room.app.sweeper.sweep() == 2
        assert await room.rows("SELECT count(*) FROM runs") == [(1,)]
        await room.app.database.write("test.age", forget_the_release)
        assert await room.rows("SELECT count(*) FROM releases") == [(2,)]
        assert await room.app.sweeper.sweep() == 1
        assert await room.rows("SELECT count(*) FROM releases") == [(1,)]


async def test_of_more_runs_than_a_project_may_keep_the_newest_stay(tmp_path: Path) -> None:
    async with small(tmp_path, workflow("fast", [hook("fast"), SET])) as room:
        for _ in range(3):
            await room.http.post("/webhook/fast", json={})
        sweeper = Sweeper(room.app.database, room.app.clock, retain_finished_days=30, most_runs=1)
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await sweeper.sweep() == 2
        assert await room.rows("SELECT count(*) FROM runs") == [(1,)]


async def test_a_run_that_waits_is_parked_and_woken_when_it_is_due(tmp_path: Path) -> None:
    wait = {"name": "Wait", "type": "n8n-nodes-base.wait", "typeVersion": 1.1, "parameters": {"amount": 0.3}}
    async with small(tmp_path, workflow("later", [hook("later", "onReceived"), wait, ADD_NOTE])) as room:
        async with room.app.working():
            assert (await room.http.post("/webhook/later", json={})).status_code == 200
            await until(room, "SELECT status FROM runs", [("succeeded",)])
        told = await room.rows("SELECT status, reason FROM run_changes ORDER BY change_id")
        assert told[:3] == [("waiting", "wait.timer"), ("ready", "wait.over"), ("running", "run.resumed")]


def forget_the_release(db: Connection) -> None:
    """A release of long ago that nothing refers to."""
    scope = Scope(*db.exec_driver_sql("SELECT project_id, environment FROM releases").one())
    save_release(db, scope, snapshot_of({"old.txt": b"old"}), now=datetime(2020, 1, 1, tzinfo=UTC))
