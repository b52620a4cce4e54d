"""Who may work on a run, over both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from tests.contract.journal.world import NOW, OTHER, SCOPE, accept, begin, claim, finish, let_lapse, reasons, row
from tests.servers.databases import Place

from tapbot.storage.database import OpenDatabase
from tapbot.storage.types import Scope
from tapbot.workflow import journal
from tapbot.workflow.journal import Group, StaleAttempt
from tapbot.workflow.types import StepKind

SECOND = timedelta(seconds=1)


async def test_a_lease_lasts_by_the_clock_of_the_database_and_is_renewed(database: OpenDatabase) -> None:
    run = await begin(database)
    await let_lapse(database, run.new.run_id)
    assert await database.write("test.renew", lambda db: journal.renew_leases(db, "one")) == [run.new.run_id]
    assert await database.write("test.free", journal.free_lapsed) == []
    assert (await row(database, run.new.run_id))["lease_until_ms"] > 1_700_000_000_000


async def test_a_lapsed_run_is_ready_for_others_and_says_why(database: OpenDatabase) -> None:
    run = await begin(database)
    await let_lapse(database, run.new.run_id)
    assert await database.write("test.free", journal.free_lapsed) == [run.new.run_id]
    again = await claim(database, run.new.run_id)
    assert again is not None
    assert again.fence.attempt == 2
    assert again.state.begun == 2
    assert await reasons(database, run.new.run_id) == [("ready", "lease.lapsed"), ("running", "run.resumed")]


async def test_a_run_that_was_claimed_says_when_it_began(database: OpenDatabase) -> None:
    new = await accept(database)
    assert await claim(database, new.run_id) is not None
    assert (await row(database, new.run_id))["started_at"] == NOW


async def test_whoever_lost_its_lease_renews_nothing_and_writes_nothing(database: OpenDatabase) -> None:
    run = await begin(database)
    await let_lapse(database, run.new.run_id)
    await database.write("test.free", journal.free_lapsed)
    assert await claim(database, run.new.run_id) is not None
    assert await database.write("test.renew", lambda db: journal.renew_leases(db, "one")) == []

    async def call() -> str:
        return "done"

    with pytest.raises(StaleAttempt):
        await run.step("a", StepKind.SAFE, [1], call)
    with pytest.raises(StaleAttempt):
        await finish(run)


async def test_a_run_is_claimed_once_however_many_try(place: Place) -> None:
    databases = [await place.open() for _ in range(3 if place.url else 1)]
    run_ids = [(await accept(databases[0])).run_id for _ in range(10)]
    claims = await asyncio.gather(
        *(
            claim(database, run_id, f"holder {number}")
            for number, database in enumerate(databases * 2)
            for run_id in run_ids
        )
    )
    claimed = [run.new.run_id for run in claims if run is not None]
    assert sorted(claimed) == sorted(run_ids)


async def test_a_stopping_process_gives_its_runs_back_at_once(database: OpenDatabase) -> None:
    mine, others = await begin(database, "one"), await begin(database, "two")
    assert await database.write("test.release", lambda db: journal.release_runs(db, "one")) == [mine.new.run_id]
    assert (await row(database, others.new.run_id))["status"] == "running"
    assert await reasons(database, mine.new.run_id) == [("ready", "process.stopped")]


async def test_children_are_freed_with_their_root_alone(database: OpenDatabase) -> None:
    root = await begin(database)
    child = await begin(database, parent_run_id=root.new.run_id)
    await let_lapse(database, child.new.run_id)
    assert await database.write("test.free", journal.free_lapsed) == []


async def test_ready_runs_come_by_priority_then_age_and_each_project_in_its_turn(database: OpenDatabase) -> None:
    flood = [(await accept(database)).run_id for _ in range(5)]
    urgent = (await accept(database, priority=1)).run_id
    other = (await accept(database, scope=OTHER)).run_id
    found = [run_id for run_id, _ in await database.read(lambda db: journal.ready_runs(db, 4))]
    assert found[0] in {urgent, other}
    assert {urgent, other} == set(found[:2])
    assert set(found[2:]) <= set(flood)


async def test_ready_runs_of_named_projects_alone(database: OpenDatabase) -> None:
    await accept(database)
    other = await accept(database, scope=OTHER)
    assert await database.read(lambda db: journal.ready_runs(db, 9, [OTHER])) == [(other.run_id, OTHER)]


async def test_a_run_keeps_the_time_of_its_first_start(database: OpenDatabase) -> None:
    run = await begin(database)
    await let_lapse(database, run.new.run_id)
    await database.write("test.free", journal.free_lapsed)
    await claim(database, run.new.run_id)
    assert (await row(database, run.new.run_id))["started_at"] == NOW


async def test_a_second_run_with_the_same_deduplication_key_is_not_kept(database: OpenDatabase) -> None:
    first = await accept(database, dedup_key="order 7")
    again = first.__class__(**{name: getattr(first, name) for name in first.__slots__} | {"run_id": "another"})
    assert not await database.write("test.accept", lambda db: journal.accept_run(db, again))
    assert not await database.write("test.begin", lambda db: journal.begin_run(db, again, holder="one"))
    other = await accept(database, dedup_key="order 7", workflow_id="another workflow")
    assert (await row(database, other.run_id))["status"] == "ready"
    assert first.scope == SCOPE


async def claim_next(database: OpenDatabase, scope: Scope = SCOPE) -> str | None:
    claimed = await database.write("test.claim_next", lambda db: journal.claim_next(db, scope, holder="two", now=NOW))
    return claimed[0].run_id if claimed else None


async def test_the_run_that_goes_first_is_claimed_by_priority_then_age_within_its_project(
    database: OpenDatabase,
) -> None:
    second = await accept(database, created_at=NOW + SECOND)
    first = await accept(database)
    urgent = await accept(database, priority=1, created_at=NOW + 2 * SECOND)
    await accept(database, scope=OTHER, priority=1)
    order = [urgent.run_id, first.run_id, second.run_id, None]
    assert [await claim_next(database) for _ in order] == order


async def test_whoever_waits_long_enough_goes_before_newer_runs_of_any_priority(database: OpenDatabase) -> None:
    """Eight steps of priority, of which each is worth so much waiting."""
    last = await accept(database, priority=9)
    early = await accept(database, priority=1, created_at=NOW + 239 * SECOND)
    late = await accept(database, priority=1, created_at=NOW + 241 * SECOND)
    order = [early.run_id, last.run_id, late.run_id]
    assert [await claim_next(database) for _ in order] == order


async def test_a_full_group_lets_others_pass(database: OpenDatabase) -> None:
    group = Group("workflow:w", 1)
    held, blocked = await accept(database, group, priority=1), await accept(database, group, priority=1)
    other = await accept(database)
    assert [await claim_next(database) for _ in range(3)] == [held.run_id, other.run_id, None]
    assert (await row(database, blocked.run_id))["status"] == "ready"


async def test_processes_that_claim_what_goes_first_side_by_side_each_get_another_run(place: Place) -> None:
    databases = [await place.open() for _ in range(3 if place.url else 1)]
    run_ids = [(await accept(databases[0])).run_id for _ in range(12)]
    claimed = await asyncio.gather(*(claim_next(database) for database in databases for _ in range(12)))
    assert sorted(filter(None, claimed)) == sorted(run_ids)


async def test_a_run_that_a_process_holds_and_knows_nothing_of_is_left_to_others(database: OpenDatabase) -> None:
    """The claim was committed, and the answer to that was lost with the connection."""
    mine, others = await begin(database, "one"), await begin(database, "two")
    run_ids = [mine.new.run_id, others.new.run_id]
    forgotten = await database.write("test.forget", lambda db: journal.forget_runs(db, "one", run_ids))
    assert forgotten == [mine.new.run_id]
    assert await reasons(database, mine.new.run_id) == [("ready", "process.forgot")]
