"""One workflow being executed inside a run: resolves parameters, calls nodes, and obeys their error settings."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from tapbot.errors import InvalidInput, LimitExceeded, TapbotError, UpstreamRejected, UpstreamUnavailable
from tapbot.sandbox.types import RunView
from tapbot.storage.types import JsonObject
from tapbot.workflow.asking import Question
from tapbot.workflow.effects import step_under_way
from tapbot.workflow.expression import Scene, evaluate_values, read_values
from tapbot.workflow.history import write_history
from tapbot.workflow.items import copy_items, fill_pairs, item_from_json, item_to_json
from tapbot.workflow.memory import Memory
from tapbot.workflow.node import Asking, NodeCall, NodeParams, StoredStep, Wait, WebhookReply
from tapbot.workflow.parking import Waiting, load_plan
from tapbot.workflow.plan import NodeRun, Plan, Task
from tapbot.workflow.refill import make_call, refilling
from tapbot.workflow.release import PreparedNode, PreparedWorkflow
from tapbot.workflow.remembering import recall
from tapbot.workflow.resuming import resume_event
from tapbot.workflow.run import InDoubt, Parked, Run, StepFailed
from tapbot.workflow.seen import view_of
from tapbot.workflow.shaping import (
    CAUGHT_BY_NODES,
    Resolved,
    as_list,
    failed_run,
    finish_items,
    pass_through,
    prepare_inputs,
    settle,
    uncut_items,
)
from tapbot.workflow.step import NodeStep, Surroundings
from tapbot.workflow.straight import run_straight
from tapbot.workflow.types import Item, Node, OnError, Outputs, Pair, StepKind

LONGEST_STAY_SECONDS = 65.0


class NodeFailed(TapbotError):
    """A node failed, and its settings say that the run stops."""

    default_code = "run.node_failed"


@dataclass(slots=True)
class Execution:
    """Runs a plan to its end.

    Args:
        workflow: The graph with its node types.
        run: Journal of the run that this belongs to.
        around: What nodes may use.
        path: Where this execution stands in its run: empty for the run's own workflow.
        depth: How many workflows called each other to get here.
        mode: `"manual"` obeys pinned data; others do not.
    """

    workflow: PreparedWorkflow
    run: Run
    around: Surroundings
    mode: str
    path: str = ""
    depth: int = 0
    reply: WebhookReply | None = None
    reply_expected: bool = False
    on_reply: Callable[[WebhookReply], None] | None = None
    waiting: Waiting = Waiting.PARK
    printed: list[str] = field(default_factory=list)
    """What the code of the node run that is under way printed."""
    plan: Plan = field(init=False)
    now: datetime = field(init=False)
    """The run's clock, in the workflow's zone."""
    _view: RunView | None = None

    def __post_init__(self) -> None:
        """Make the plan."""
        self.plan = Plan(self.workflow.workflow, self.workflow.required_inputs)
        self.now = self.run.new.clock.astimezone(ZoneInfo(self.workflow.zone))

    async def execute(self, trigger: str, items: list[Item]) -> None:
        """Run from a trigger until nothing is left to run.

        Raises:
            NodeFailed: A node's error stops the run. What ran is in `plan`.
            Parked: The run waits; `plan` is where it goes on.
            InDoubt: A step may or may not have taken place.
        """
        with step_under_way(recorded=False):  # a child runs inside a step of its parent
            await self._go_on(trigger, items)

    async def _go_on(self, trigger: str, items: list[Item]) -> None:
        """Execute what is left, or everything."""
        if self.run.state.parked is None or not load_plan(self.plan, self.run.state.parked):
            self.start(trigger, items)
            if self.workflow.uses_static_data and self.mode != "manual":
                await recall(self.run, self.plan, self.workflow.workflow.id, path=self.path)
        while (task := self.plan.next_task()) is not None:
            started_at, began = self.run.clock(), time.perf_counter()
            run = run_straight(self, task)
            try:
                if run is None:
                    await self.run.write_held()
                    run = await self._run_task(task)
            except Parked:
                self.plan.put_back(task)
                raise
            self.note(run, started_at, time.perf_counter() - began)

    def note(self, run: NodeRun, started_at: datetime, seconds: float) -> None:
        """Take in what a node did.

        Raises:
            NodeFailed: Its error stops the run.
        """
        run.started_at, run.duration_ms = started_at, seconds * 1000
        if self.printed:
            run.console, self.printed = tuple(self.printed), []
        self.plan.record(run)
        if run.error is not None and not run.outputs:
            problem = run.problem
            place = (problem.place if problem else None) or run.task.node
            raise NodeFailed(run.error, place=place, hint=problem.hint if problem else None)

    def start(self, trigger: str, items: list[Item]) -> None:
        """Begin at a trigger."""
        if trigger not in self.workflow.nodes:
            raise InvalidInput(
                f"The release has no trigger {trigger!r}, with which the run began.",
                code="workflow.no_trigger",
                place=self.workflow.workflow.name,
            )
        self.plan.start(trigger, items)

    def history(self) -> JsonObject:
        """What the nodes did, also before the run left memory."""
        return write_history(self.plan, self.run.state.history)

    def last_items(self) -> list[Item]:
        """The items of the node that ran last, all outputs."""
        if not self.plan.order:
            return []
        return [item for output in self.plan.runs[self.plan.order[-1]][-1].outputs for item in output]

    def pinned(self, task: Task) -> list[Item] | None:
        """The items that a node gives instead of its own when a person tries the workflow out."""
        return self.workflow.workflow.pin_data.get(task.node) if self.mode == "manual" else None

    async def _run_task(self, task: Task) -> NodeRun:
        prepared = self.workflow.nodes[task.node]
        node = prepared.node
        if node.disabled:
            return NodeRun(task, pass_through(task))
        if (pinned := self.pinned(task)) is not None:
            return NodeRun(task, fill_pairs(task.inputs, [copy_items(pinned)]))
        inputs = prepare_inputs(task, node)
        try:
            outputs = self._stubbed(prepared, task, inputs) or await self._call_node(prepared, task, inputs)
        except CAUGHT_BY_NODES as error:
            return failed_run(task, prepared, error)
        except InDoubt:
            raise
        outputs = finish_items(prepared, task, inputs, outputs)
        if node.always_output_data and not (outputs and outputs[0]):
            pairs = tuple(Pair(index) for index in range(len(inputs[0]) if inputs else 0))
            outputs = [[Item(json={}, paired_item=pairs or None)], *outputs[1:]]
        return NodeRun(task, outputs)

    async def _wait(self, prepared: PreparedNode, task: Task, inputs: Outputs) -> Outputs:
        """Let the run wait; then the items pass on, or what the event brought."""
        call = await self._make_call(prepared, task, inputs)
        wait: Wait | None = prepared.type.run(call, self.run.clock().astimezone(self.now.tzinfo))
        if wait is None:
            return [call.items]
        if wait.asking is not None:
            return await self._ask(wait, wait.asking, task, call)
        if self.waiting is not Waiting.PARK and await self._stayed(wait, task):
            return [call.items]
        key = self.key(task, None)
        event = wait.event if wait.about is None else resume_event(self.run.new.run_id, key)
        waited = await self.run.wait(key, wait.until, event, node=task.node, about=wait.about)
        if not waited.came:
            return [call.items]
        if wait.about is not None:  # another caller waits for an answer now
            self.reply, self.reply_expected = None, True
        brought = waited.payload if isinstance(waited.payload, list) else [waited.payload]
        return [[item_from_json(entry) for entry in brought]]

    async def _ask(self, wait: Wait, asking: Asking, task: Task, call: NodeCall[Any]) -> Outputs:
        """Have somebody asked, and go on with the answer or without one."""
        self._check_may_wait(task)
        type_name = self.workflow.nodes[task.node].type.type
        question = Question(self.run, asking, self.key(task, None), task.node, f"node.{type_name}")
        given = [call.known, [item.json for item in call.items]]
        return await question.settle(
            given, call.items, until=wait.until, step=lambda db, key: self._stored(db, key, task)
        )

    def _check_may_wait(self, task: Task) -> None:
        if self.waiting is Waiting.STAY:
            raise InvalidInput(
                f"A workflow that a bot uses as a tool waits {LONGEST_STAY_SECONDS:g} s at most, and for a time alone.",
                code="workflow.tool_waits",
                place=f"node {task.node!r}",
                hint="Let the tool start another workflow that waits, without waiting for it.",
            )

    async def _stayed(self, wait: Wait, task: Task) -> bool:
        """Wait in memory if it is short."""
        timed = wait.until is not None and not wait.event and wait.about is None
        seconds = (wait.until - self.run.clock()).total_seconds() if wait.until and timed else None
        if seconds is not None and seconds <= LONGEST_STAY_SECONDS:
            await asyncio.sleep(max(0.0, seconds))
            return True
        self._check_may_wait(task)
        return False

    def _stubbed(self, prepared: PreparedNode, task: Task, inputs: Outputs) -> Outputs | None:
        """What a test's stand-in gives; a node that waits needs none there, nor a polling trigger with items."""
        stubs = self.workflow.stubs
        if stubs is None:
            return None
        if task.node in stubs.by_node:
            return stubs.by_node[task.node].give(task.run_index)
        found_already = prepared.type.poll is not None and any(item.json for items in inputs for item in items)
        return inputs[:1] if prepared.type.shape == "wait" or found_already else None

    async def _call_node(self, prepared: PreparedNode, task: Task, inputs: Outputs) -> Outputs:
        if prepared.type.shape == "trigger":
            return await self._call_batch(prepared, task, inputs)
        current = next((items for items in inputs if items), [])
        if not current and prepared.type.shape == "item":
            return [[]]
        if prepared.type.shape == "wait":
            return await self._wait(prepared, task, inputs)
        if prepared.type.shape == "batch":
            return await self._call_batch(prepared, task, inputs)
        return [await self._call_by_item(prepared, task, current)]

    async def _values(self, prepared: PreparedNode, task: Task, items: Sequence[Item]) -> Sequence[Resolved]:
        found = read_values(prepared.compiled, items)
        if found is not None:
            return found
        return await evaluate_values(prepared.compiled, prepared.node, task, len(items), self.scene(task))

    def scene(self, task: Task) -> Scene:
        """What the expressions and the code of a node run are evaluated in."""
        return Scene(
            self.plan.runs,
            self.workflow.nodes,
            self.plan.contexts,
            self.around.expressions,
            self.workflow.scope_name,
            self.view(task),
            self.around.expression_timeout_seconds,
        )

    async def _make_call(self, prepared: PreparedNode, task: Task, inputs: Outputs) -> NodeCall[Any]:
        """What the function of a batch node gets."""
        current = next((items for items in inputs if items), [])
        resolved = await self._values(prepared, task, current)
        call = make_call(prepared, inputs, resolved, NodeStep(prepared.node, self, task))
        return replace(call, uncut=uncut_items(task)) if prepared.node.execute_once else call

    async def _call_batch(self, prepared: PreparedNode, task: Task, inputs: Outputs) -> Outputs:
        call = await self._make_call(prepared, task, inputs)
        if prepared.type.kind_for(call.params) is StepKind.PURE:
            outputs: Outputs = await settle(prepared.type.run(call))
            return outputs

        async def make() -> Any:
            made: Outputs = await self._retrying(prepared.node, lambda: settle(prepared.type.run(call)))
            return [[item_to_json(item) for item in output] for output in made]

        def store(db: Any) -> Any:
            made: Outputs = prepared.type.run(replace(call, stored=self._stored(db, key, task)))
            return [[item_to_json(item) for item in output] for output in made]

        given = [call.known, [[item.json for item in items] for items in inputs]]
        kind, key = prepared.type.kind_for(call.params), self.key(task, None)
        if kind is StepKind.STORED:
            site = f"node.{prepared.type.type}"
            recorded = await self.run.stored_step(key, given, store, node=task.node, site=site)
        else:
            recorded = await self._reach_out(key, kind, given, make, node=task.node)
        return [[item_from_json(item) for item in output] for output in recorded]

    async def _call_by_item(self, prepared: PreparedNode, task: Task, items: Sequence[Item]) -> list[Item]:
        resolved = await self._values(prepared, task, items)
        step, passing = NodeStep(prepared.node, self, task), refilling(prepared, resolved)
        pure, function = prepared.type.kind is StepKind.PURE, prepared.type.run
        given: list[Item] = []
        for index, item in enumerate(items):
            step.item = index
            try:
                if pure:
                    made = as_list(await settle(function(passing(index), item, step)))
                else:
                    made = await self._call_one(prepared, task, step, passing(index), item)
            except CAUGHT_BY_NODES as error:
                if prepared.node.on_error is OnError.STOP:
                    raise
                made = [Item(json={"error": error.message}, error=error.message)]
            for entry in made:
                if entry.paired_item is None:
                    entry.paired_item = (Pair(index),)
            given.extend(made)
        return given

    async def _call_one(
        self, prepared: PreparedNode, task: Task, step: NodeStep, model: NodeParams, item: Item
    ) -> list[Item]:
        """Call the node's function for one item, through the journal unless it is pure."""
        kind = prepared.type.kind_for(model)
        function = prepared.type.run
        if kind is StepKind.PURE:
            return as_list(await settle(function(model, item, step)))
        key = step.item_key
        given = [model.model_dump(mode="json", by_alias=True), item.json]
        if kind is StepKind.STORED:
            recorded = await self.run.stored_step(
                key,
                given,
                lambda db: [item_to_json(made) for made in as_list(function(model, item, self._stored(db, key, task)))],
                node=task.node,
                site=f"node.{prepared.type.type}",
            )
        else:

            async def make() -> Any:
                made = await self._retrying(prepared.node, lambda: settle(function(model, item, step)))
                return [item_to_json(entry) for entry in as_list(made)]

            recorded = await self._reach_out(key, kind, given, make, node=task.node)
        return [item_from_json(entry) for entry in recorded]

    async def _reach_out(
        self, key: str, kind: StepKind, given: object, call: Callable[[], Awaitable[Any]], *, node: str
    ) -> Any:
        """A step that may reach the world, which a test of the workflow refuses."""
        if self.workflow.stubs is not None:
            raise self.workflow.stubs.refuse(node)
        return await self.run.step(key, kind, given, call, node=node, hold=True)

    async def _retrying(self, node: Node, call: Callable[[], Awaitable[Any]]) -> Any:
        """Call, and again after a failure as often as the node's settings say."""
        tries = node.max_tries if node.retry_on_fail else 1
        for attempt in range(1, tries + 1):
            try:
                return await call()
            except (UpstreamUnavailable, UpstreamRejected, LimitExceeded, StepFailed):
                if attempt == tries:
                    raise
                await asyncio.sleep((node.wait_between_tries_ms or 1000) / 1000)
        return None

    def _stored(self, db: Any, key: str, task: Task) -> StoredStep:
        return StoredStep(
            connection=db,
            scope=self.run.new.scope,
            run_id=self.run.new.run_id,
            step_key=key,
            now=self.run.new.clock,
            node=self.workflow.nodes[task.node].node,
            memory=Memory(db, self.run.new.scope, self.workflow.workflow.id, task.node, self.run.new.clock),
            conversation_id=self.run.new.conversation_id,
            public_url=self.around.public_url,
        )

    def key(self, task: Task, item: int | None) -> str:
        """Names a node's run, or an item of it: the same in every attempt."""
        where = f"{self.path}/{task.node}" if self.path else task.node
        return f"{where}/{task.run_index}" + ("" if item is None else f"/{item}")

    def view(self, task: Task) -> RunView:
        """What expressions and code see of the run."""
        if self._view is None:
            self._view = view_of(self.run.new, self.workflow, self.around, mode=self.mode, now=self.now)
        if task.run_index == 0:
            return self._view
        return msgspec.structs.replace(self._view, run_index=task.run_index)

    def answer(self, reply: WebhookReply) -> None:
        """Keep the first answer to the webhook that started the run."""
        if self.reply is None:
            self.reply = reply
            if self.on_reply is not None:
                self.on_reply(reply)
