"""A plan as it leaves memory and comes back: what is still to run, and the outputs that it still needs. Pure.

Outputs that nothing ahead can speak of are left out; where their items came from stays, since trails of paired items
lead through them. The engine that wakes the run rebuilds the plan from this alone, whatever its version.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, cast

from tapbot.errors import LimitExceeded
from tapbot.storage.types import JsonObject
from tapbot.workflow.expression import named_nodes, texts_of
from tapbot.workflow.items import item_from_json, item_to_json
from tapbot.workflow.plan import Gathering, NodeRun, Plan, Source, Task
from tapbot.workflow.release import PreparedNode, PreparedWorkflow
from tapbot.workflow.types import Item, NodeContext

FORMAT = 1
MOST_PARKED_BYTES = 8_000_000


class Waiting(Enum):
    """What an execution does at a node that waits."""

    PARK = "park"
    """The run leaves memory."""
    STAY_OR_PARK = "stay_or_park"
    """It stays for a short wait: somebody looks on (`tapbot workflow run`)."""
    STAY = "stay"
    """It stays for a short wait and refuses a long one: a bot's answer depends on it."""


def save_plan(plan: Plan, workflow: PreparedWorkflow) -> JsonObject:
    """The JSON of a plan, with the outputs that what lies ahead may need."""
    needed = needed_nodes(plan, workflow)
    saved = {
        "format": FORMAT,
        "order": list(plan.order),
        "contexts": {name: _save_context(context) for name, context in plan.contexts.items()},
        "runs": {
            name: [_save_run(plan, run, whole=needed is None or name in needed) for run in runs]
            for name, runs in plan.runs.items()
        },
        "ready": [_save_task(plan, task) for task in plan.ready],
        "waiting": [
            [node, [_save_gathering(plan, entry) for entry in entries]] for node, entries in plan.waiting.items()
        ],
    }
    return cast(JsonObject, saved)


def load_plan(plan: Plan, saved: JsonObject) -> bool:
    """Bring a new plan to where it was; `False` when the format is another one, and nothing was done."""
    state = cast(dict[str, Any], saved)
    if state.get("format") != FORMAT:
        return False
    for name, runs in state["runs"].items():
        plan.runs[name] = [_load_outputs(name, run) for run in runs]
    for name, runs in state["runs"].items():
        for run, told in zip(plan.runs[name], runs, strict=True):
            run.task = _load_task(plan, told["task"])
    plan.order.extend(state["order"])
    plan.contexts.update({name: _load_context(context) for name, context in state.get("contexts", {}).items()})
    plan.ready = deque(_load_task(plan, task) for task in state["ready"])
    plan.waiting.update(
        {node: [_load_gathering(plan, entry) for entry in entries] for node, entries in state["waiting"]}
    )
    return True


def check_parked_size(size_bytes: int, place: str) -> None:
    """Refuse to keep a run that is too large to wait.

    Raises:
        LimitExceeded: It is.
    """
    if size_bytes > MOST_PARKED_BYTES:
        raise LimitExceeded(
            f"The run has {size_bytes} bytes that it still needs; a waiting run keeps {MOST_PARKED_BYTES} at most.",
            code="run.parked_too_large",
            place=place,
            hint="Keep only the fields that are needed after the wait, with a Set node before it.",
        )


def needed_nodes(plan: Plan, workflow: PreparedWorkflow) -> frozenset[str] | None:
    """The nodes whose outputs something that may still run can speak of; `None`: that cannot be told, so all."""
    needed = {source.node for sources in _pending_sources(plan) for source in sources if source is not None}
    if plan.order:
        needed.add(plan.order[-1])
    for name in _ahead(plan, workflow):
        named = _named_by(workflow.nodes[name]) if name in workflow.nodes else frozenset()
        if named is None:
            return None
        needed |= named
    return frozenset(needed)


def _named_by(prepared: PreparedNode) -> frozenset[str] | None:
    """The nodes that a node's expressions and code speak of."""
    raw = [prepared.parameters.get(name) for name in prepared.type.raw_parameters]
    in_code = named_nodes([text for value in raw for text in texts_of(value)])
    if in_code is None or prepared.compiled.nodes is None:
        return None
    return in_code | prepared.compiled.nodes


