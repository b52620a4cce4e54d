"""Who runs what a webhook began, and waiting for the answer: the database has it, the hub says when to look."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection

from tapbot.errors import UpstreamUnavailable
from tapbot.events.hub import Hub
from tapbot.storage.database import Database
from tapbot.workflow import journal
from tapbot.workflow.engine import Engine, Outcome
from tapbot.workflow.items import item_from_json
from tapbot.workflow.journal import NewRun
from tapbot.workflow.journal.waiting import OpenWait, find_open_wait
from tapbot.workflow.outcome import reply_from_json
from tapbot.workflow.release import PreparedWorkflow

LOOK_EVERY_SECONDS = 1.0
"""An event may be lost: the database is asked this often all the same."""


class Begun(Protocol):
    """A run that was kept, unless it is a repetition."""

    @property
    def new(self) -> bool:
        """Not when an earlier run has its id or its deduplication key."""

    async def answer(self) -> Outcome | None:
        """How it ended, or its reply, as soon as a node gives one; `None` when that shows in the database alone."""
        ...


class Runner(Protocol):
    """Keeps runs and sees to it that they are executed: here, as `worker.runs.RunStarter`, or by workers."""

    async def begin(self, new: NewRun, workflow: PreparedWorkflow) -> Begun:
        """Keep a run; it is accepted when this returns."""
        ...


class Answers:
    """Waits for runs that are worked on elsewhere.

    Args:
        longest_seconds: A caller waits no longer.
    """

    def __init__(self, database: Database, hub: Hub, *, longest_seconds: float) -> None:
        self._database = database
        self._hub = hub
        self._longest_seconds = longest_seconds

    async def wait(self, run_id: str) -> Outcome:
        """How a run ended, or the reply that it gave on its way.

        Raises:
            UpstreamUnavailable: It takes too long; the run goes on.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._longest_seconds
        with self._hub.watch(run_id) as events:
            while True:
                found = await self._database.read(lambda db: journal.read_answer(db, run_id))
                if found is not None:
                    return _outcome(run_id, found)
                left = deadline - loop.time()
                if left <= 0:
                    raise UpstreamUnavailable(
                        f"The workflow did not answer within {self._longest_seconds:g} s. The run goes on.",
                        code="webhook.no_answer_in_time",
                    )
                await events.take(timeout_seconds=min(left, LOOK_EVERY_SECONDS))

    async def follow(self, run_id: str, *, seconds: float) -> OpenWait | Outcome | None:
        """What a run has for whoever follows it, once it has something: a request that it waits for, or its answer.

        Args:
            seconds: `None` comes back when it has nothing by then.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        with self._hub.watch(run_id) as events:
            while True:
                wait, found = await self._database.read(lambda db: _state_of(db, run_id))
                if wait is not None:
                    return wait
                if found is not None:
                    return _outcome(run_id, found)
                left = deadline - loop.time()
                if left <= 0:
                    return None
                await events.take(timeout_seconds=min(left, LOOK_EVERY_SECONDS))


def _state_of(db: Connection, run_id: str) -> tuple[OpenWait | None, dict[str, Any] | None]:
    return find_open_wait(db, run_id)[1], journal.read_answer(db, run_id)


class RunByWorkers:
    """See `Runner`: workers hear of a run by the event that is told with it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def begin(self, new: NewRun, workflow: PreparedWorkflow) -> Begun:
        """See `Runner.begin`."""
        started = await self._engine.start(new, workflow, here=False)
        return _Accepted(new=started.new)


@dataclass(frozen=True, slots=True)
class _Accepted:
    """A run that a worker takes."""

    new: bool

    async def answer(self) -> Outcome | None:
        """See `Begun.answer`."""
        return None


def _outcome(run_id: str, found: dict[str, Any]) -> Outcome:
    items = [item_from_json(item) for item in found["output"] or []]
    return Outcome(run_id, found["status"], items, found["error"], reply_from_json(found["reply"]), None)
