"""Executes runs of workflows in the background, and takes up those that an earlier process left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sqlalchemy.exc import DBAPIError

from tapbot.errors import TapbotError
from tapbot.project.served import ReleaseBook
from tapbot.storage.database import DatabaseClosed, DatabaseUnavailable
from tapbot.telemetry import logger
from tapbot.worker.lane import Lane
from tapbot.worker.turns import TurnTaker
from tapbot.workflow.engine import Engine, Outcome
from tapbot.workflow.journal import StaleAttempt
from tapbot.workflow.node import WebhookReply
from tapbot.workflow.release import PreparedWorkflow
from tapbot.workflow.run import Run, error_to_json

LOG = logger("worker")
MOST_RUNS_AT_ONCE = 100
MOST_ATTEMPTS = 20
LONGEST_PAUSE_SECONDS = 30.0


class RunStarter:
    """Executes kept runs beside whoever began them."""

    def __init__(self, engine: Engine, releases: ReleaseBook, turns: TurnTaker) -> None:
        self._engine = engine
        self._releases = releases
        self._turns = turns
        self._slots = asyncio.Semaphore(MOST_RUNS_AT_ONCE)
        self._group: asyncio.TaskGroup | None = None
        self.lane: Lane[str] = Lane("resumed runs", self._resume, width=MOST_RUNS_AT_ONCE)

    def open(self, group: asyncio.TaskGroup) -> None:
        """Begin to execute."""
        self._group = group
        self.lane.open(group)

    def execute(
        self, run: Run, workflow: PreparedWorkflow, *, on_reply: Callable[[WebhookReply], None] | None = None
    ) -> asyncio.Task[Outcome]:
        """Execute a kept run in the background; its outcome can be awaited."""
        if self._group is None:
            raise TapbotError("The server is stopping.", code="server.stopping")
        return self._group.create_task(self._execute(run, workflow, on_reply), name=f"run {run.new.run_id}")

    async def take_up_abandoned(self) -> int:
        """Go on with every run that a process left behind; gives their number."""
        scopes = [served.scope for served in self._releases.all_current]
        abandoned = await self._engine.abandoned_runs(scopes)
        for run_id in abandoned:
            self.lane.wake(run_id)
        return len(abandoned)

    async def _execute(
        self, run: Run, workflow: PreparedWorkflow, on_reply: Callable[[WebhookReply], None] | None
    ) -> Outcome:
        """Execute a run to its end. While the database cannot be written (a full disk), try again."""
        pause_seconds = 1.0
        async with self._slots:
            while True:
                try:
                    return await self._engine.execute(run, workflow, on_reply=on_reply)
                except (StaleAttempt, DatabaseClosed) as gone:
                    return Outcome(run.new.run_id, "running", [], error_to_json(gone), None, None)
                except (DBAPIError, DatabaseUnavailable):
                    LOG.exception("run not written; trying again", run_id=run.new.run_id)
                    await asyncio.sleep(pause_seconds)
                    pause_seconds = min(pause_seconds * 2, LONGEST_PAUSE_SECONDS)
                    run = await self._engine.reread(run)
                except Exception as error:  # the boundary of a run: it must not end the others
                    LOG.exception("run failed", run_id=run.new.run_id)
                    return await self._engine.give_up(run, _internal(error))

    async def _resume(self, run_id: str) -> None:
        run = await self._engine.resume(run_id)
        if run is None:
            return
        LOG.info("run resumed", run_id=run_id, attempt=run.fence.attempt, kind=run.new.kind)
        if run.state.begun > MOST_ATTEMPTS:
            too_often = TapbotError(
                f"The run was begun {MOST_ATTEMPTS} times and never ended.", code="run.too_many_attempts"
            )
            await (self._turns if run.new.kind == "turn" else self._engine).give_up(run, too_often)
            return
        if run.new.kind == "turn":
            await self._turns.resume(run)
            return
        try:
            workflow = await self._releases.find(run.new.scope, run.new.release, run.new.workflow_id)
        except TapbotError as error:
            await self._engine.give_up(run, error)
            return
        await self._execute(run, workflow, None)


def _internal(error: Exception) -> TapbotError:
    return TapbotError(f"internal: {type(error).__name__}", code="internal")
