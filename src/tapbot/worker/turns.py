"""Takes turns: the waiting messages of a conversation become one run, and its replies one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from tapbot.access.store import list_team
from tapbot.bots.agent.types import ToolSchema
from tapbot.bots.agent.workflow_tool import read_tool
from tapbot.bots.handoff import CALLED, DeskRules, person_wanted, tell_opening
from tapbot.bots.turn import prepare, take_turn, warm_up
from tapbot.bots.types import Bot, ToolFailed, TurnInput, TurnResult
from tapbot.errors import TapbotError
from tapbot.inbox import store
from tapbot.inbox.types import Answer, Handover, Turn
from tapbot.knowledge.types import Passage
from tapbot.project.served import ReleaseBook, Served
from tapbot.settings import ModelSection
from tapbot.storage.database import DatabaseUnavailable
from tapbot.telemetry import logger
from tapbot.telemetry.tracing import span
from tapbot.upstream import HttpClient
from tapbot.worker.dispatch import Job
from tapbot.worker.fair import FairSlots
from tapbot.worker.gathering import Gatherer
from tapbot.worker.hearing import write_down
from tapbot.worker.lane import Lane
from tapbot.worker.typing_shown import TypingShown
from tapbot.workflow import journal
from tapbot.workflow.effects import only_in_steps
from tapbot.workflow.engine import Engine
from tapbot.workflow.journal import Fence, NewRun, StaleAttempt
from tapbot.workflow.run import InDoubt, Run, StepFailed, error_to_json
from tapbot.workflow.types import StepKind

LOG = logger("worker")
LONGEST_PAUSE_SECONDS = 30.0
SORRY = {
    "kk": "Кешіріңіз, бірдеңе дұрыс болмады. Хабарламаны қайта жіберіп көріңіз.",
    "ru": "Извините, что-то пошло не так. Попробуйте написать ещё раз.",
    "en": "Sorry, something went wrong. Please send your message again.",
}


class Called(NamedTuple):
    """A person who is called, if any, and what the customer hears of it."""

    handover: Handover | None
    told: list[dict[str, Any]]


class RecordedTools:
    """What a bot may do in a turn, each call recorded in the turn's run (`bots.agent.types.AgentTools`)."""

    def __init__(self, run: Run, engine: Engine, served: Served, http: HttpClient) -> None:
        self._run = run
        self._engine = engine
        self._served = served
        self._http = http
        zone = ZoneInfo(served.project.settings.project.time_zone)
        self._now = run.new.clock.astimezone(zone)

    @property
    def now(self) -> datetime:
        """The turn's clock, in the project's time zone."""
        return self._now

    @property
    def http(self) -> HttpClient:
        """The one door out."""
        return self._http

    @property
    def models(self) -> Mapping[str, ModelSection]:
        """The project's models by name, as the settings say."""
        return self._served.project.settings.models

    async def run_tool(self, key: str, name: str, arguments: dict[str, Any]) -> Any:
        """Run a workflow of the project as a child run, once."""

        async def call() -> Any:
            return await self._engine.run_tool(self._run, f"tool/{key}", name, arguments)

        try:
            items = await self._run.step(f"tool/{key}", StepKind.SAFE, [name, arguments], call, node=name)
        except StepFailed as error:
            raise ToolFailed(error.message, code=error.code, place=name) from error
        except InDoubt:
            raise
        except TapbotError as error:
            raise ToolFailed(error.message, code=error.code, place=name, hint=error.hint) from error
        return items[0] if len(items) == 1 else items

    def tool_schema(self, name: str) -> ToolSchema:
        """What a workflow takes as a tool, as the release has it."""
        return read_tool(self._served.workflow(name), name)

    async def search(self, query: str, language: str) -> Sequence[Passage]:
        """Passages of the project's knowledge. Pure: the release decides."""
        return self._served.knowledge.search(query, language=language)

    def text(self, key: str, language: str, **values: object) -> str:
        """A text of the project in the language, or in the first one that has it."""
        return self._served.text(key, language, **values)

    def entities(self, collection: str) -> Sequence[Mapping[str, Any]]:
        """The seed rows of a collection, as the release has them."""
        return self._served.entities(collection)

    async def model_step(self, key: str, request: dict[str, Any], call: Callable[[], Awaitable[Any]]) -> Any:
        """A request to a model: recorded, and made again if it was cut in half."""
        return await self._run.step(f"model/{key}", StepKind.SAFE, request, call, node="model")


