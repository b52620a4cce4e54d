"""The engine: begins runs, resumes them, and runs one workflow for another."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from sqlalchemy import Connection

from tapbot.errors import InvalidInput, LimitExceeded, TapbotError
from tapbot.storage.database import Database, Waiter
from tapbot.storage.types import JsonObject, Scope
from tapbot.telemetry import logger
from tapbot.workflow import journal, store
from tapbot.workflow.children import Releases, new_child
from tapbot.workflow.effects import only_in_steps, require_step
from tapbot.workflow.ending import error_run, finishing
from tapbot.workflow.execution import Execution
from tapbot.workflow.fast import ANSWERED_MODES, attempt_straight, failed_inside, finished_row, is_fast
from tapbot.workflow.holding import Holding
from tapbot.workflow.items import item_from_json, item_to_json
from tapbot.workflow.journal import Fence, NewRun, ParkedRun
from tapbot.workflow.journal.runs import size_of
from tapbot.workflow.node import WebhookReply
from tapbot.workflow.outcome import Outcome, items_of, reply_from_json, reply_to_json
from tapbot.workflow.parking import Waiting, check_parked_size, save_plan
from tapbot.workflow.release import PreparedNode, PreparedWorkflow
from tapbot.workflow.run import Clock, InDoubt, Parked, Run, error_to_json
from tapbot.workflow.step import Surroundings
from tapbot.workflow.types import Item

__all__ = ["ANSWERED_MODES", "Engine", "Outcome", "Releases", "Started", "is_fast"]

LOG = logger("workflow")
DEEPEST = 10


@dataclass(frozen=True, slots=True)
class Started:
    """What became of a run that was to start.

    Args:
        run: The run, to be executed here; `None` when another takes its place or it waits for its turn.
        new: Whether it was kept: not when an earlier run has its id or its deduplication key.
    """

    run: Run | None
    new: bool


class Engine:
    """Runs workflows over a journal.

    Args:
        holder: Name of this process in the journal.
        surroundings: What nodes may use; gets the engine's own child runner.
        new_id: Makes ids of runs.
    """

    def __init__(
        self,
        database: Database,
        releases: Releases,
        surroundings: Callable[[Any], Surroundings],
        *,
        clock: Clock,
        holder: str,
        new_id: Callable[[], str],
    ) -> None:
        self.database = database
        self.releases = releases
        self.clock = clock
        self.holder = holder
        self.new_id = new_id
        self.holding = Holding()
        self.in_hand: set[str] = set()
        """Runs that are being executed here."""
        around = surroundings(self._run_child)
        self._around = replace(around, http=only_in_steps(around.http))

    def new_run(
        self,
        scope: Scope,
        release: str,
        workflow: PreparedWorkflow,
        trigger: PreparedNode,
        items: Sequence[Item],
        *,
        mode: str,
    ) -> NewRun:
        """A run of a workflow, not yet kept."""
        run_id, now = self.new_id(), self.clock()
        return NewRun(
            run_id=run_id,
            scope=scope,
            release=release,
            kind="workflow",
            workflow_id=workflow.workflow.id,
            name=workflow.workflow.name,
            trigger_node=trigger.node.name,
            mode=mode,
            input=[item_to_json(item) for item in items],
            clock=now,
            seed=_chance_in(self.new_id()),  # not of the run's own id: the secret in its address follows from the seed
            created_at=now,
            priority=workflow.rules.priority,
            dedup_key=workflow.rules.dedup_key(items),
        )

    async def begin(self, new: NewRun) -> Run:
        """Keep a run, so that it survives this process. It is accepted when this returns."""
        await self.database.write("journal.begin_run", journal.run_begun(new, holder=self.holder))
        return self._first_attempt(new)

    async def start(self, new: NewRun, workflow: PreparedWorkflow, *, here: bool = True) -> Started:
        """Keep a run by its workflow's rules: it begins here and now, waits for its turn, or is a repetition.

        Args:
            here: Whether this process executes it; else whoever has time does.
        """
        site = "journal.start_run" if here else "journal.accept_run"
        return await self.database.write(site, self._keeping(new, workflow, here=here))

    def keep(self, db: Connection, new: NewRun, workflow: PreparedWorkflow, *, here: bool = True) -> Started:
        """`start` in a transaction of the caller's."""
        return self._keeping(new, workflow, here=here)(db)

    def _keeping(self, new: NewRun, workflow: PreparedWorkflow, *, here: bool) -> Callable[[Connection], Started]:
        groups = workflow.rules.groups(workflow.workflow.id, [item_from_json(item) for item in new.input])
        if groups or not here:
            return lambda db: Started(None, new=journal.accept_run(db, new, groups=groups))
        begin = journal.run_begun(new, holder=self.holder)
        return begin.giving(lambda begun: Started(self._first_attempt(new) if begun else None, new=begun))

    def _first_attempt(self, new: NewRun) -> Run:
        return Run(new, Fence(new.run_id, 1), self.database, {}, self.clock, holding=self.holding)

    async def resume(self, run_id: str) -> Run | None:
        """Take over a run that nobody works on; `None` when there is nothing to do."""

        def claim(db: Connection) -> Run | None:
            return self._claimed(db, journal.claim_run(db, run_id, holder=self.holder, now=self.clock()))

        return await self.database.write("journal.claim_run", claim)

    async def resume_next(self, scope: Scope) -> Run | None:
        """Take over the run of a project that goes first of all that are ready; `None` when none is."""

        def claim(db: Connection) -> Run | None:
            return self._claimed(db, journal.claim_next(db, scope, holder=self.holder, now=self.clock()))

        return await self.database.write("journal.claim_next", claim)

    def _claimed(self, db: Connection, claimed: tuple[NewRun, Fence] | None) -> Run | None:
        """A run that was just taken over, with what the journal has of it."""
        if claimed is None:
            return None
        new, fence = claimed
        recorded, state = journal.load_steps(db, new.run_id), journal.load_state(db, new.run_id)
        return Run(new, fence, self.database, recorded, self.clock, state, self.holding)

    async def abandoned_runs(self, scopes: Collection[Scope]) -> list[str]:
        """Runs of some projects that a process left behind, oldest first, now ready for this one."""
        return await self.database.write(
            "journal.free_abandoned", lambda db: journal.free_abandoned_runs(db, scopes, holder=self.holder)
        )

    async def execute(
        self,
        run: Run,
        workflow: PreparedWorkflow,
        *,
        on_reply: Callable[[WebhookReply], None] | None = None,
        waiting: Waiting = Waiting.PARK,
    ) -> Outcome:
        """Execute a kept run to its end, or until it waits, and record that."""
        self.in_hand.add(run.new.run_id)
        try:
            try:
                outcome = await self._attempt(run, workflow, on_reply, waiting=waiting)
            except Parked as parked:
                outcome = await self._park(run, parked)
                if outcome.status == "waiting":
                    return outcome
            after = await error_run(self, run.new, workflow, outcome, public_url=self._around.public_url)
            await self._finish(run, outcome, site="journal.finish_run", after=after)
        finally:
            self.in_hand.discard(run.new.run_id)
        return outcome

    async def _park(self, run: Run, parked: Parked) -> Outcome:
        """Keep a run that waits as a row, with its children; one that is too large fails."""
        *children, root = parked.runs
        try:
            check_parked_size(sum(size_of(one.parked) for one in parked.runs), run.new.name)
        except LimitExceeded as error:
            return Outcome(run.new.run_id, "failed", [], error_to_json(error), None, None)

        def park(db: Connection) -> None:
            if parked.step is not None:
                journal.finish_step(db, run.fence, parked.step)
            journal.park_run(
                db,
                run.fence,
                run.new.scope,
                root,
                children,
                wake_at=parked.until,
                event_key=parked.event,
                now=self.clock(),
            )

        await self.database.write("journal.park_run", park)
        return Outcome(run.new.run_id, "waiting", [], None, None, None, wake_at=parked.until)

    async def execute_in_memory(self, new: NewRun, workflow: PreparedWorkflow) -> Outcome:
        """The fast path: a workflow without effects runs first and is kept after, as one finished row.

        The outcome counts only when this has returned: the row is committed by then.
        """
        outcome = await self._attempt_fast(self._first_attempt(new), workflow)
        kept = finished_row(new, outcome, finished_at=self.clock())
        await self.database.write("journal.keep_finished_run", kept)
        return outcome

    def execute_now(self, new: NewRun, workflow: PreparedWorkflow, kept: Callable[[Outcome], Waiter]) -> bool:
        """The fast path for a caller who has no task that could wait.

        Args:
            kept: Gives who hears that the row is committed; only then does the outcome count.

        Returns:
            `False` when a node has to wait for something: nothing has happened then.
        """
        outcome = attempt_straight(self._first_attempt(new), workflow, self._around)
        if outcome is None:
            return False
        row = finished_row(new, outcome, finished_at=self.clock())
        self.database.hand_in("journal.keep_finished_run", row, kept(outcome))
        return True

    async def _attempt_fast(self, run: Run, workflow: PreparedWorkflow) -> Outcome:
        """Execute in memory; also a bug of ours, or a request that kills its sandbox, leaves a row."""
        try:
            return await self._attempt(run, workflow, None)
        except Exception as error:  # noqa: BLE001  # the boundary of a run: it must leave a row
            return failed_inside(run.new, error)

    async def reread(self, run: Run) -> Run:
        """The same attempt with what the journal has by now, to go on after a write failed."""
        key = run.new.run_id
        recorded, state = await self.database.read(
            lambda db: (journal.load_steps(db, key), journal.load_state(db, key))
        )
        return Run(run.new, run.fence, self.database, recorded, self.clock, state, self.holding)

    async def give_up(self, run: Run, error: TapbotError) -> Outcome:
        """Record that a run cannot be executed at all."""
        outcome = Outcome(run.new.run_id, "failed", [], error_to_json(error), None, None)
        await self._finish(run, outcome, site="journal.give_up")
        return outcome

    async def run_tool(self, parent: Run, key: str, workflow_id: str, arguments: JsonObject) -> list[JsonObject]:
        """Run a workflow as a tool of a bot: a child run from its sub-workflow trigger.

        Raises:
            NotFound: There is no such workflow.
            StepFailed: The workflow failed.
        """
        items = await self._child(
            parent, key, workflow_id, [Item(json=arguments)], kind="tool", depth=1, waiting=Waiting.STAY
        )
        return [item.json for item in items]

    async def _attempt(
        self,
        run: Run,
        workflow: PreparedWorkflow,
        on_reply: Callable[[WebhookReply], None] | None,
        *,
        depth: int = 0,
        waiting: Waiting = Waiting.PARK,
    ) -> Outcome:
        """Execute, and turn every expected error into an outcome.

        Raises:
            Parked: The run waits.
        """
        execution = Execution(
            workflow,
            run,
            self._around,
            run.new.mode,
            reply_expected=run.new.mode in ANSWERED_MODES,
            on_reply=on_reply,
            reply=reply_from_json(run.state.reply),
            depth=depth,
            waiting=waiting,
        )
        status, error = "succeeded", None
        try:
            await execution.execute(run.new.trigger_node, [item_from_json(item) for item in run.new.input])
        except Parked as parked:
            plan = save_plan(execution.plan, workflow)
            parked.runs.append(ParkedRun(run.new.run_id, plan, execution.history(), reply_to_json(execution.reply)))
            raise
        except InDoubt as doubt:
            status, error = "in_doubt", error_to_json(doubt)
        except journal.StaleAttempt:
            raise
        except TapbotError as failure:
            status, error = "failed", error_to_json(failure)
        items = execution.last_items() if status == "succeeded" else []
        return Outcome(run.new.run_id, status, items, error, execution.reply, execution)

    async def _finish(self, run: Run, outcome: Outcome, *, site: str, after: NewRun | None = None) -> None:
        """Record how a run ended; the run that follows from that is kept in the same transaction."""
        ended = journal.run_finished(
            run.new.run_id,
            run.fence,
            status=outcome.status,
            output=[item_to_json(item) for item in outcome.items],
            history=outcome.execution.history() if outcome.execution else run.state.history,
            error=outcome.error,
            now=self.clock(),
            reply=reply_to_json(outcome.reply),
        )
        ended = run.with_held(ended)
        await self.database.write(site, finishing(ended, after, outcome, run.new, now=self.clock()))

    async def _run_child(
        self, parent: Execution, key: str, workflow_id: str, items: Sequence[Item], wait: bool
    ) -> list[Item]:
        """The `run_workflow` of nodes."""
        require_step("Another workflow")
        if parent.depth >= DEEPEST:
            raise InvalidInput(
                f"Workflows call each other more than {DEEPEST} deep.", code="run.too_deep", place=workflow_id
            )
        if not wait:
            await self._start_beside(parent.run, key, workflow_id, items)
            return list(items)
        depth = parent.depth + 1
        return await self._child(
            parent.run, key, workflow_id, items, kind="workflow", depth=depth, waiting=parent.waiting
        )

    async def _start_beside(self, parent: Run, key: str, workflow_id: str, items: Sequence[Item]) -> None:
        """Accept a run of its own that nobody here waits for: once, however often the parent comes this way."""
        _workflow, new = await new_child(self, parent, key, workflow_id, items, kind="workflow")
        beside = msgspec.structs.replace(new, parent_run_id=None, parent_step_key=f"{parent.new.run_id}/{key}")

        def accept(db: Connection) -> None:
            journal.check_fence(db, parent.fence)
            journal.accept_run(db, beside)

        await self.database.write("journal.accept_beside", accept)

    async def _child(
        self,
        parent: Run,
        key: str,
        workflow_id: str,
        items: Sequence[Item],
        *,
        kind: str,
        depth: int,
        waiting: Waiting,
    ) -> list[Item]:
        """Run a child and return its last items; the journal of the child makes a repetition harmless."""
        workflow, new = await new_child(self, parent, key, workflow_id, items, kind=kind)

        def begin(db: Connection) -> tuple[dict[str, Any] | None, Run]:
            journal.begin_run(db, new, holder=self.holder)
            recorded, state = journal.load_steps(db, new.run_id), journal.load_state(db, new.run_id)
            run = Run(new, parent.fence, self.database, recorded, self.clock, state, self.holding)
            return store.get_run(db, new.scope, new.run_id), run

        row, run = await self.database.write("journal.begin_child", begin)
        if row is not None and row["status"] in journal.FINAL:
            return items_of(row["status"], row["output"], row["error"], new.name)
        outcome = await self._attempt(run, workflow, None, depth=depth, waiting=waiting)
        await self._finish(run, outcome, site="journal.finish_child")
        return items_of(outcome.status, [item_to_json(item) for item in outcome.items], outcome.error, new.name)


def _chance_in(unused_id: str) -> int:
    """The 53 bits at the end of an id that names nothing: chance, or what a test gives instead."""
    return int(unused_id.replace("-", ""), 16) % 2**53
