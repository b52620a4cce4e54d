"""Executes runs of workflows in the background, and takes up those that an earlier process left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Any

from sqlalchemy.exc import DBAPIError

from tapbot.errors import TapbotError
from tapbot.project.served import ReleaseBook
from tapbot.storage.database import DatabaseClosed, DatabaseUnavailable
from tapbot.telemetry import logger
from tapbot.telemetry.tracing import span
from tapbot.worker.dispatch import Job
from tapbot.worker.fair import FairSlots
from tapbot.worker.lane import Lane
from tapbot.worker.turns import TurnTaker
from tapbot.workflow import journal
from tapbot.workflow.engine import ANSWERED_MODES, Engine, Outcome
from tapbot.workflow.journal import NewRun, StaleAttempt
from tapbot.workflow.node import WebhookReply
from tapbot.workflow.outcome import reply_to_json
from tapbot.workflow.release import PreparedWorkflow
from tapbot.workflow.run import Run, error_to_json

LOG = logger("worker")
MOST_TAKEN_UP = 1_000_000
MOST_ATTEMPTS = 20
LONGEST_PAUSE_SECONDS = 30.0


class BegunHere:
    """A run that was kept, and is executed in this process if it has not to wait.

    Args:
        new: Not when an earlier run has its id or its deduplication key.
    """

    def __init__(
        self,
        run_id: str,
        ended: asyncio.Task[Outcome] | None = None,
        answered: asyncio.Future[WebhookReply] | None = None,
        *,
        new: bool,
    ) -> None:
        self.new = new
        self._run_id = run_id
        self._ended = ended
        self._answered = answered

    async def answer(self) -> Outcome | None:
        """How it ended, or its reply, as soon as a node gives one; `None` when it is not here any more."""
        if self._ended is None or self._answered is None:
            return None
        waited: list[asyncio.Future[Any]] = [self._ended, self._answered]
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if self._answered.done():
            return Outcome(self._run_id, "running", [], None, self._answered.result(), None)
        outcome = None if self._ended.cancelled() else self._ended.result()
        return outcome if outcome is not None and outcome.status in journal.FINAL else None


class RunStarter:
    """Executes kept runs beside whoever began them."""

    def __init__(self, engine: Engine, releases: ReleaseBook, turns: TurnTaker, *, width: int) -> None:
        self._engine = engine
        self._releases = releases
        self._turns = turns
        self.slots = FairSlots(width)
        self._group: asyncio.TaskGroup | None = None
        self._claimed: dict[str, asyncio.Task[Outcome]] = {}
        self.lane: Lane[Job] = Lane("runs", self._claim, self.slots)

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
        return self._start(run, self._execute_in_turn(run, workflow, on_reply))

    async def begin(self, new: NewRun, workflow: PreparedWorkflow) -> BegunHere:
        """Keep a run and execute it here, unless it has to wait for its turn or is a repetition."""
        started = await self._engine.start(new, workflow)
        if started.run is None:
            return BegunHere(new.run_id, new=started.new)
        answered: asyncio.Future[WebhookReply] = asyncio.get_running_loop().create_future()

        def on_reply(reply: WebhookReply) -> None:
            if not answered.done():
                answered.set_result(reply)

        ended = self.execute(started.run, workflow, on_reply=on_reply)
        return BegunHere(new.run_id, ended, answered, new=True)

    async def take_up_abandoned(self) -> int:
        """Go on with every run that a process left behind; gives their number.

        Only where the lock on the data folder proves that no other process lives.
        """
        scopes = [served.scope for served in self._releases.all_current]
        await self._engine.abandoned_runs(scopes)
        ready = await self._engine.database.read(lambda db: journal.ready_runs(db, MOST_TAKEN_UP, scopes))
        for run_id, scope in ready:
            self.lane.wake(Job("run", run_id, scope))
        return len(ready)

    @property
    def claimed(self) -> set[str]:
        """Ids of the runs that this process works on."""
        return set(self._claimed)

    def abandon(self, run_ids: Iterable[str]) -> None:
        """Stop working on runs that somebody else has by now: whatever they would write is refused."""
        for run_id in run_ids:
            if (task := self._claimed.get(run_id)) is not None:
                task.cancel()

    def _start(self, run: Run, work: Coroutine[Any, Any, Outcome]) -> asyncio.Task[Outcome]:
        """Work on a run in a task of its own, by which it can be given up."""
        if self._group is None:
            work.close()
            raise TapbotError("The server is stopping.", code="server.stopping")
        run_id = run.new.run_id
        task = self._group.create_task(work, name=f"run {run_id}")
        self._claimed[run_id] = task

        def ended(task: asyncio.Task[Outcome]) -> None:
            if self._claimed.get(run_id) is task:
                del self._claimed[run_id]

        task.add_done_callback(ended)
        return task

    async def _execute_in_turn(
        self, run: Run, workflow: PreparedWorkflow, on_reply: Callable[[WebhookReply], None] | None
    ) -> Outcome:
        async with self.slots.slot(run.new.scope, run.new.priority):
            return await self._execute(run, workflow, on_reply)

    async def _execute(
        self, run: Run, workflow: PreparedWorkflow, on_reply: Callable[[WebhookReply], None] | None
    ) -> Outcome:
        """Execute a run to its end. While the database cannot be written (a full disk), try again."""
        pause_seconds = 1.0
        while True:
            try:
                with span("run", run_id=run.new.run_id, workflow=run.new.name, project=run.new.scope.project_id):
                    return await self._engine.execute(run, workflow, on_reply=on_reply)
            except (StaleAttempt, DatabaseClosed) as gone:
                return Outcome(run.new.run_id, "running", [], error_to_json(gone), None, None)
            except (DBAPIError, DatabaseUnavailable):
                LOG.exception("run not written; trying again", run_id=run.new.run_id)
                await asyncio.sleep(pause_seconds)
                pause_seconds = min(pause_seconds * 2, LONGEST_PAUSE_SECONDS)
                run = await self._reread(run)
            except Exception as error:  # the boundary of a run: it must not end the others
                LOG.exception("run failed", run_id=run.new.run_id)
                return await self._engine.give_up(run, _internal(error))

    async def _reread(self, run: Run) -> Run:
        """The run as the journal has it, as soon as the database can be read again."""
        while True:
            try:
                return await self._engine.reread(run)
            except DatabaseClosed:
                return run
            except (DBAPIError, DatabaseUnavailable):
                await asyncio.sleep(1.0)

    async def _claim(self, job: Job) -> None:
        """Take over a run that is ready, and execute it to its end."""
        run = await self._resume(job)
        if run is None:
            return
        run_id = run.new.run_id
        self._engine.in_hand.add(run_id)
        try:
            self.abandon([run_id])  # if it is worked on here, then by an attempt that is over
            await self._go_on(run)
        finally:
            self._engine.in_hand.discard(run_id)

    async def _resume(self, job: Job) -> Run | None:
        """The job's run, or where a queue has formed the run of the same project that goes first.

        A job whose run was taken for another's stands for the one that was passed over.
        """
        if not self.slots.waiting(job.scope) and (run := await self._engine.resume(job.id)) is not None:
            return run
        return await self._engine.resume_next(job.scope)

    async def _go_on(self, run: Run) -> None:
        """Execute a run that was just taken over."""
        if run.fence.attempt > 1:
            LOG.info("run resumed", run_id=run.new.run_id, attempt=run.fence.attempt, kind=run.new.kind)
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
        if self._group is not None:  # else it stops: what is claimed is made ready again
            await asyncio.wait([self._start(run, self._execute(run, workflow, self._keep_reply(run)))])

    def _keep_reply(self, run: Run) -> Callable[[WebhookReply], None] | None:
        """What to do with the answer of a webhook's run: its caller waits in another process, or calls again."""
        if run.new.mode not in ANSWERED_MODES or self._group is None:
            return None
        group = self._group

        def on_reply(reply: WebhookReply) -> None:
            group.create_task(self._write_reply(run, reply), name=f"reply {run.new.run_id}")

        return on_reply

    async def _write_reply(self, run: Run, reply: WebhookReply) -> None:
        told, now = reply_to_json(reply) or {}, self._engine.clock()
        # Otherwise it is written with the end of the run.
        with suppress(StaleAttempt, DatabaseUnavailable, DBAPIError):
            await self._engine.database.write(
                "journal.keep_reply", lambda db: journal.keep_reply(db, run.new.scope, run.fence, told, now=now)
            )


def _internal(error: Exception) -> TapbotError:
    return TapbotError(f"internal: {type(error).__name__}", code="internal")