class TurnTaker:
    """Answers conversations, one turn at a time each."""

    def __init__(
        self,
        engine: Engine,
        releases: ReleaseBook,
        http: HttpClient,
        gatherer: Gatherer,
        typing: TypingShown,
        *,
        width: int,
    ) -> None:
        self._engine = engine
        self._releases = releases
        self._gatherer = gatherer
        self._typing = typing
        self._http = only_in_steps(http)
        self.lane: Lane[Job] = Lane("turns", self._take, FairSlots(width))

    async def wake_all(self) -> None:
        """Look at every conversation that has unanswered messages."""
        served = self._releases.all_current
        await warm_up(bot for one in served for bot in one.project.bots.values())
        scopes = [one.scope for one in served]
        waiting = await self._engine.database.read(lambda db: store.waiting_conversations(db, scopes))
        for conversation_id, scope in waiting:
            self.lane.wake(Job("turn", conversation_id, scope))

    async def prepare(self) -> None:
        """Let the bots that are served now learn what they need before their first turn."""
        await prepare(bot for one in self._releases.all_current for bot in one.project.bots.values())

    async def _take(self, job: Job) -> float | None:
        """Claim what waits and answer it, once it is whole; the claim and the run are one transaction."""
        wait_seconds = await self._gatherer.gather(job)
        if wait_seconds is None or wait_seconds > 0:
            return wait_seconds
        run_id, now = self._engine.new_id(), self._engine.clock()

        def begin(db: Connection) -> tuple[Turn, NewRun] | None:
            turn = store.take_turn(db, job.id, run_id)
            if turn is None:
                return None
            release = self._releases.current(turn.scope).project.release
            new = _turn_run(turn, run_id, release, now)
            journal.begin_run(db, new, holder=self._engine.holder)
            return turn, new

        begun = await self._engine.database.write("turn.begin", begin)
        if begun is not None:
            turn, new = begun
            engine = self._engine
            await self.answer(
                Run(new, Fence(run_id, 1), engine.database, {}, engine.clock, holding=engine.holding), turn
            )
        return None

    async def resume(self, run: Run) -> None:
        """Go on with a turn that an earlier process began."""
        await self.answer(run, turn_of(run.new))

    async def give_up(self, run: Run, error: TapbotError) -> None:
        """A turn that was begun too often: something in it ends the process each time."""
        await self._set_aside(run, turn_of(run.new), "failed", error)

    async def answer(self, run: Run, turn: Turn) -> None:
        """Let the bot answer. While the database cannot be written (a full disk), try again: nothing is lost by it."""
        self._engine.in_hand.add(run.new.run_id)
        try:
            with self._typing.during(turn):
                await self._answer_until_written(run, turn)
        finally:
            self._engine.in_hand.discard(run.new.run_id)

    async def _answer_until_written(self, run: Run, turn: Turn) -> None:
        pause_seconds = 1.0
        while True:
            try:
                with span("turn", run_id=run.new.run_id, bot=turn.bot_id, project=turn.scope.project_id):
                    await self._answer_once(run, turn)
            except StaleAttempt:
                return
            except (DBAPIError, DatabaseUnavailable):
                LOG.exception("turn not written; trying again", run_id=run.new.run_id)
                await asyncio.sleep(pause_seconds)
                pause_seconds = min(pause_seconds * 2, LONGEST_PAUSE_SECONDS)
                run = await self._engine.reread(run)
            else:
                self.lane.wake(Job("turn", turn.conversation_id, turn.scope))
                return

    async def _answer_once(self, run: Run, turn: Turn) -> None:
        """Write the bot's replies, its state and the end of the run at once."""
        try:
            result = await self._ask_bot(run, turn)
        except (StaleAttempt, DatabaseUnavailable, DBAPIError):
            raise
        except InDoubt as doubt:
            await self._set_aside(run, turn, "in_doubt", doubt)
            return
        except TapbotError as error:
            await self._set_aside(run, turn, "failed", error)
            return
        except Exception as error:  # the boundary of a turn: a poison message must not block the chat
            LOG.exception("turn failed", run_id=run.new.run_id)
            await self._set_aside(
                run, turn, "failed", TapbotError(f"internal: {type(error).__name__}", code="internal")
            )
            return
        now = self._engine.clock()
        served = await self._releases.get(turn.scope, run.new.release)
        person = await self._call_person(served, turn, result, now)
        replies = [*result.replies, *person.told]
        answer = Answer(replies, result.state, result.language, person.handover, result.contact)

        def finish(db: Connection) -> None:
            journal.check_fence(db, run.fence)
            store.finish_turn(db, turn, answer, run_id=run.new.run_id, now=now)
            _end_run(db, run, "succeeded", answer.replies, None, now)

        await self._engine.database.write("turn.finish", finish)

    async def _ask_bot(self, run: Run, turn: Turn) -> TurnResult:
        served = await self._releases.get(turn.scope, run.new.release)
        bot: Bot = served.bot(turn.bot_id)
        given = TurnInput(
            conversation_id=turn.conversation_id,
            turn_number=turn.turn_number,
            language=turn.language,
            state=turn.state,
            messages=await write_down(turn, run, served, self._http, self._engine.database),
            contact=turn.contact,
            summary=turn.summary,
            link=turn.link,
        )
        return await take_turn(bot, given, RecordedTools(run, self._engine, served, self._http))

    async def _call_person(self, served: Served, turn: Turn, result: TurnResult, now: datetime) -> Called:
        """Whether a person gets the conversation after this turn, and what the customer hears of it."""
        rules = served.bot(turn.bot_id).desk or DeskRules()
        local = now.astimezone(ZoneInfo(served.project.settings.project.time_zone))
        given = TurnInput(turn.conversation_id, turn.turn_number, None, {}, turn.messages, turn.contact)
        reason = person_wanted(rules, given, result, local)
        if reason is None:
            return Called(None, [])
        handover = await self._handover(rules, reason, local)
        told = [] if result.handoff else [_called(served, result.language)]
        if handover.opens_at is not None:
            told.append(tell_opening(handover.opens_at, result.language))
        return Called(handover, [{"text": text, "buttons": []} for text in told])

    async def _handover(self, rules: DeskRules, reason: str, now: datetime) -> Handover:
        people: list[str] = []
        team = rules.part.team
        if rules.part.assign == "in_turn" and team is not None:
            home = self._releases.all_current[0].scope  # where the people who log in are kept
            people = await self._engine.database.read(lambda db: list_team(db, home, team))
        return Handover(
            reason,
            team=team,
            people=tuple(people),
            reply_minutes=rules.part.reply_minutes,
            return_minutes=rules.part.return_minutes,
            opens_at=rules.opens_at(now),
        )

    async def _handover_on_error(self, run: Run, turn: Turn, now: datetime) -> Handover | None:
        """A person, where the bot's rules call one when a turn fails."""
        try:
            rules = (await self._releases.get(turn.scope, run.new.release)).bot(turn.bot_id).desk
        except TapbotError:  # the release or the bot is gone: that is why the turn failed
            return None
        if rules is None or not rules.part.hand_over.errors:
            return None
        return await self._handover(rules, "error", now)

    async def _set_aside(self, run: Run, turn: Turn, status: str, error: TapbotError) -> None:
        """The turn failed: its messages are kept aside, and the customer hears that something went wrong."""
        now = self._engine.clock()
        LOG.warning("turn set aside", run_id=run.new.run_id, status=status, code=error.code, message=error.message)
        handover = await self._handover_on_error(run, turn, now)

        def change(db: Connection) -> None:
            journal.check_fence(db, run.fence)
            text = SORRY.get(turn.language or "", SORRY["ru"])
            store.set_turn_aside(db, turn, run_id=run.new.run_id, text=text, now=now, handoff=handover)
            _end_run(db, run, status, None, error, now)

        await self._engine.database.write("turn.set_aside", change)


