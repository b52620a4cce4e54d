"""One workflow being executed inside a run: resolves parameters, calls nodes, and obeys their error settings."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import msgspec
from pydantic import ValidationError

from tapbot.errors import InvalidInput, LimitExceeded, TapbotError, UpstreamRejected, UpstreamUnavailable, UserError
from tapbot.sandbox.types import RunView
from tapbot.storage.types import JsonObject
from tapbot.workflow.expression import Scene, evaluate_parameters
from tapbot.workflow.history import check_items
from tapbot.workflow.items import copy_items, fill_pairs, item_from_json, item_to_json
from tapbot.workflow.node import NodeCall, NodeParams, StoredStep, WebhookReply
from tapbot.workflow.plan import NodeRun, Plan, Task
from tapbot.workflow.release import PreparedNode, PreparedWorkflow
from tapbot.workflow.run import InDoubt, Run, StepFailed
from tapbot.workflow.step import NodeStep, Surroundings
from tapbot.workflow.types import Item, Node, OnError, Outputs, Pair, StepKind

Resolved: TypeAlias = "JsonObject | InvalidInput"
"""Parameters of an item, or why they could not be evaluated."""
CAUGHT_BY_NODES = (UserError, UpstreamUnavailable, UpstreamRejected, LimitExceeded, StepFailed)
"""Errors that `onError` speaks of; a failed sub-workflow and a failure told again from the journal are among them."""
MOST_ITEMS = 200_000


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
    plan: Plan = field(init=False)
    now: datetime = field(init=False)
    """The run's clock, in the workflow's zone."""
    _view: RunView = field(init=False)

    def __post_init__(self) -> None:
        """Make the plan."""
        self.plan = Plan(self.workflow.workflow, self.workflow.required_inputs)
        self.now = self.run.new.clock.astimezone(ZoneInfo(self.workflow.zone))
        self._view = self._make_view()

    async def execute(self, trigger: str, items: list[Item]) -> None:
        """Run from a trigger until nothing is left to run.

        Raises:
            NodeFailed: A node's error stops the run. What ran is in `plan`.
            InDoubt: A step may or may not have taken place.
        """
        self.plan.start(trigger, items)
        while (task := self.plan.next_task()) is not None:
            began = time.perf_counter()
            run = await self._run_task(task)
            run.started_at = self.run.clock().isoformat()
            run.duration_ms = (time.perf_counter() - began) * 1000
            self.plan.record(run)
            if run.error is not None and not run.outputs:
                raise NodeFailed(run.error, place=task.node)

    def last_items(self) -> list[Item]:
        """The items of the node that ran last, all outputs."""
        if not self.plan.order:
            return []
        return [item for output in self.plan.runs[self.plan.order[-1]][-1].outputs for item in output]

    async def _run_task(self, task: Task) -> NodeRun:
        prepared = self.workflow.nodes[task.node]
        node = prepared.node
        pinned = self.workflow.workflow.pin_data.get(node.name)
        if pinned is not None and self.mode == "manual" and not node.disabled:
            return NodeRun(task, [copy_items(pinned)])
        if node.disabled:
            return NodeRun(task, self._pass_through(task))
        inputs = self._prepare_inputs(task, node)
        try:
            outputs = await self._call_node(prepared, task, inputs)
        except CAUGHT_BY_NODES as error:
            return self._failed(task, prepared, error)
        except InDoubt:
            raise
        outputs = fill_pairs(inputs, outputs)
        check_items(sum(map(len, outputs)), MOST_ITEMS, node.name)
        if node.on_error is OnError.CONTINUE_ERROR:
            outputs = split_errors(prepared, outputs, inputs)
        if node.always_output_data and not (outputs and outputs[0]):
            pairs = tuple(Pair(index) for index in range(len(inputs[0]) if inputs else 0))
            outputs = [[Item(json={}, paired_item=pairs or None)], *outputs[1:]]
        return NodeRun(task, outputs)

    def _failed(self, task: Task, prepared: PreparedNode, error: TapbotError) -> NodeRun:
        """What a failed node leaves behind, by its `onError`."""
        on_error = prepared.node.on_error
        if on_error is OnError.STOP:
            return NodeRun(task, [], error=str(error) if error.place else error.message)
        first = copy_items(task.inputs[0]) if task.inputs else []
        for index, item in enumerate(first):
            item.paired_item = (Pair(index),)
        if on_error is OnError.CONTINUE:
            return NodeRun(task, [first], error=error.message)
        names = prepared.type.output_names(prepared.parameters)
        failed = [Item(json={**item.json, "error": error.message}, paired_item=item.paired_item) for item in first]
        return NodeRun(task, [*[[] for _ in names], failed], error=error.message)

    def _pass_through(self, task: Task) -> Outputs:
        """A disabled node gives what came into its first input."""
        items = copy_items(task.inputs[0]) if task.inputs else []
        for index, item in enumerate(items):
            item.paired_item = (Pair(index),)
        return [items]

    def _prepare_inputs(self, task: Task, node: Node) -> Outputs:
        """Fresh items, each paired to its own place in this node's inputs."""
        inputs = [copy_items(items) for items in task.inputs]
        if node.execute_once:
            inputs = [items[:1] for items in inputs]
        for slot, items in enumerate(inputs):
            for index, item in enumerate(items):
                item.paired_item = (Pair(index, slot),)
        return inputs

    async def _call_node(self, prepared: PreparedNode, task: Task, inputs: Outputs) -> Outputs:
        if prepared.type.shape == "trigger":
            return await self._call_batch(prepared, task, inputs)
        current = next((items for items in inputs if items), [])
        if not current and prepared.type.shape == "item":
            return [[]]
        if prepared.type.shape == "batch":
            return await self._call_batch(prepared, task, inputs)
        return [await self._call_by_item(prepared, task, current)]

    async def _parameters(self, prepared: PreparedNode, task: Task, items: Sequence[Item]) -> list[Resolved]:
        scene = Scene(
            self.plan.runs,
            self.workflow.nodes,
            self.around.expressions,
            self.workflow.scope_name,
            self.view(task),
            self.around.expression_timeout_seconds,
        )
        return await evaluate_parameters(prepared.compiled, prepared.node, task, len(items), scene)

    async def _call_batch(self, prepared: PreparedNode, task: Task, inputs: Outputs) -> Outputs:
        current = next((items for items in inputs if items), [])
        resolved = await self._parameters(prepared, task, current)
        models: dict[int, NodeParams] = {}

        def resolve(index: int) -> Any:
            if index not in models:
                models[index] = validate(prepared, resolved[min(index, len(resolved) - 1)], index)
            return models[index]

        call: NodeCall[Any] = NodeCall(
            params=resolve(0), inputs=inputs, step=self._step(prepared, task), resolve=resolve
        )
        if prepared.type.kind_for(call.params) is StepKind.PURE:
            outputs: Outputs = await settle(prepared.type.run(call))
            return outputs

        async def make() -> Any:
            made: Outputs = await self._retrying(prepared.node, lambda: settle(prepared.type.run(call)))
            return [[item_to_json(item) for item in output] for output in made]

        known = [entry for entry in resolved if not isinstance(entry, InvalidInput)]
        given = [known, [[item.json for item in items] for items in inputs]]
        kind = prepared.type.kind_for(call.params)
        recorded = await self.run.step(self._key(task, None), kind, given, make, node=task.node)
        return [[item_from_json(item) for item in output] for output in recorded]

    async def _call_by_item(self, prepared: PreparedNode, task: Task, items: Sequence[Item]) -> list[Item]:
        resolved = await self._parameters(prepared, task, items)
        step = self._step(prepared, task)
        model: NodeParams | None = None
        given: list[Item] = []
        for index, item in enumerate(items):
            try:
                if model is None or prepared.compiled.templates:
                    model = validate(prepared, resolved[index], index)
                made = await self._call_one(prepared, task, step, model, item, index)
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
        self, prepared: PreparedNode, task: Task, step: NodeStep, model: NodeParams, item: Item, index: int
    ) -> list[Item]:
        """Call the node's function for one item, through the journal unless it is pure."""
        kind = prepared.type.kind_for(model)
        function = prepared.type.run
        step.item_key = key = self._key(task, index)
        if kind is StepKind.PURE:
            return as_list(await settle(function(model, item, step)))
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

            recorded = await self.run.step(key, kind, given, make, node=task.node)
        return [item_from_json(entry) for entry in recorded]

    async def _retrying(self, node: Node, call: Callable[[], Awaitable[Any]]) -> Any:
        """Call, and again after a failure as often as the node's settings say."""
        tries = node.max_tries if node.retry_on_fail else 1
        for attempt in range(1, tries + 1):
            try:
                return await call()
            except (UpstreamUnavailable, UpstreamRejected):
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
            conversation_id=self.run.new.conversation_id,
        )

    def _key(self, task: Task, item: int | None) -> str:
        where = f"{self.path}/{task.node}" if self.path else task.node
        return f"{where}/{task.run_index}" + ("" if item is None else f"/{item}")

    def _step(self, prepared: PreparedNode, task: Task) -> NodeStep:
        seed = f"{self.run.new.seed}/{self._key(task, None)}"
        return NodeStep(
            node=prepared.node,
            workflow_id=self.workflow.workflow.id,
            workflow_name=self.workflow.workflow.name,
            run_id=self.run.new.run_id,
            run_index=task.run_index,
            scope=self.run.new.scope,
            now=self.now,
            seed=seed,
            http=self.around.http,
            http_timeout_seconds=self.around.http_timeout_seconds,
            item_key=self._key(task, None),
            execution=self,
            task=task,
        )

    def view(self, task: Task) -> RunView:
        """What expressions and code see of the run."""
        if task.run_index == 0:
            return self._view
        return msgspec.structs.replace(self._view, run_index=task.run_index)

    def _make_view(self) -> RunView:
        return RunView(
            run_id=self.run.new.run_id,
            mode=self.mode,
            workflow={
                "id": self.workflow.workflow.id,
                "name": self.workflow.workflow.name,
                "active": self.workflow.workflow.active,
            },
            now=self.now.isoformat(),
            zone=self.workflow.zone,
            seed=self.run.new.seed,
            locale="en",
            vars=dict(self.around.vars),
            env=dict(self.around.env),
            resume_url="",
        )

    def answer(self, reply: WebhookReply) -> None:
        """Keep the first answer to the webhook that started the run."""
        if self.reply is None:
            self.reply = reply
            if self.on_reply is not None:
                self.on_reply(reply)


