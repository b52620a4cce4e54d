"""Commits of leases: who may do what alone, and until when."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
from tests.chaos.every_commit.world import ADD_NOTE, SET, hook, new_run, small, until
from tests.chaos.rooms import Room, workflow

from tapbot.scheduler.leading import Leadership
from tapbot.scheduler.rescue import Rescuer
from tapbot.worker.leases import LeaseKeeper


async def test_who_leads_holds_the_lease_and_gives_it_back(tmp_path: Path) -> None:
    async with small(tmp_path) as room:
        leading = asyncio.create_task(Leadership(room.app.database, "one").lead_forever(asyncio.Event().wait))
        await until(room, "SELECT name, holder FROM leases", [("leader", "one")])
        leading.cancel()
        await asyncio.wait([leading])
        assert await room.rows("SELECT count(*) FROM leases") == [(0,)]


async def nearly_lapsed(room: Room) -> LeaseKeeper:
    """A run of this process whose lease is over, though nobody has looked yet."""
    new, _flow = new_run(room, "add")
    await room.app.engine.begin(new)
    query = "UPDATE runs SET lease_until_ms = 1"
    await room.app.database.write("test.lapse", lambda db: db.exec_driver_sql(query) and None)
    return LeaseKeeper(room.app.engine, room.app.runs)


async def test_a_lease_is_renewed(tmp_path: Path) -> None:
    async with small(tmp_path, workflow("add", [hook("add"), ADD_NOTE])) as room:
        keeper = await nearly_lapsed(room)
        await keeper.renew()
        assert await room.rows("SELECT lease_until_ms > 1 FROM runs") == [(1,)]


async def test_a_run_that_was_claimed_without_anybody_hearing_of_it_is_left_to_others(tmp_path: Path) -> None:
    async with small(tmp_path, workflow("add", [hook("add"), ADD_NOTE])) as room:
        keeper = await nearly_lapsed(room)
        await keeper.renew()
        assert await room.rows("SELECT status FROM runs") == [("running",)]
        await keeper.renew()
        assert await room.rows("SELECT status, lease_holder FROM runs") == [("ready", None)]


async def test_where_a_queue_has_formed_the_run_that_goes_first_is_claimed_first(tmp_path: Path) -> None:
    """One place, and three runs that wait for it; the most urgent came last."""
    flow = workflow("add", [hook("add"), {**SET, "name": "Add"}])
    async with small(tmp_path, flow, worker={"runs_at_once": 1}) as room:
        engine, ids = room.app.engine, []
        for priority in (5, 9, 1):
            new, prepared = new_run(room, "add")
            ids.append(new.run_id)
            await engine.start(msgspec.structs.replace(new, priority=priority), prepared, here=False)
        async with room.app.working():
            await until(room, "SELECT count(*) FROM runs WHERE status = 'succeeded'", [(3,)])
        assert await room.rows("SELECT run_id FROM runs ORDER BY started_at") == [(ids[n],) for n in (2, 0, 1)]


async def test_who_stops_leaves_its_runs_to_others_at_once(tmp_path: Path) -> None:
    async with small(tmp_path, workflow("add", [hook("add"), ADD_NOTE])) as room:
        keeper = await nearly_lapsed(room)
        await keeper.release()
        assert await room.rows("SELECT status, lease_holder FROM runs") == [("ready", None)]


async def test_a_run_whose_holder_fell_silent_is_made_ready(tmp_path: Path) -> None:
    async with small(tmp_path, workflow("add", [hook("add"), ADD_NOTE])) as room:
        await nearly_lapsed(room)
        rescuing = asyncio.create_task(Rescuer(room.app.database).rescue_forever())
        await until(room, "SELECT status, lease_holder FROM runs", [("ready", None)])
        rescuing.cancel()
