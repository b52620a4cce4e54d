"""Random interleavings of customer, bot, operator, the company's phone and timers over the real store.

`make prove-desk` runs 5,000 of them; the gate a few.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import Connection, select
from tests.chaos.durable.model import World
from tests.servers.databases import KINDS

from tapbot.inbox import desk, holding, outbox, store, views
from tapbot.inbox.changes import list_changes
from tapbot.inbox.tables import conversations, inbound, messages
from tapbot.inbox.tables import outbox as outbox_table
from tapbot.inbox.types import Actor, Answer, Arrival, Handover, Queued, Turn
from tapbot.storage.database import sqlite_engine
from tapbot.storage.schema import bring_up_to_date
from tapbot.storage.types import Scope

START = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)
EXAMPLES = int(os.environ.get("TAPBOT_PROVE_EXAMPLES", "0"))
SIZE = settings(
    max_examples=EXAMPLES or 10,
    derandomize=not EXAMPLES,
    stateful_step_count=40 if EXAMPLES else 25,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
PERSON, COLLEAGUE = Actor("person", "p1"), Actor("person", "p2")
BY_PERSON = Handover("claimed", reply_minutes=10)


@dataclass
class Said:
    """A message that reached the customer."""

    author: str
    text: str
    holder: str
    """Who held the chat when it went out."""


@dataclass
class UnderWay:
    """A turn that the bot is just taking."""

    turn: Turn
    run_id: str
    answers: list[str] = field(default_factory=list)


class DeskMachine(RuleBasedStateMachine):
    """One chat. Whatever happens in whatever order, the bot is silent while a person has it, and answers after."""

    world: World | InMemory

    def __init__(self) -> None:
        super().__init__()
        self.numbers = itertools.count(1)
        self.scope = Scope(f"p{next(self.world.numbers)}", "dev")
        self.now = START
        self.under_way: UnderWay | None = None
        self.reached: list[Said] = []
        self.conversation_id = ""
        self.customer_writes()

    # --- the customer --------------------------------------------------------------------------------------------

    @rule()
    def customer_writes(self) -> None:
        """A message comes in twice, as channels do, and the bot's worker hears of it."""
        arrival = self._arrival(f"c{next(self.numbers)}")
        accepted = self._write(lambda db: store.accept(db, self.scope, arrival, now=self.now))
        again = self._write(lambda db: store.accept(db, self.scope, arrival, now=self.now))
        assert not accepted.duplicate
        assert again.duplicate
        self.conversation_id = accepted.conversation_id
        if self.under_way is None:
            self.bot_begins_a_turn()

    # --- the bot ---------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.under_way is None)
    @rule()
    def bot_begins_a_turn(self) -> None:
        """What waits is taken, if the bot may."""
        run_id = f"r{next(self.numbers)}"
        turn = self._write(lambda db: store.take_turn(db, self.conversation_id, run_id))
        if turn is not None:
            assert self._row()["holder"] == "bot"
            self.under_way = UnderWay(turn, run_id)

    @precondition(lambda self: self.under_way is not None)
    @rule(handoff=st.sampled_from([None, None, Handover("asked", reply_minutes=5, return_minutes=30)]))
    def bot_ends_its_turn(self, handoff: Handover | None) -> None:
        """Whatever happened since it began."""
        taken, self.under_way = self.under_way, None
        assert taken is not None
        replies = [{"text": f"answer {taken.run_id}"}, {"text": "more"}]
        answer = Answer(replies, {"n": 1}, "ru", handoff, {})
        self._write(lambda db: store.finish_turn(db, taken.turn, answer, run_id=taken.run_id, now=self.now))

    @precondition(lambda self: self.under_way is not None)
    @rule(handoff=st.sampled_from([None, Handover("error")]))
    def bot_fails(self, handoff: Handover | None) -> None:
        """The turn is set aside."""
        taken, self.under_way = self.under_way, None
        assert taken is not None
        self._write(
            lambda db: store.set_turn_aside(
                db, taken.turn, run_id=taken.run_id, text="sorry", now=self.now, handoff=handoff
            )
        )

    @rule(minutes=st.sampled_from([0, 5, 90]))
    def workflow_sends(self, minutes: int) -> None:
        """A workflow notifies at once, or schedules a reminder."""
        key = f"w{next(self.numbers)}"
        due_at = self.now + timedelta(minutes=minutes) if minutes else None
        self._write(
            lambda db: outbox.queue_reply(
                db,
                self.scope,
                conversation_id=self.conversation_id,
                text=f"reminder {key}",
                buttons=[],
                send_key=key,
                run_id=None,
                now=self.now,
                due_at=due_at,
            )
        )

    @rule()
    def bot_waits_for_an_approval(self) -> None:
        """A person is asked."""
        actor = Actor("bot", "b")
        self._write(
            lambda db: holding.await_approval(
                db, self.scope, self.conversation_id, actor=actor, reason="discount", now=self.now
            )
        )

    @precondition(lambda self: self._row()["holder"] == "approval")
    @rule()
    def approval_comes(self) -> None:
        """The bot goes on."""
        self._give_back("approved")

    # --- people ----------------------------------------------------------------------------------------------------

    @rule(actor=st.sampled_from([PERSON, COLLEAGUE]))
    def operator_claims(self, actor: Actor) -> None:
        """Also from a colleague."""
        self._write(
            lambda db: desk.claim(
                db, self.scope, self.conversation_id, BY_PERSON, actor=actor, force=True, now=self.now
            )
        )
        assert self._row()["holder"] == "human"
        assert self._row()["assignee_id"] == actor.actor_id

    @rule()
    def operator_replies(self) -> None:
        """It is a person's from then on."""
        key = f"o{next(self.numbers)}"
        self._write(
            lambda db: desk.reply_as_person(
                db,
                self.scope,
                self.conversation_id,
                text=f"person {key}",
                key=key,
                handover=BY_PERSON,
                actor=PERSON,
                now=self.now,
            )
        )
        assert self._row()["holder"] == "human"

    @rule()
    def operator_returns(self) -> None:
        """The bot goes on, and what nobody answered is answered."""
        self._give_back("returned")

    @rule()
    def operator_closes(self) -> None:
        """Until the customer writes."""
        self._write(
            lambda db: holding.close(db, self.scope, self.conversation_id, actor=PERSON, reason="done", now=self.now)
        )

    @rule(minutes=st.sampled_from([None, 10]))
    def operator_snoozes(self, minutes: int | None) -> None:
        """For a while, or no longer."""
        until = None if minutes is None else self.now + timedelta(minutes=minutes)
        self._write(lambda db: desk.snooze(db, self.scope, self.conversation_id, until, actor=PERSON, now=self.now))

    @rule()
    def company_writes_from_its_phone(self) -> None:
        """The channel tells us, twice."""
        arrival = self._arrival(f"e{next(self.numbers)}")
        self._write(lambda db: store.accept_own(db, self.scope, arrival, now=self.now))
        assert self._write(lambda db: store.accept_own(db, self.scope, arrival, now=self.now)).duplicate
        assert self._row()["holder"] == "human"

    # --- time ------------------------------------------------------------------------------------------------------

    @rule(minutes=st.sampled_from([1, 6, 40, 100]))
    def time_passes(self, minutes: int) -> None:
        """And what is due is done."""
        self.now += timedelta(minutes=minutes)
        self._write(lambda db: desk.do_due(db, self.now))
        following = self._write(desk.next_due)
        assert following is None or following > self.now

    @rule()
    def outbox_sends(self) -> None:
        """Everything that is due goes out, as the sender does it."""
        while (queued := self._write(self._next)) is not None and queued.due_at <= self.now:
            holder = self._row()["holder"]
            claimed = self._write(
                lambda db, queued=queued: outbox.claim(db, queued, holder="sender", repeatable=False, now=self.now)
            )
            assert claimed is outbox.Claim.OURS
            author = self._write(
                lambda db, queued=queued: db.execute(
                    select(messages.c.author).where(messages.c.message_id == queued.message_id)
                ).scalar_one()
            )
            self.reached.append(Said(author, queued.text, holder))
            self._write(lambda db, queued=queued: outbox.mark_sent(db, queued, external_id="1", now=self.now))

    # --- what always holds ------------------------------------------------------------------------------------------

    @invariant()
    def what_always_holds(self) -> None:
        """One look at everything after each step."""
        self.world.write(self._check)

    def _check(self, db: Connection) -> None:
        this = conversations.c.project_id == self.scope.project_id
        holder = db.execute(select(conversations.c.holder).where(this)).scalar_one()
        changes = [
            one for one in list_changes(db, self.scope, self.conversation_id, limit=1000) if one["kind"] == "holder"
        ]
        ways = [(one["from_holder"], one["to_holder"]) for one in changes]
        assert [after for _, after in ways[:-1]] == [before for before, _ in ways[1:]]
        assert (ways[-1][1] if ways else "bot") == holder
        seen = views.list_messages(db, self.scope, self.conversation_id, limit=1000, said_only=True)
        assert not [one for one in seen if one["delivery"] in {"held", "dropped"}]
        if holder == "human":
            self._check_silence(db, changes[-1])

    def _check_silence(self, db: Connection, taken: dict[str, Any]) -> None:
        """Nothing of the bot's waits to be sent, but for what it said before it handed over itself."""
        query = (
            select(messages.c.created_at, outbox_table.c.due_at)
            .join(outbox_table, outbox_table.c.message_id == messages.c.message_id)
            .where(
                outbox_table.c.project_id == self.scope.project_id,
                outbox_table.c.status == "queued",
                messages.c.author == "bot",
            )
        )
        for created_at, due_at in db.execute(query):
            assert taken["actor_kind"] == "bot"
            assert max(created_at, due_at) <= taken["at"]

    def teardown(self) -> None:
        """From every state there is a way on: the customer writes, a person gives back, and the bot answers."""
        if self.under_way is not None:
            self.bot_ends_its_turn(None)
        self.now += timedelta(minutes=1)
        waited = self._unanswered()
        self.operator_returns()
        assert self._row()["holder"] == "bot"
        if waited:
            self.bot_begins_a_turn()
            assert self.under_way is not None
            assert self.under_way.turn.inbound_ids[0] == waited[0]
            self.bot_ends_its_turn(None)
        self.now += timedelta(minutes=1)
        self.customer_writes()
        self._answer_all()
        last = self.reached[-2:]
        assert [one.author for one in last] == ["bot", "bot"]
        assert last[0].text.startswith("answer")
        assert self._unanswered() == []

    def _unanswered(self) -> list[int]:
        """Messages after the last word of a person or of the bot."""
        left = select(inbound.c.inbound_id).where(
            inbound.c.project_id == self.scope.project_id, inbound.c.status.not_in(["done", "poison"])
        )
        found: list[int] = self._write(lambda db: list(db.execute(left.order_by(inbound.c.inbound_id)).scalars()))
        return found

    def _answer_all(self) -> None:
        while True:
            self.bot_begins_a_turn()
            if self.under_way is None:
                break
            self.bot_ends_its_turn(None)
        self.outbox_sends()

    # --- how -------------------------------------------------------------------------------------------------------

    def _write(self, change: Any) -> Any:
        self.now += timedelta(milliseconds=1)
        return self.world.write(change)

    def _give_back(self, reason: str) -> None:
        self._write(
            lambda db: holding.give_back(
                db, self.scope, self.conversation_id, actor=PERSON, reason=reason, now=self.now, summary="refunded"
            )
        )

    def _next(self, db: Connection) -> Queued | None:
        return outbox.next_in_chat(db, self.scope, "b", "webchat", "1")

    def _arrival(self, message_id: str) -> Arrival:
        return Arrival("b", "webchat", "1", message_id, f"text {message_id}", None, "1", "Aru", None)

    def _row(self) -> Any:
        query = select(conversations).where(conversations.c.project_id == self.scope.project_id)
        return self.world.write(lambda db: dict(db.execute(query).mappings().one()))


class InMemory:
    """SQLite in memory, used from plain code: ten times as fast as through the writer, and the same SQL."""

    def __init__(self) -> None:
        self._engine = sqlite_engine(None)
        self._db = self._engine.connect()
        bring_up_to_date(self._db)
        self._db.commit()
        self.numbers = itertools.count(1)

    def write(self, change: Any) -> Any:
        """Commit a change."""
        with self._db.begin():
            return change(self._db)

    def close(self) -> None:
        """Close it."""
        self._db.close()
        self._engine.dispose()


@pytest.fixture(params=KINDS if EXAMPLES else ["sqlite"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World | InMemory]:
    """A database of each kind; PostgreSQL at full size alone."""
    made: World | InMemory
    if request.param == "postgres":
        made = World(tmp_path, "postgres", request.getfixturevalue("postgres"))
    else:
        made = InMemory()
    yield made
    made.close()


@pytest.mark.timeout(7200)
def test_the_bot_is_silent_while_a_person_has_the_chat_and_answers_after(world: World | InMemory) -> None:
    machine = type("BoundMachine", (DeskMachine,), {"world": world})
    run_state_machine_as_test(machine, settings=SIZE)