def validate(prepared: PreparedNode, parameters: Resolved, index: int) -> NodeParams:
    """Parameters as the node's model.

    Raises:
        InvalidInput: An expression failed, or a value does not fit. `place` names the node, the parameter and the item.
    """
    if isinstance(parameters, InvalidInput):
        raise parameters
    if prepared.constant:
        return prepared.constant[0]
    try:
        model = prepared.type.params.model_validate(parameters)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(
            f"{name}: {first['msg']}.",
            code="node.invalid_parameter",
            place=f"node {prepared.node.name!r}, item {index}",
        ) from error
    if not prepared.compiled.templates:
        prepared.constant.append(model)
    return model


def split_errors(prepared: PreparedNode, outputs: Outputs, inputs: Outputs) -> Outputs:
    """`continueErrorOutput`: items that carry an error leave by an extra last output, over the item they came from."""
    names = prepared.type.output_names(prepared.parameters)
    kept: Outputs = [[] for _ in names]
    failed: list[Item] = []
    for number, output in enumerate(outputs[: len(names)]):
        for item in output:
            if item.error is None:
                kept[number].append(item)
                continue
            pair = item.paired_item[0] if item.paired_item and len(item.paired_item) == 1 else None
            origin = inputs[pair.input][pair.item].json if pair else {}
            failed.append(Item(json={**origin, **item.json}, paired_item=item.paired_item))
    return [*kept, failed]


def as_list(made: Item | list[Item]) -> list[Item]:
    """What a node gave for an item, as a list."""
    return made if isinstance(made, list) else [made]


async def settle(value: Any) -> Any:
    """The value, awaited if it must be: a node's function may be plain or async."""
    return await value if inspect.isawaitable(value) else value
