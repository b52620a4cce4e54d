"""What a person does to a run: cancel, end a wait, retry, decide. Over both databases."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from tests.contract.journal.world import HOUR, NOW, OTHER, SCOPE, begin, claim, finish, park, reasons, row

from tapbot.errors import Conflict, InvalidInput, NotFound, UpstreamRejected
from tapbot.storage.database import OpenDatabase
from tapbot.storage.types import Scope
from tapbot.workflow import journal
from tapbot.workflow.journal import Fence, StaleAttempt
from tapbot.workflow.run import InDoubt, Run, error_to_json
from tapbot.workflow.types import StepKind

ADA = "ada"


async def done() -> Any:
    return [{"json": {"made": True}}]


async def refuse() -> Any:
    raise UpstreamRejected("The service said no.", status=400)


async def cancel(database: OpenDatabase, run_id: str, scope: Scope = SCOPE) -> str:
    return await database.write("test.cancel", lambda db: journal.cancel_run(db, scope, run_id, actor_id=ADA, now=NOW))


async def retry(database: OpenDatabase, run_id: str, start: Any = "failed_step", release: str | None = None) -> str:
    new_run_id = str(uuid.uuid4())
    return await database.write(
        "test.retry",
        lambda db: journal.retry_run(
            db, SCOPE, run_id, start=start, new_run_id=new_run_id, release=release, actor_id=ADA, now=NOW
        ),
    )


async def decide(database: OpenDatabase, run_id: str, decision: Any, **more: Any) -> str:
    return await database.write(
        "test.decide",
        lambda db: journal.decide_step(db, SCOPE, run_id, decision=decision, actor_id=ADA, now=NOW, **more),
    )


async def child_of(database: OpenDatabase, root: Run) -> Run:
    child = await begin(database, parent_run_id=root.new.run_id)
    return Run(child.new, root.fence, database, {}, lambda: NOW)


async def fail(run: Run) -> None:
    with pytest.raises(UpstreamRejected) as caught:
        await run.step("Send/0/0", StepKind.SAFE, [1], refuse, node="Send")
    await finish(run, "failed", error_to_json(caught.value))


async def doubt(run: Run) -> None:
    class Gone(BaseException):
        pass

    async def vanish() -> Any:
        raise Gone

    with pytest.raises(Gone):
        await run.step("Pay/0/0", StepKind.NEVER, [1], vanish, node="Pay")
    await finish(run, "in_doubt", {"code": "run.in_doubt", "message": "?", "place": "Pay/0/0", "hint": None})


async def test_a_cancelled_run_stops_at_its_next_step(database: OpenDatabase) -> None:
    run = await begin(database)
    assert await cancel(database, run.new.run_id) == run.new.run_id
    with pytest.raises(StaleAttempt):
        await run.step("a", StepKind.SAFE, [1], done)
    with pytest.raises(StaleAttempt):
        await finish(run)
    kept = await row(database, run.new.run_id)
    assert (kept["status"], kept["reason"], kept["finished_at"]) == ("cancelled", "run.cancelled", NOW)
    assert await reasons(database, run.new.run_id) == [("cancelled", "run.cancelled")]
    with pytest.raises(Conflict):
        await cancel(database, run.new.run_id)


async def test_a_cancelled_run_that_waited_never_wakes(database: OpenDatabase) -> None:
    timer, event = await begin(database), await begin(database)
    await park(timer, NOW + HOUR)
    await park(event, event="approval 7")
    for run in (timer, event):
        await cancel(database, run.new.run_id)
    assert await database.write("test.wake", lambda db: journal.wake_due(db, NOW + 2 * HOUR, 9)) == []
    await database.write("test.deliver", lambda db: journal.deliver(db, SCOPE, "approval 7", 1, now=NOW))
    assert (await row(database, event.new.run_id))["status"] == "cancelled"


async def test_cancelling_a_child_cancels_the_whole_run(database: OpenDatabase) -> None:
    root = await begin(database)
    child = await child_of(database, root)
    assert await cancel(database, child.new.run_id) == root.new.run_id
    assert (await row(database, child.new.run_id))["status"] == "cancelled"


async def test_a_run_of_another_project_cannot_be_touched(database: OpenDatabase) -> None:
    run = await begin(database)
    with pytest.raises(NotFound):
        await cancel(database, run.new.run_id, OTHER)


async def test_a_turn_of_a_bot_cannot_be_cancelled(database: OpenDatabase) -> None:
    run = await begin(database, kind="turn")
    with pytest.raises(Conflict) as caught:
        await cancel(database, run.new.run_id)
    assert caught.value.code == "run.is_a_turn"


async def test_a_wait_can_be_ended(database: OpenDatabase) -> None:
    run = await begin(database)
    await park(run, NOW + HOUR)
    await database.write("test.end", lambda db: journal.end_wait(db, SCOPE, run.new.run_id, actor_id=ADA, now=NOW))
    assert await claim(database, run.new.run_id) is not None
    with pytest.raises(Conflict):
        await database.write("test.end", lambda db: journal.end_wait(db, SCOPE, run.new.run_id, actor_id=ADA, now=NOW))


async def test_a_retry_from_the_failed_step_keeps_what_is_recorded_and_the_keys(database: OpenDatabase) -> None:
    run = await begin(database)
    await run.step("First/0/0", StepKind.SAFE, [1], done, node="First")
    await fail(run)
    assert await retry(database, run.new.run_id) == run.new.run_id
    again = await claim(database, run.new.run_id)
    assert again is not None
    assert again.key_for_service("Send/0/0") == run.key_for_service("Send/0/0")
    assert await again.step("First/0/0", StepKind.SAFE, [1], refuse) == await done()
    assert await again.step("Send/0/0", StepKind.SAFE, [1], done) == await done()
    await finish(again)
    assert ("ready", "run.retried") in await reasons(database, run.new.run_id)


async def test_a_retry_may_go_on_with_another_release(database: OpenDatabase) -> None:
    run = await begin(database)
    child = await child_of(database, run)
    await finish(child, "failed", {"code": "x", "message": "no"})
    await finish(run, "failed", {"code": "x", "message": "no"})
    await retry(database, run.new.run_id, release="r2")
    assert (await row(database, run.new.run_id))["release"] == "r2"
    reopened = await row(database, child.new.run_id)
    assert (reopened["release"], reopened["status"]) == ("r2", "running")


async def test_a_child_whose_failure_was_taken_in_stride_is_not_tried_again(database: OpenDatabase) -> None:
    run = await begin(database)
    child = await child_of(database, run)
    await finish(child, "failed", {"code": "x", "message": "no"})
    run.clock = lambda: NOW + HOUR
    await run.step("After/0/0", StepKind.SAFE, [1], done)
    await finish(run, "failed", {"code": "x", "message": "no"})
    await retry(database, run.new.run_id)
    assert (await row(database, child.new.run_id))["status"] == "failed"


async def test_a_retry_from_the_beginning_is_a_new_run_with_new_keys_and_says_so(database: OpenDatabase) -> None:
    run = await begin(database, input=[{"json": {"n": 1}}], dedup_key="order 7")
    await fail(run)
    new_id = await retry(database, run.new.run_id, "beginning")
    assert new_id != run.new.run_id
    again = await claim(database, new_id)
    assert again is not None
    assert again.new.input == run.new.input
    assert again.new.retry_of == run.new.run_id
    assert again.key_for_service("a") != run.key_for_service("a")
    changes = await database.read(lambda db: journal.list_changes(db, new_id))
    assert "new idempotency keys" in changes[0]["message"]
    assert changes[0]["actor_id"] == ADA
    assert (await row(database, run.new.run_id))["status"] == "failed"


async def test_a_run_that_is_not_over_or_succeeded_has_no_failed_step(database: OpenDatabase) -> None:
    run = await begin(database)
    with pytest.raises(Conflict):
        await retry(database, run.new.run_id)
    await finish(run)
    with pytest.raises(Conflict):
        await retry(database, run.new.run_id)
    assert await retry(database, run.new.run_id, "beginning") != run.new.run_id


async def test_a_cancelled_run_that_waited_goes_on_with_its_wait(database: OpenDatabase) -> None:
    run = await begin(database)
    await park(run, NOW + HOUR, state={"format": 1, "order": ["A"]})
    await cancel(database, run.new.run_id)
    await retry(database, run.new.run_id)
    again = await claim(database, run.new.run_id)
    assert again is not None
    assert again.state.parked == {"format": 1, "order": ["A"]}


async def test_a_step_in_doubt_that_happened_gave_what_the_person_says(database: OpenDatabase) -> None:
    run = await begin(database)
    await doubt(run)
    with pytest.raises(Conflict, match="decide"):
        await retry(database, run.new.run_id)
    await decide(database, run.new.run_id, "happened", output={"id": 7})
    again = await claim(database, run.new.run_id)
    assert again is not None
    assert await again.step("Pay/0/0", StepKind.NEVER, ["other"], refuse) == [{"json": {"id": 7}}]
    assert ("ready", "step.decided") in await reasons(database, run.new.run_id)


async def test_a_step_in_doubt_can_be_done_again_with_its_key(database: OpenDatabase) -> None:
    run = await begin(database)
    await doubt(run)
    await decide(database, run.new.run_id, "again")
    again = await claim(database, run.new.run_id)
    assert again is not None
    assert await again.step("Pay/0/0", StepKind.NEVER, [1], done) == await done()
    assert again.key_for_service("Pay/0/0") == run.key_for_service("Pay/0/0")


async def test_a_run_in_doubt_can_be_given_up(database: OpenDatabase) -> None:
    run = await begin(database)
    await doubt(run)
    await decide(database, run.new.run_id, "fail")
    kept = await row(database, run.new.run_id)
    assert (kept["status"], kept["reason"]) == ("failed", "run.given_up")


async def test_doubt_in_a_child_is_decided_from_above(database: OpenDatabase) -> None:
    root = await begin(database)
    child = await child_of(database, root)
    await doubt(child)
    await finish(root, "in_doubt", {"code": "run.in_doubt", "message": "?", "place": "child"})
    await decide(database, root.new.run_id, "happened", output=[])
    assert (await row(database, root.new.run_id))["status"] == "ready"
    assert (await row(database, child.new.run_id))["status"] == "running"
    steps = await database.read(lambda db: journal.load_steps(db, child.new.run_id))
    assert steps["Pay/0/0"].output == []


async def test_a_decision_needs_a_step_and_an_output_that_fit(database: OpenDatabase) -> None:
    run = await begin(database)
    with pytest.raises(Conflict):
        await decide(database, run.new.run_id, "again")
    await doubt(run)
    with pytest.raises(InvalidInput):
        await decide(database, run.new.run_id, "happened", output=7)
    with pytest.raises(InvalidInput):
        await decide(database, run.new.run_id, "again", step_key="none")
    assert (await row(database, run.new.run_id))["status"] == "in_doubt"


async def test_a_replay_with_other_input_is_settled_by_a_decision(database: OpenDatabase) -> None:
    run = await begin(database)
    await run.step("First/0/0", StepKind.SAFE, [1], done, node="First")
    recorded = await database.read(lambda db: journal.load_steps(db, run.new.run_id))
    again = Run(run.new, Fence(run.new.run_id, 1), database, recorded, lambda: NOW)
    with pytest.raises(InDoubt) as caught:
        await again.step("First/0/0", StepKind.SAFE, [2], done, node="First")
    await finish(again, "in_doubt", error_to_json(caught.value))
    await decide(database, run.new.run_id, "happened")
    settled = await claim(database, run.new.run_id)
    assert settled is not None
    assert await settled.step("First/0/0", StepKind.SAFE, [2], refuse) == await done()
