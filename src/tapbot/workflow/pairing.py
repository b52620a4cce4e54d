"""Which item of an earlier node an item came from: `$('Node').item`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tapbot.workflow.plan import NodeRun, Source, Task
from tapbot.workflow.types import Item, Pair

Runs = Mapping[str, list[NodeRun]]


@dataclass(frozen=True, slots=True)
class Origin:
    """An item of a node's run: which run, which output, which place in it."""

    run_index: int
    output: int
    item: int


def find_origins(runs: Runs, task: Task, input_index: int, item: Item, node: str) -> list[Origin]:
    """The items of `node` that an input item of `task` came from, each once.

    None: the trail is broken or does not pass `node`. Several: the item was merged from several.

    Args:
        input_index: The input of `task` that holds the item.
        item: The item as it reached the task, with its own pairs.
    """
    source = task.sources[input_index] if input_index < len(task.sources) else None
    found: dict[Origin, None] = {}
    _follow(runs, source, item, node, found, set())
    return list(found)


def _follow(
    runs: Runs,
    source: Source | None,
    item: Item,
    node: str,
    found: dict[Origin, None],
    seen: set[tuple[Source, int]],
) -> None:
    """Walk the trail of an item that came out of `source`, up to `node`."""
    if source is None:
        return
    run = runs[source.node][source.run_index]
    position = run.place_of(source.output, item)
    if position is None or (source, position) in seen:
        return
    seen.add((source, position))
    if source.node == node:
        found[Origin(source.run_index, source.output, position)] = None
        return
    for pair in item.paired_item or ():
        task = _task_of(runs, run.task, pair)
        if task is not None and pair.input < len(task.inputs) and pair.item < len(task.inputs[pair.input]):
            _follow(runs, task.sources[pair.input], task.inputs[pair.input][pair.item], node, found, seen)


def _task_of(runs: Runs, task: Task, pair: Pair) -> Task | None:
    """The run whose input a pair speaks of: an earlier one where a loop kept the item."""
    if pair.run is None:
        return task
    made = runs[task.node]
    return made[pair.run].task if 0 <= pair.run < len(made) else None
