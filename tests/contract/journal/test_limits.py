"""Groups of runs of which only some run at once, over both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from tests.contract.journal.world import NOW, OTHER, accept, claim, finish, let_lapse, park, row
from tests.servers.databases import Place

from tapbot.storage.database import OpenDatabase
from tapbot.workflow import journal
from tapbot.workflow.journal import Group

TWO = Group("workflow:w", 2)


async def test_a_full_group_lets_nobody_in_until_somebody_leaves(database: OpenDatabase) -> None:
    runs = [await accept(database, TWO, created_at=NOW + timedelta(seconds=number)) for number in range(3)]
    first, second, third = [await claim(database, run.run_id) for run in runs]
    assert first is not None
    assert second is not None
    assert third is None
    assert (await row(database, runs[2].run_id))["reason"] == "limit.concurrency"
    assert await database.read(lambda db: journal.ready_runs(db, 9)) == []
    await finish(first)
    assert [run_id for run_id, _ in await database.read(lambda db: journal.ready_runs(db, 9))] == [runs[2].run_id]
    assert await claim(database, runs[2].run_id) is not None


async def test_the_next_run_is_told_of_when_a_place_is_free(place: Place) -> None:
    told: list[tuple[str, str]] = []
    database = await place.open(told=lambda events: told.extend((one.subject, one.data["status"]) for one in events))
    one = Group("key:a", 1)
    runs = [await accept(database, one, created_at=NOW + timedelta(seconds=number)) for number in range(3)]
    running = await claim(database, runs[0].run_id)
    assert running is not None
    told.clear()
    await finish(running)
    assert (runs[1].run_id, "ready") in told
    assert (runs[2].run_id, "ready") not in told


async def test_a_parked_run_and_a_lapsed_one_leave_their_places(database: OpenDatabase) -> None:
    one = Group("key:a", 1)
    first, second, third = [await accept(database, one) for _ in range(3)]
    running = await claim(database, first.run_id)
    assert running is not None
    await park(running, NOW + timedelta(days=1))
    assert await claim(database, second.run_id) is not None
    assert await claim(database, third.run_id) is None
    await let_lapse(database, second.run_id)
    await database.write("test.free", journal.free_lapsed)
    assert await claim(database, third.run_id) is not None


async def test_groups_of_projects_are_their_own(database: OpenDatabase) -> None:
    one = Group("project", 1)
    ours, theirs = await accept(database, one), await accept(database, one, scope=OTHER)
    assert await claim(database, ours.run_id) is not None
    assert await claim(database, theirs.run_id) is not None


async def test_a_finished_run_takes_no_place_when_it_is_claimed_again(database: OpenDatabase) -> None:
    one = Group("key:a", 1)
    first, second = await accept(database, one), await accept(database, one)
    running = await claim(database, first.run_id)
    assert running is not None
    await finish(running)
    assert await claim(database, first.run_id) is None
    assert await claim(database, second.run_id) is not None


async def test_processes_that_claim_at_once_never_take_more_places_than_there_are(place: Place) -> None:
    databases = [await place.open() for _ in range(3 if place.url else 1)]
    runs = [await accept(databases[0], TWO) for _ in range(8)]
    claims = await asyncio.gather(
        *(claim(databases[number % len(databases)], run.run_id) for number, run in enumerate(runs))
    )
    assert sum(run is not None for run in claims) == 2
