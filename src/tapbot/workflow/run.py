"""One run in progress: `step` is the one primitive through which anything reaches the world."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection

from tapbot.errors import LimitExceeded, TapbotError, UpstreamRejected, UpstreamUnavailable, UserError
from tapbot.storage.database import Database
from tapbot.storage.rows import RowChange
from tapbot.storage.types import JsonObject
from tapbot.telemetry.tracing import span
from tapbot.upstream import MAY_HAVE_ARRIVED
from tapbot.workflow import journal
from tapbot.workflow.effects import step_under_way
from tapbot.workflow.holding import Holding
from tapbot.workflow.journal import Fence, NewRun, ParkedRun, RecordedStep, RunState
from tapbot.workflow.types import StepKind

T = TypeVar("T")
Clock = Callable[[], datetime]
ENCODE = msgspec.json.Encoder(order="sorted").encode
MOST_STEP_BYTES = 8_000_000
NEW = RunState(begun=1, parked=None, history=None, reply=None)
CAUGHT = (UserError, UpstreamUnavailable, UpstreamRejected, LimitExceeded)
"""Failures that a step records."""


class InDoubt(TapbotError):
    """Nobody knows whether a call that may not be repeated took place: a person decides."""

    default_code = "run.in_doubt"


class StepFailed(TapbotError):
    """A step that failed before, told again from the journal."""

    default_code = "run.step_failed"


class Parked(Exception):  # it is no error: the run leaves memory, and nobody on the way may catch it
    """A run waits for a time or an event; it goes up to the engine, which keeps the run as a row.

    Args:
        until: Aware time; `None` leaves it to the event.
        step: Record of the wait, unless the journal has it.
    """

    def __init__(self, until: datetime | None, event: str | None, step: dict[str, Any] | None) -> None:
        super().__init__("The run waits.")
        self.until = until
        self.event = event
        self.step = step
        self.runs: list[ParkedRun] = []


@dataclass(frozen=True, slots=True)
class Waited:
    """How a wait ended: `came` when its event did, with the `payload` that it brought; `ended` when a person did."""

    came: bool = False
    payload: Any = None
    ended: bool = False


class Run:
    """The steps of one run, recorded in the journal.

    Args:
        new: What the run began with.
        fence: The root run and its attempt; every write is refused once somebody else holds it.
        recorded: Steps of earlier attempts.
        clock: The wall clock, for times in the journal. The run's own `now` is `new.clock`.
        state: How far it came before it left memory.
        holding: Says before each call whether this process still holds the run; without it nobody else could.
    """

    def __init__(
        self,
        new: NewRun,
        fence: Fence,
        database: Database,
        recorded: Mapping[str, RecordedStep],
        clock: Clock,
        state: RunState = NEW,
        holding: Holding | None = None,
    ) -> None:
        self.new = new
        self.fence = fence
        self.database = database
        self.clock = clock
        self.state = state
        self._holding = holding
        self._recorded = recorded
        self._made = len(recorded)
        self._held: RowChange[None] | None = None

    def key_for_service(self, key: str) -> str:
        """An idempotency key for another service: the same whenever this step runs again."""
        return hashlib.sha256(f"{self.new.run_id}/{key}".encode()).hexdigest()[:40]

    async def step(
        self,
        key: str,
        kind: StepKind,
        given: object,
        call: Callable[[], Awaitable[Any]],
        *,
        node: str = "",
        hold: bool = False,
    ) -> Any:
        """Return what the journal has for this step, or make the call and record its outcome.

        Args:
            key: Parent path, node, run index and item: the same in every attempt.
            kind: What may happen to a call that was cut in half.
            given: What the call depends on; another value on a later attempt puts the run in doubt.
            call: Gives a JSON value.
            node: Name that people know the step by.
            hold: The caller sees to it that the outcome is written before it waits for anything (`write_held`,
                `with_held`), unless the call may not be repeated: then it is written at once.

        Raises:
            InDoubt: A call that may not be repeated was begun and never finished, or `given` changed.
            StepFailed: The journal says that this step failed.
            StaleAttempt: Somebody else holds the run.
        """
        input_hash = hashlib.sha256(ENCODE(given)).hexdigest()
        if (found := self._recorded.get(key)) is not None:
            return self._replay(found, key, input_hash)
        step = self._new_step(key, kind, input_hash, node)
        if kind is StepKind.NEVER:
            await self.database.write("journal.begin_step", journal.step_begun(self.fence, step))
            finished = journal.begun_step_finished
        else:
            if self._holding is not None and not await self._holding.holds(self.fence.run_id):
                raise journal.stale(self.fence)
            finished = journal.step_finished
        try:
            with step_under_way(), span("step", node=node or key, kind=kind.value):
                output = await call()
            check_size(output, key)
        except CAUGHT as error:
            if kind is StepKind.NEVER and error.code in MAY_HAVE_ARRIVED:
                raise InDoubt(
                    f"The call got no answer, so nobody knows whether it took place: {error.message}",
                    place=key,
                    hint="Find out whether the call took place, then decide.",
                ) from error
            outcome = step | {"status": "failed", "error": error_to_json(error), "finished_at": self.clock()}
            await self.database.write("journal.fail_step", finished(self.fence, outcome))
            raise
        outcome = step | {"status": "done", "output": output, "finished_at": self.clock()}
        self._held = finished(self.fence, outcome)
        if not hold or kind is StepKind.NEVER:
            await self.write_held()
        return output

    async def write_held(self) -> None:
        """Write the outcome of a call that was held back, if there is one."""
        held, self._held = self._held, None
        if held is not None:
            await self.database.write("journal.finish_step", held)

    def with_held(self, ended: RowChange[T]) -> RowChange[T]:
        """The end of the run, in one transaction with the outcome of its last call."""
        held, self._held = self._held, None
        return ended if held is None else held.before(ended)

    async def wait(
        self, key: str, until: datetime | None, event: str | None, *, node: str = "", about: JsonObject | None = None
    ) -> Waited:
        """Wait for a time or an event, whichever comes first. The run leaves memory meanwhile.

        Args:
            until: Only the first attempt's counts.
            about: What whoever delivers the event wants to know; kept with the wait.

        Raises:
            Parked: Neither has come yet.
        """
        found = self._recorded.get(key)
        if found is None:
            if event is None and until is not None and until <= self.clock():
                return Waited()
            raise Parked(until, event, self._new_wait(key, until, event, node, about))
        until, event = _read_time(found.output["until"]), found.output["event"]
        if event and found.status == "done":
            return Waited(found.output["came"], found.output["payload"], found.output.get("ended", False))
        came, payload = await self._look_for(event) if event else (False, None)
        if not came and (until is None or until > self.clock()):
            raise Parked(until, event, None)
        if event:
            await self._end_wait(key, found, came=came, payload=payload)
        return Waited(came, payload, found.output.get("ended", False))

    def _new_wait(
        self, key: str, until: datetime | None, event: str | None, node: str, about: JsonObject | None
    ) -> dict[str, Any]:
        """The record of a wait; how one for an event ends is recorded later."""
        step = self._new_step(key, StepKind.STORED, "", node)
        step["output"] = {"until": until.isoformat() if until else None, "event": event}
        if about is not None:
            step["output"]["about"] = about
        step["status"] = "waiting" if event else "done"
        step["finished_at"] = None if event else until
        return step

    async def _look_for(self, event: str) -> tuple[bool, Any]:
        return await self.database.read(lambda db: journal.read_delivery(db, self.new.scope, event))

    async def _end_wait(self, key: str, found: RecordedStep, *, came: bool, payload: Any) -> None:
        """Record how a wait for an event ended: a replay must not take a later one for it."""
        ended: dict[str, Any] = {"run_id": self.new.run_id, "step_key": key, "status": "done", "error": None}
        ended |= {"output": {**found.output, "came": came, "payload": payload}, "finished_at": self.clock()}
        await self.database.write("journal.end_wait", lambda db: journal.finish_begun_step(db, self.fence, ended))

    async def stored_step(
        self, key: str, given: object, change: Callable[[Connection], Any], *, node: str = "", site: str
    ) -> Any:
        """Like `step`, for an effect in our own database: it and its record are one transaction, exactly once.

        Args:
            change: Runs in the writer's transaction and gives a JSON value.
            site: Name of this write for faults and proofs.
        """
        input_hash = hashlib.sha256(ENCODE(given)).hexdigest()
        if (found := self._recorded.get(key)) is not None:
            return self._replay(found, key, input_hash)
        step = self._new_step(key, StepKind.STORED, input_hash, node)

        def write(db: Connection) -> Any:
            journal.check_fence(db, self.fence)
            output = change(db)
            check_size(output, key)
            done = step | {"status": "done", "output": output, "finished_at": self.clock()}
            journal.finish_step(db, self.fence, done)
            return output

        try:
            return await self.database.write(site, write)
        except UserError as error:
            outcome = step | {"status": "failed", "error": error_to_json(error), "finished_at": self.clock()}
            await self.database.write(
                "journal.fail_stored_step", lambda db: journal.finish_step(db, self.fence, outcome)
            )
            raise

    def _replay(self, found: RecordedStep, key: str, input_hash: str) -> Any:
        if found.input_hash and found.input_hash != input_hash:  # none: a person said what it gave
            raise InDoubt(
                "The run does not repeat itself: this step now gets other input than before.",
                place=key,
                hint="Look at what changed since, then retry from the start or give up the run.",
            )
        if found.status == "started":
            raise InDoubt(
                "The process ended in the middle of a call that may not be repeated.",
                place=key,
                hint="Find out whether the call took place, then decide.",
            )
        if found.status == "failed":
            error = found.error or {}
            raise StepFailed(str(error.get("message")), code=str(error.get("code")), place=_text(error.get("place")))
        return found.output

    def _new_step(self, key: str, kind: StepKind, input_hash: str, node: str) -> dict[str, Any]:
        self._made += 1
        return {
            "project_id": self.new.scope.project_id,
            "environment": self.new.scope.environment,
            "run_id": self.new.run_id,
            "step_key": key,
            "position": self._made,
            "node": node or key,
            "kind": kind.value,
            "input_hash": input_hash,
            "output": None,
            "error": None,
            "attempt": self.fence.attempt,
            "started_at": self.clock(),
            "finished_at": None,
        }


def error_to_json(error: TapbotError) -> dict[str, Any]:
    """What the journal keeps of an error."""
    return {"code": error.code, "message": error.message, "place": error.place, "hint": error.hint}


def check_size(output: object, key: str) -> None:
    """Refuse a step's output that is too large to keep."""
    size_bytes = len(msgspec.json.encode(output))
    if size_bytes > MOST_STEP_BYTES:
        raise LimitExceeded(
            f"The output has {size_bytes} bytes; a step keeps {MOST_STEP_BYTES} at most.",
            code="run.step_too_large",
            place=key,
        )


def _read_time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
