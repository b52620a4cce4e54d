"""Steps over a real journal: recorded once, replayed, fenced, and treated by their kind when they were cut in half."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from tapbot.errors import Conflict, UpstreamRejected, UpstreamUnavailable
from tapbot.storage.database import SqliteDatabase
from tapbot.storage.schema import bring_up_to_date
from tapbot.storage.types import Scope
from tapbot.workflow import journal
from tapbot.workflow.journal import Fence, NewRun, StaleAttempt
from tapbot.workflow.run import InDoubt, Run, StepFailed
from tapbot.workflow.types import StepKind

SCOPE = Scope("shop", "dev")
NOW = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)
RECORDED = [StepKind.SAFE, StepKind.KEYED, StepKind.NEVER]


class Calls:
    """A service that counts what it was asked."""

    def __init__(self) -> None:
        self.count = 0

    async def make(self) -> Any:
        self.count += 1
        return {"call": self.count}

    async def refuse(self) -> Any:
        self.count += 1
        raise UpstreamRejected("The service said no.", status=400)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    opened = SqliteDatabase(tmp_path / "test.db")
    await opened.write("test.schema", bring_up_to_date)
    await opened.write("test.table", lambda db: db.execute(text("CREATE TABLE effects (effect TEXT)")) and None)
    yield opened
    await opened.close()


async def begin(database: SqliteDatabase) -> Run:
    new = NewRun(
        run_id=str(uuid.uuid4()),
        scope=SCOPE,
        release="r1",
        kind="workflow",
        workflow_id="w",
        name="w",
        trigger_node="t",
        mode="manual",
        input=[],
        clock=NOW,
        seed=1,
        created_at=NOW,
    )
    await database.write("test.begin", lambda db: journal.begin_run(db, new, holder="one"))
    return Run(new, Fence(new.run_id, 1), database, {}, lambda: NOW)


async def take_over(run: Run) -> Run:
    """What a new process does: free what the old one held, claim it, and load what it recorded."""

    def claim(db: Connection) -> Run:
        journal.free_abandoned_runs(db, [SCOPE], holder="two")
        claimed = journal.claim_run(db, run.new.run_id, holder="two", now=NOW)
        assert claimed is not None
        new, fence = claimed
        return Run(new, fence, run.database, journal.load_steps(db, new.run_id), lambda: NOW)

    return await run.database.write("test.claim", claim)


@pytest.mark.parametrize("kind", RECORDED)
async def test_a_recorded_step_is_not_made_again(database: SqliteDatabase, kind: StepKind) -> None:
    run, calls = await begin(database), Calls()
    assert await run.step("a", kind, [1], calls.make) == {"call": 1}
    again = await take_over(run)
    assert await again.step("a", kind, [1], calls.make) == {"call": 1}
    assert calls.count == 1


@pytest.mark.parametrize("kind", RECORDED)
async def test_a_recorded_failure_is_told_again_without_a_call(database: SqliteDatabase, kind: StepKind) -> None:
    run, calls = await begin(database), Calls()
    with pytest.raises(UpstreamRejected):
        await run.step("a", kind, [1], calls.refuse)
    again = await take_over(run)
    with pytest.raises(StepFailed, match="said no"):
        await again.step("a", kind, [1], calls.make)
    assert calls.count == 1


async def cut_in_half(database: SqliteDatabase, kind: StepKind, calls: Calls) -> Run:
    """A step whose call took place and whose record did not: the process is gone in between."""

    class Gone(BaseException):
        pass

    async def vanish() -> Any:
        await calls.make()
        raise Gone

    run = await begin(database)
    with pytest.raises(Gone):
        await run.step("a", kind, [1], vanish)
    return await take_over(run)


@pytest.mark.parametrize("kind", [StepKind.SAFE, StepKind.KEYED])
async def test_a_call_that_may_run_again_runs_again(database: SqliteDatabase, kind: StepKind) -> None:
    calls = Calls()
    again = await cut_in_half(database, kind, calls)
    assert await again.step("a", kind, [1], calls.make) == {"call": 2}


async def test_a_keyed_step_keeps_its_key_and_other_steps_have_others(database: SqliteDatabase) -> None:
    run = await begin(database)
    again = await take_over(run)
    assert run.key_for_service("a") == again.key_for_service("a") != run.key_for_service("b")


async def test_a_call_that_may_not_be_repeated_puts_the_run_in_doubt(database: SqliteDatabase) -> None:
    calls = Calls()
    again = await cut_in_half(database, StepKind.NEVER, calls)
    with pytest.raises(InDoubt):
        await again.step("a", StepKind.NEVER, [1], calls.make)
    assert calls.count == 1


async def test_other_input_on_replay_puts_the_run_in_doubt(database: SqliteDatabase) -> None:
    run, calls = await begin(database), Calls()
    await run.step("a", StepKind.SAFE, {"to": "one"}, calls.make)
    again = await take_over(run)
    with pytest.raises(InDoubt):
        await again.step("a", StepKind.SAFE, {"to": "another"}, calls.make)


def add_effect(db: Connection) -> Any:
    db.execute(text("INSERT INTO effects VALUES ('done')"))
    return "done"


async def effects(database: SqliteDatabase) -> int:
    return await database.read(lambda db: int(db.execute(text("SELECT count(*) FROM effects")).scalar_one()))


async def test_a_stored_effect_and_its_record_are_one(database: SqliteDatabase) -> None:
    run = await begin(database)
    assert await run.stored_step("a", [1], add_effect, site="test.stored") == "done"
    again = await take_over(run)
    assert await again.stored_step("a", [1], add_effect, site="test.stored") == "done"
    assert await effects(database) == 1


async def test_a_stored_step_that_fails_leaves_no_effect(database: SqliteDatabase) -> None:
    def fail(db: Connection) -> Any:
        add_effect(db)
        raise Conflict("taken")

    run = await begin(database)
    with pytest.raises(Conflict):
        await run.stored_step("a", [1], fail, site="test.stored")
    assert await effects(database) == 0
    again = await take_over(run)
    with pytest.raises(StepFailed, match="taken"):
        await again.stored_step("a", [1], add_effect, site="test.stored")


async def test_a_lapsed_holder_can_write_nothing(database: SqliteDatabase) -> None:
    old, calls = await begin(database), Calls()
    await take_over(old)
    with pytest.raises(StaleAttempt):
        await old.step("a", StepKind.SAFE, [1], calls.make)
    with pytest.raises(StaleAttempt):
        await old.step("b", StepKind.NEVER, [1], calls.make)
    assert calls.count == 1, "the call that may not be repeated was never made"
    with pytest.raises(StaleAttempt):
        await old.stored_step("c", [1], add_effect, site="test.stored")
    assert await effects(database) == 0
    with pytest.raises(StaleAttempt):
        await database.write(
            "test.finish",
            lambda db: journal.finish_run(
                db, old.new.run_id, old.fence, status="succeeded", output=[], history=None, error=None, now=NOW
            ),
        )


async def test_a_finished_run_is_not_taken_up_again(database: SqliteDatabase) -> None:
    run = await begin(database)
    await database.write(
        "test.finish",
        lambda db: journal.finish_run(
            db, run.new.run_id, run.fence, status="succeeded", output=[], history=None, error=None, now=NOW
        ),
    )
    assert await database.write("test.free", lambda db: journal.free_abandoned_runs(db, [SCOPE], holder="two")) == []


async def test_a_call_without_an_answer_that_may_not_be_repeated_puts_the_run_in_doubt(
    database: SqliteDatabase,
) -> None:
    run, calls = await begin(database), Calls()

    async def be_silent() -> Any:
        await calls.make()
        raise UpstreamUnavailable("no answer", code="upstream.timeout")

    with pytest.raises(InDoubt):
        await run.step("a", StepKind.NEVER, [1], be_silent)
    again = await take_over(run)
    with pytest.raises(InDoubt):
        await again.step("a", StepKind.NEVER, [1], calls.make)
    assert calls.count == 1


async def test_runs_of_a_project_that_is_not_served_wait(database: SqliteDatabase) -> None:
    run = await begin(database)
    others = [Scope("other", "dev")]
    free = await database.write("test.free", lambda db: journal.free_abandoned_runs(db, others, holder="two"))
    assert free == []
    free = await database.write("test.free", lambda db: journal.free_abandoned_runs(db, [SCOPE], holder="two"))
    assert free == [run.new.run_id]
