"""The engine: begins runs, resumes them, and runs one workflow for another."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from sqlalchemy import Connection

from tapbot.errors import InvalidInput, TapbotError
from tapbot.storage.database import Database
from tapbot.storage.types import JsonObject, Scope
from tapbot.workflow import journal, store
from tapbot.workflow.execution import Execution
from tapbot.workflow.history import write_history
from tapbot.workflow.items import item_from_json, item_to_json
from tapbot.workflow.journal import Fence, NewRun
from tapbot.workflow.node import WebhookReply
from tapbot.workflow.release import PreparedNode, PreparedWorkflow
from tapbot.workflow.run import Clock, InDoubt, Run, StepFailed, error_to_json
from tapbot.workflow.step import Surroundings
from tapbot.workflow.types import Item

CHILD_NAMES = uuid.UUID("6f9d4c1e-8c1b-4d0a-9a51-7f3f5a1c2b10")
DEEPEST = 10


class Releases(Protocol):
    """Gives the workflows of any release that was ever served here."""

    async def find(self, scope: Scope, release: str, workflow_id: str) -> PreparedWorkflow:
        """The workflow by its id or name.

        Raises:
            NotFound: The release has no such workflow, or it cannot be loaded.
        """
        ...


@dataclass(slots=True)
class Outcome:
    """How a run ended.

    Args:
        items: What the last node gave.
        reply: What the webhook's caller gets, if a node said so.
    """

    run_id: str
    status: str
    items: list[Item]
    error: JsonObject | None
    reply: WebhookReply | None
    execution: Execution | None


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
        self._around = surroundings(self._run_child)

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
            seed=uuid.UUID(run_id).int % 2**53,
            created_at=now,
        )

    async def begin(self, new: NewRun) -> Run:
        """Keep a run, so that it survives this process. It is accepted when this returns."""
        await self.database.write("journal.begin_run", lambda db: journal.begin_run(db, new, holder=self.holder))
        return self._first_attempt(new)

    async def begin_once(self, new: NewRun) -> Run | None:
        """Like `begin`, for a run whose id somebody may have used before: then `None`, and nothing is begun."""
        begun = await self.database.write(
            "journal.begin_once", lambda db: journal.begin_run(db, new, holder=self.holder)
        )
        return self._first_attempt(new) if begun else None

    def _first_attempt(self, new: NewRun) -> Run:
        return Run(new, Fence(new.run_id, 1), self.database, {}, self.clock)

    async def resume(self, run_id: str) -> Run | None:
        """Take over a run that nobody works on; `None` when there is nothing to do."""

        def claim(db: Connection) -> Run | None:
            claimed = journal.claim_run(db, run_id, holder=self.holder, now=self.clock())
            if claimed is None:
                return None
            new, fence = claimed
            return Run(new, fence, self.database, journal.load_steps(db, run_id), self.clock)

        return await self.database.write("journal.claim_run", claim)

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
    ) -> Outcome:
        """Execute a kept run to its end and record that."""
        outcome = await self._attempt(run, workflow, on_reply)
        await self._finish(run, outcome, site="journal.finish_run")
        return outcome

    async def execute_in_memory(self, new: NewRun, workflow: PreparedWorkflow) -> Outcome:
        """The fast path: a workflow without effects runs first and is kept after, as one finished row.

        The outcome counts only when this has returned: the row is committed by then.
        """
        run = Run(new, Fence(new.run_id, 1), self.database, {}, self.clock)
        outcome = await self._attempt(run, workflow, None)
        history = write_history(outcome.execution.plan) if outcome.execution else {}
        await self.database.write(
            "journal.keep_finished_run",
            lambda db: journal.keep_finished_run(
                db,
                new,
                status=outcome.status,
                output=[item_to_json(item) for item in outcome.items],
                history=history,
                error=outcome.error,
                finished_at=self.clock(),
            ),
        )
        return outcome

    async def reread(self, run: Run) -> Run:
        """The same attempt with what the journal has by now, to go on after a write failed."""
        recorded = await self.database.read(lambda db: journal.load_steps(db, run.new.run_id))
        return Run(run.new, run.fence, self.database, recorded, self.clock)

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
        items = await self._child(parent, key, workflow_id, [Item(json=arguments)], kind="tool", depth=1)
        return [item.json for item in items]

    async def _attempt(
        self, run: Run, workflow: PreparedWorkflow, on_reply: Callable[[WebhookReply], None] | None, depth: int = 0
    ) -> Outcome:
        """Execute, and turn every expected error into an outcome."""
        execution = Execution(
            workflow,
            run,
            self._around,
            run.new.mode,
            reply_expected=run.new.mode == "webhook",
            on_reply=on_reply,
            depth=depth,
        )
        status, error = "succeeded", None
        try:
            await execution.execute(run.new.trigger_node, [item_from_json(item) for item in run.new.input])
        except InDoubt as doubt:
            status, error = "in_doubt", error_to_json(doubt)
        except journal.StaleAttempt:
            raise
        except TapbotError as failure:
            status, error = "failed", error_to_json(failure)
        items = execution.last_items() if status == "succeeded" else []
        return Outcome(run.new.run_id, status, items, error, execution.reply, execution)

    async def _finish(self, run: Run, outcome: Outcome, *, site: str) -> None:
        history = write_history(outcome.execution.plan) if outcome.execution else None
        await self.database.write(
            site,
            lambda db: journal.finish_run(
                db,
                run.new.run_id,
                run.fence,
                status=outcome.status,
                output=[item_to_json(item) for item in outcome.items],
                history=history,
                error=outcome.error,
                now=self.clock(),
                reply=_reply_to_json(outcome.reply),
            ),
        )

    async def _run_child(
        self, parent: Execution, key: str, workflow_id: str, items: Sequence[Item], wait: bool
    ) -> list[Item]:
        """The `run_workflow` of nodes."""
        if parent.depth >= DEEPEST:
            raise InvalidInput(
                f"Workflows call each other more than {DEEPEST} deep.", code="run.too_deep", place=workflow_id
            )
        made = await self._child(parent.run, key, workflow_id, items, kind="workflow", depth=parent.depth + 1)
        return made if wait else list(items)

    async def _child(
        self, parent: Run, key: str, workflow_id: str, items: Sequence[Item], *, kind: str, depth: int
    ) -> list[Item]:
        """Run a child and return its last items; the journal of the child makes a repetition harmless."""
        workflow = await self.releases.find(parent.new.scope, parent.new.release, workflow_id)
        triggers = workflow.triggers("workflow") or workflow.triggers("manual")
        if not triggers:
            raise InvalidInput(
                "The workflow has no trigger for other workflows.",
                code="workflow.no_trigger",
                place=workflow.workflow.name,
                hint='Add a node "When Executed by Another Workflow".',
            )
        new = replace(
            self.new_run(parent.new.scope, parent.new.release, workflow, triggers[0], items, mode="integrated"),
            run_id=str(uuid.uuid5(CHILD_NAMES, f"{parent.new.run_id}/{key}")),
            kind=kind,
            clock=parent.new.clock,
            seed=parent.new.seed,
            parent_run_id=parent.new.run_id,
            parent_step_key=key,
            conversation_id=parent.new.conversation_id,
        )
        return await self._run_or_read(parent, new, workflow, depth)

    async def _run_or_read(self, parent: Run, new: NewRun, workflow: PreparedWorkflow, depth: int) -> list[Item]:
        """Begin the child, or read how it ended, if an earlier attempt came that far."""

        def begin(db: Connection) -> tuple[dict[str, Any] | None, Any]:
            journal.begin_run(db, new, holder=self.holder)
            return store.get_run(db, new.scope, new.run_id), journal.load_steps(db, new.run_id)

        row, recorded = await self.database.write("journal.begin_child", begin)
        if row is not None and row["status"] in journal.FINAL:
            return _items_of(row["status"], row["output"], row["error"], new.name)
        run = Run(new, parent.fence, self.database, recorded, self.clock)
        outcome = await self._attempt(run, workflow, None, depth)
        await self._finish(run, outcome, site="journal.finish_child")
        return _items_of(outcome.status, [item_to_json(item) for item in outcome.items], outcome.error, new.name)


def _items_of(status: str, output: Any, error: JsonObject | None, name: str) -> list[Item]:
    """A child's items, or its failure as the caller's."""
    if status == "succeeded":
        return [item_from_json(item) for item in output or []]
    told = error or {}
    message = str(told.get("message") or f"The workflow ended {status}.")
    if status == "in_doubt":
        raise InDoubt(message, place=name)
    raise StepFailed(message, code=str(told.get("code") or "run.step_failed"), place=name)


def _reply_to_json(reply: WebhookReply | None) -> JsonObject | None:
    if reply is None:
        return None
    body = base64.b64encode(reply.body).decode()
    return {"status": reply.status, "headers": dict(reply.headers), "body": body}


def is_fast(workflow: PreparedWorkflow) -> bool:
    """Whether a webhook run of this workflow may be done in memory and kept as one finished row (DESIGN.md, 5).

    Not with an effect, an error workflow, or a sub-workflow: those keep the accepted row first.
    """
    return not workflow.has_effect and not workflow.workflow.settings.get("errorWorkflow")
