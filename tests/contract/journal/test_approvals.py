"""Approvals over both databases: a decision wakes the run, and two at once are one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection
from tests.contract.journal.world import HOUR, NOW, OTHER, SCOPE, begin, park, row

from tapbot.bots import deciding
from tapbot.errors import Conflict, NotFound
from tapbot.inbox import approvals, store
from tapbot.inbox.approval_words import PRESS
from tapbot.inbox.types import Arrival
from tapbot.scheduler.sweeping import Sweeper
from tapbot.storage.database import OpenDatabase
from tapbot.workflow import journal

CHAT = {"bot_id": "taxi", "channel": "telegram", "chat_id": "7001"}


async def ask(database: OpenDatabase, **values: Any) -> tuple[str, str, str]:
    """A run asks and waits; gives its id, the approval's and the token."""
    run = await begin(database)
    run_id = run.new.run_id
    asked = approvals.Asked(
        run_id=run_id,
        node="Ask",
        event=f"resume:{run_id}",
        question="Refund?",
        details={"amount": 5},
        language="en",
        deciders={},
        chats=[CHAT],
        deadline_at=NOW + HOUR,
    )
    change = replace(asked, **values)
    found = await database.write("test.ask", lambda db: approvals.open_approval(db, SCOPE, change, now=NOW))
    await park(run, NOW + HOUR, event=asked.event)
    return run_id, *found


def arrival(value: str, message: str = "m1") -> Arrival:
    return Arrival("taxi", "telegram", "7001", message, None, value, "77", "Aigul", "en")


async def test_a_press_wakes_the_run_that_waits(database: OpenDatabase) -> None:
    run_id, approval_id, token = await ask(database)
    press = arrival(f"{PRESS}{token}:y")
    target = deciding.database_for(database, SCOPE, [press.value])
    await target.write("test.press", lambda db: deciding.take_in(db, SCOPE, press, now=NOW))
    assert (await row(database, run_id))["status"] == "ready"
    found = await database.scoped(SCOPE).read(lambda db: approvals.get_approval(db, SCOPE, approval_id))
    assert found is not None
    assert (found["status"], found["decided_by"]["name"]) == ("approved", "Aigul")


async def test_an_ordinary_message_is_kept_with_the_rights_of_a_request(database: OpenDatabase) -> None:
    said = arrival("take")
    target = deciding.database_for(database, SCOPE, [said.value])
    kept = await target.write("test.say", lambda db: deciding.take_in(db, SCOPE, said, now=NOW))
    over = await database.scoped(SCOPE).read(lambda db: store.turn_is_over(db, SCOPE, kept.inbound_id))
    assert not over


async def test_of_two_decisions_at_once_one_counts(database: OpenDatabase) -> None:
    _run_id, approval_id, _token = await ask(database)

    def decide(decision: approvals.Decision) -> Any:
        return lambda db: deciding.decide(db, SCOPE, approval_id, decision, by={"name": decision}, now=NOW)

    outcomes = await asyncio.gather(
        database.write("test.yes", decide("approved")),
        database.write("test.no", decide("refused")),
        return_exceptions=True,
    )
    [refused] = [one for one in outcomes if isinstance(one, BaseException)]
    assert isinstance(refused, Conflict)


async def test_another_project_neither_sees_nor_decides(database: OpenDatabase) -> None:
    _run_id, approval_id, token = await ask(database)

    def look(db: Connection) -> Any:
        return approvals.list_approvals(db, OTHER), approvals.find_by_token(db, OTHER, token)

    assert await database.scoped(OTHER).read(look) == ([], None)
    with pytest.raises(NotFound):
        await database.write(
            "test.other", lambda db: deciding.decide(db, OTHER, approval_id, "approved", by={}, now=NOW)
        )


async def test_a_conversation_waits_for_the_decision_and_the_bot_answers_after_it(database: OpenDatabase) -> None:
    said = arrival("hello")
    kept = await database.write("test.say", lambda db: store.accept(db, SCOPE, said, now=NOW))
    conversation = kept.conversation_id
    _run_id, approval_id, _token = await ask(database, conversation_id=conversation)
    assert await database.write("test.turn", lambda db: store.take_turn(db, conversation, "t")) is None
    await database.write("test.yes", lambda db: deciding.decide(db, SCOPE, approval_id, "approved", by={}, now=NOW))
    turn = await database.write("test.turn", lambda db: store.take_turn(db, conversation, "t"))
    assert turn is not None


async def test_what_was_decided_long_ago_goes_and_what_is_open_stays(database: OpenDatabase) -> None:
    _run_id, decided, _token = await ask(database)
    await ask(database)
    await database.write("test.yes", lambda db: deciding.decide(db, SCOPE, decided, "approved", by={}, now=NOW))
    assert await database.write("test.early", lambda db: approvals.forget_approvals(db, NOW, limit=9)) == 0
    just_after = NOW + HOUR / 2
    assert await database.write("test.sweep", lambda db: approvals.forget_approvals(db, just_after, limit=9)) == 1
    left = await database.scoped(SCOPE).read(lambda db: approvals.list_approvals(db, SCOPE))
    assert [one["status"] for one in left] == ["open"]


async def test_a_question_whose_run_was_cancelled_ends_and_its_conversation_is_the_bots_again(
    database: OpenDatabase,
) -> None:
    kept = await database.write("test.say", lambda db: store.accept(db, SCOPE, arrival("hello"), now=NOW))
    conversation = kept.conversation_id
    run_id, approval_id, _token = await ask(database, conversation_id=conversation)
    await database.write("test.cancel", lambda db: journal.cancel_run(db, SCOPE, run_id, actor_id=None, now=NOW))
    now = [NOW + HOUR]
    sweeper = Sweeper(database, lambda: now[0], retain_finished_days=30)
    await sweeper.sweep()
    assert await database.write("test.turn", lambda db: store.take_turn(db, conversation, "t")) is None
    now[0] += HOUR
    await sweeper.sweep()
    found = await database.scoped(SCOPE).read(lambda db: approvals.get_approval(db, SCOPE, approval_id))
    assert found is not None
    assert found["status"] == "expired"
    assert await database.write("test.turn", lambda db: store.take_turn(db, conversation, "t")) is not None
    now[0] += 24 * 31 * HOUR
    await sweeper.sweep()
    assert await database.scoped(SCOPE).read(lambda db: approvals.list_approvals(db, SCOPE)) == []