def _called(served: Served, language: str) -> str:
    """What a customer hears when a person is called by rule."""
    if "person.called" in served.project.texts:
        return served.text("person.called", language)
    return CALLED.get(language, CALLED["ru"])


def turn_of(new: NewRun) -> Turn:
    """The turn that a run takes. What a later version put into its input, beside this one, is left out."""
    known = {field.name for field in fields(Turn)}
    return Turn(**{name: value for name, value in new.input.items() if name in known}, scope=new.scope)


def _turn_run(turn: Turn, run_id: str, release: str, now: datetime) -> NewRun:
    """The run of a turn. Its input is all that a later process needs to take it again."""
    given = asdict(turn)
    del given["scope"]
    return NewRun(
        run_id=run_id,
        scope=turn.scope,
        release=release,
        kind="turn",
        workflow_id=f"bot:{turn.bot_id}",
        name=turn.bot_id,
        trigger_node="",
        mode=turn.channel,
        input=given,
        clock=now,
        seed=turn.inbound_ids[0],
        created_at=now,
        conversation_id=turn.conversation_id,
    )


def _end_run(db: Connection, run: Run, status: str, output: Any, error: TapbotError | None, now: datetime) -> None:
    journal.finish_run(
        db,
        run.new.run_id,
        run.fence,
        status=status,
        output=output,
        history=None,
        error=error_to_json(error) if error else None,
        now=now,
    )
