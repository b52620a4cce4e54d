"""A conversation that waits for a decision goes on waiting when a person took it meanwhile; over both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, select
from tests.contract.inbox.test_contacts import write
from tests.contract.journal.world import NOW, SCOPE

from tapbot.inbox import approvals, holding, store
from tapbot.inbox.tables import conversations, inbound
from tapbot.inbox.types import Actor, Arrival, Handover
from tapbot.storage.database import OpenDatabase

PERSON = Actor("person", "p")


def say(db: Connection, message: str) -> str:
    arrival = Arrival("taxi", "telegram", "7", message, "hi", None, "7", "Aigul", None)
    return store.accept(db, SCOPE, arrival, now=NOW).conversation_id


def ask(db: Connection, conversation_id: str, run: str) -> str:
    asked = approvals.Asked(
        run_id=run,
        node="Ask",
        event=f"resume:{run}",
        question="Refund?",
        details={"amount": 500},
        language="en",
        deciders={},
        chats=[],
        deadline_at=NOW + timedelta(hours=1),
        conversation_id=conversation_id,
    )
    return approvals.open_approval(db, SCOPE, asked, now=NOW)[0]


async def standing(database: OpenDatabase) -> tuple[str, list[str]]:
    """The holder, and what became of the customer's messages."""

    def read(db: Connection) -> tuple[str, list[str]]:
        states = db.execute(select(inbound.c.status).order_by(inbound.c.inbound_id)).scalars()
        return str(db.execute(select(conversations.c.holder)).scalar_one()), list(states)

    return await database.read(read)


async def give_back(database: OpenDatabase, conversation_id: str) -> None:
    told: dict[str, Any] = {"actor": PERSON, "reason": "returned", "now": NOW, "summary": "called them"}
    await write(database, lambda db: holding.give_back(db, SCOPE, conversation_id, **told))


async def test_given_back_before_the_decision_it_waits_on(database: OpenDatabase) -> None:
    conversation_id: str = await write(database, lambda db: say(db, "m1"))
    await database.write("test", lambda db: store.take_turn(db, conversation_id, "turn-1"))
    approval_id = await write(database, lambda db: ask(db, conversation_id, "r1"))
    assert (await standing(database))[0] == "approval"
    await write(
        database, lambda db: holding.hand_over(db, SCOPE, conversation_id, Handover("claimed"), actor=PERSON, now=NOW)
    )
    await give_back(database, conversation_id)
    assert (await standing(database))[0] == "approval"
    await write(database, lambda db: approvals.decide(db, SCOPE, approval_id, "approved", by={}, now=NOW))
    assert (await standing(database))[0] == "bot"


async def test_asked_while_a_person_has_it_the_bot_waits_once_it_is_given_back(database: OpenDatabase) -> None:
    conversation_id: str = await write(database, lambda db: say(db, "m1"))
    await write(
        database, lambda db: holding.hand_over(db, SCOPE, conversation_id, Handover("claimed"), actor=PERSON, now=NOW)
    )
    await database.write("test", lambda db: store.take_turn(db, conversation_id, "turn-1"))
    approval_id = await write(database, lambda db: ask(db, conversation_id, "r1"))
    assert await standing(database) == ("human", ["held"])
    await give_back(database, conversation_id)
    assert await standing(database) == ("approval", ["held"]), "what was written meanwhile is answered after it"
    await write(database, lambda db: approvals.close_approval(db, SCOPE, approval_id, now=NOW))
    assert await standing(database) == ("bot", ["new"])


async def test_with_nothing_left_to_decide_the_bot_answers_at_once(database: OpenDatabase) -> None:
    conversation_id: str = await write(database, lambda db: say(db, "m1"))
    approval_id = await write(database, lambda db: ask(db, conversation_id, "r1"))
    await write(
        database, lambda db: holding.hand_over(db, SCOPE, conversation_id, Handover("claimed"), actor=PERSON, now=NOW)
    )
    await write(database, lambda db: approvals.decide(db, SCOPE, approval_id, "refused", by={}, now=NOW))
    assert (await standing(database))[0] == "human", "a decision takes the chat from nobody"
    await give_back(database, conversation_id)
    assert (await standing(database))[0] == "bot"
