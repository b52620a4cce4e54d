"""Runs that wait are rows: timers and events, over both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from tests.contract.journal.world import HOUR, NOW, OTHER, SCOPE, begin, claim, park, reasons, row
from tests.servers.databases import Place

from tapbot.storage.database import OpenDatabase
from tapbot.workflow import journal
from tapbot.workflow.journal import StaleAttempt
from tapbot.workflow.run import Parked, Waited


async def test_a_parked_run_is_held_by_nobody_and_wakes_when_it_is_due(database: OpenDatabase) -> None:
    run = await begin(database)
    assert await park(run, NOW + HOUR, state={"format": 1, "order": ["Wait"]})
    waiting = await row(database, run.new.run_id)
    assert (waiting["status"], waiting["lease_holder"], waiting["wake_at"]) == ("waiting", None, NOW + HOUR)
    assert await claim(database, run.new.run_id) is None
    assert await database.read(journal.next_wake) == NOW + HOUR
    assert await database.write("test.wake", lambda db: journal.wake_due(db, NOW, 9)) == []
    assert await database.read(lambda db: journal.due_waits(db, NOW + HOUR, 9)) == [run.new.run_id]
    woken = await database.write("test.wake", lambda db: journal.wake_due(db, NOW + HOUR, 9))
    assert woken == [(run.new.run_id, SCOPE)]
    again = await claim(database, run.new.run_id)
    assert again is not None
    assert again.state.parked == {"format": 1, "order": ["Wait"]}
    assert again.state.begun == 1
    assert await reasons(database, run.new.run_id) == [
        ("waiting", "wait.timer"),
        ("ready", "wait.over"),
        ("running", "run.resumed"),
    ]


async def test_whoever_lost_the_run_cannot_park_it(database: OpenDatabase) -> None:
    run = await begin(database)
    await database.write("test.release", lambda db: journal.release_runs(db, "one"))
    await claim(database, run.new.run_id)
    with pytest.raises(StaleAttempt):
        await park(run, NOW + HOUR)
    assert (await row(database, run.new.run_id))["status"] == "running"


async def test_due_runs_are_woken_once_however_many_processes_look(place: Place) -> None:
    databases = [await place.open() for _ in range(3 if place.url else 1)]
    for number in range(20):
        await park(await begin(databases[0]), NOW + timedelta(seconds=number))
    woken = await asyncio.gather(
        *(database.write("test.wake", lambda db: journal.wake_due(db, NOW + HOUR, 7)) for database in databases * 3)
    )
    run_ids = [run_id for batch in woken for run_id, _ in batch]
    assert len(run_ids) == len(set(run_ids)) <= 20
    while await databases[0].write("test.wake", lambda db: journal.wake_due(db, NOW + HOUR, 7)):
        pass
    assert await databases[0].read(journal.count_waiting) == 0


async def deliver(database: OpenDatabase, payload: object = "yes", key: str = "approval 7") -> bool:
    return await database.write("test.deliver", lambda db: journal.deliver(db, SCOPE, key, payload, now=NOW + HOUR))


async def test_an_event_wakes_the_run_that_waits_for_it_and_counts_once(database: OpenDatabase) -> None:
    run = await begin(database)
    assert await park(run, event="approval 7")
    assert await deliver(database)
    assert not await deliver(database, "no")
    again = await claim(database, run.new.run_id)
    assert again is not None
    assert await database.read(lambda db: journal.read_delivery(db, SCOPE, "approval 7")) == (True, "yes")


async def test_an_event_that_comes_first_waits_for_its_run(database: OpenDatabase) -> None:
    assert await deliver(database)
    run = await begin(database)
    assert not await park(run, event="approval 7")
    assert await claim(database, run.new.run_id) is not None


async def test_an_event_of_another_project_is_another_event(database: OpenDatabase) -> None:
    run = await begin(database, scope=OTHER)
    await park(run, event="approval 7")
    await deliver(database)
    assert (await row(database, run.new.run_id))["status"] == "waiting"


async def test_an_event_and_a_run_that_meet_at_the_same_moment_find_each_other(place: Place) -> None:
    one = await place.open()
    other = await place.open() if place.url else one
    for number in range(10):
        run = await begin(one)
        key = f"event {number}"
        await asyncio.gather(park(run, event=key), deliver(other, key=key))
        assert (await row(one, run.new.run_id))["status"] == "ready"


async def test_a_wait_for_an_event_ends_the_same_way_on_every_replay(database: OpenDatabase) -> None:
    run = await begin(database)
    with pytest.raises(Parked) as parked:
        await run.wait("Wait/0", NOW + HOUR, "approval 7")
    step = parked.value.step
    assert step is not None
    await database.write("test.step", lambda db: journal.finish_step(db, run.fence, step))
    await park(run, NOW, event="approval 7")
    await database.write("test.wake", lambda db: journal.wake_due(db, NOW + HOUR, 9))
    late = await claim(database, run.new.run_id)
    assert late is not None
    late.clock = lambda: NOW + 2 * HOUR
    assert await late.wait("Wait/0", None, "approval 7") == Waited(came=False)
    await deliver(database)
    await database.write("test.release", lambda db: journal.release_runs(db, "two"))
    again = await claim(database, run.new.run_id)
    assert again is not None
    assert await again.wait("Wait/0", None, "approval 7") == Waited(came=False), "it ended by time, and stays so"