def _ahead(plan: Plan, workflow: PreparedWorkflow) -> set[str]:
    """Every node that may still run; in order v0 a missing parent of a node that waits is among them."""
    graph = workflow.workflow
    start = {task.node for task in plan.ready} | plan.waiting.keys()
    if graph.order == "v0" and plan.waiting:
        return set(graph.nodes)
    found, stack = set(start), list(start)
    while stack:
        for targets in graph.connections.get(stack.pop(), ()):
            for target in targets:
                if target.node not in found:
                    found.add(target.node)
                    stack.append(target.node)
    return found


def _pending_sources(plan: Plan) -> Iterator[Sequence[Source | None]]:
    for task in plan.ready:
        yield task.sources
    for entries in plan.waiting.values():
        for entry in entries:
            yield list(entry.sources.values())


def _save_run(plan: Plan, run: NodeRun, *, whole: bool) -> JsonObject:
    show = item_to_json if whole else _trail
    saved = {
        "task": _save_task(plan, run.task, past=True),
        "outputs": [[show(item) for item in output] for output in run.outputs],
        "error": run.error,
        "started_at": run.started_at,
        "duration_ms": run.duration_ms,
    }
    return cast(JsonObject, saved)


def _trail(item: Item) -> dict[str, Any]:
    """Where an item came from, without what it is."""
    return item_to_json(Item(json={}, paired_item=item.paired_item))


def _save_task(plan: Plan, task: Task, *, past: bool = False) -> JsonObject:
    inputs = [
        _save_input(plan, items, task.sources[slot] if slot < len(task.sources) else None, past=past)
        for slot, items in enumerate(task.inputs)
    ]
    sources = [_save_source(source) for source in task.sources]
    saved = {"node": task.node, "run_index": task.run_index, "inputs": inputs, "sources": sources}
    return cast(JsonObject, saved)


def _save_input(plan: Plan, items: Sequence[Item], source: Source | None, *, past: bool) -> list[Any] | None:
    """The items of an input; `None` when they are what its source gave."""
    if source is not None:
        given = plan.runs[source.node][source.run_index].outputs[source.output]
        if len(given) == len(items) and all(map(_is_same, given, items)):
            return None
    return [] if past else [item_to_json(item) for item in items]


def _is_same(one: Item, other: Item) -> bool:
    return one is other


def _save_source(source: Source | None) -> list[Any] | None:
    return None if source is None else [source.node, source.output, source.run_index]


def _save_gathering(plan: Plan, entry: Gathering) -> list[Any]:
    return [
        [slot, items is not None, _save_input(plan, items or [], entry.sources[slot], past=False), source]
        for slot, items in entry.items.items()
        for source in [_save_source(entry.sources[slot])]
    ]


def _save_context(context: NodeContext) -> JsonObject:
    items = {name: [item_to_json(item) for item in kept] for name, kept in context.items.items()}
    return cast(JsonObject, {"values": context.values, "items": items})


def _load_context(saved: dict[str, Any]) -> NodeContext:
    items = {name: [item_from_json(item) for item in kept] for name, kept in saved["items"].items()}
    return NodeContext(saved["values"], items)


def _load_outputs(node: str, saved: dict[str, Any]) -> NodeRun:
    """A node's run; its task follows once all outputs are there."""
    return NodeRun(
        task=Task(node, [], []),
        outputs=[[item_from_json(item) for item in output] for output in saved["outputs"]],
        error=saved["error"],
        started_at=datetime.fromisoformat(saved["started_at"]) if saved["started_at"] else None,
        duration_ms=saved["duration_ms"],
    )


def _load_task(plan: Plan, saved: dict[str, Any]) -> Task:
    sources = [_load_source(source) for source in saved["sources"]]
    inputs = [
        _load_input(plan, items, sources[slot] if slot < len(sources) else None)
        for slot, items in enumerate(saved["inputs"])
    ]
    return Task(saved["node"], inputs, sources, saved["run_index"])


def _load_input(plan: Plan, items: list[Any] | None, source: Source | None) -> list[Item]:
    """The very items that the source gave: trails go by which object an item is."""
    if items is None and source is not None:
        return plan.runs[source.node][source.run_index].outputs[source.output]
    return [item_from_json(item) for item in items or []]


def _load_source(saved: list[Any] | None) -> Source | None:
    return None if saved is None else Source(saved[0], saved[1], saved[2])


def _load_gathering(plan: Plan, saved: list[Any]) -> Gathering:
    entry = Gathering({}, {})
    for slot, arrived, items, told in saved:
        source = _load_source(told)
        entry.sources[slot] = source
        entry.items[slot] = _load_input(plan, items, source) if arrived else None
    return entry
