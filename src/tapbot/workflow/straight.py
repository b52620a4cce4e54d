"""Nodes run straight: without a coroutine, where there is nothing to wait for.

Most nodes of most workflows have no effect, are plain functions, and have parameters that need no sandbox. The way of
`execution.py`, which is ready for a journal, retries, stand-ins and errors that are let through, costs such a node more
than its own work does. What is done here gives the same, item for item.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tapbot.storage.types import JsonValue
from tapbot.workflow.expression import read_values
from tapbot.workflow.history import check_items
from tapbot.workflow.plan import NodeRun, Task
from tapbot.workflow.refill import make_call, parameters_in_turn
from tapbot.workflow.release import PreparedNode
from tapbot.workflow.shaping import (
    CAUGHT_BY_NODES,
    MOST_ITEMS,
    failed_run,
    finish_items,
    first_with_items,
    fresh_items,
    prepare_inputs,
)
from tapbot.workflow.step import NodeStep
from tapbot.workflow.types import Item, pair_with

if TYPE_CHECKING:
    from tapbot.workflow.execution import Execution


def execute_straight(execution: Execution, trigger: str, items: list[Item]) -> bool:
    """Run a workflow to its end without waiting; `False` when a node has to go the long way: then nothing counts.

    Raises:
        NodeFailed: A node's error stops the run. What ran is in the plan.
    """
    execution.start(trigger, items)
    plan, clock = execution.plan, execution.run.clock
    while (task := plan.next_task()) is not None:
        started_at, began = clock(), time.perf_counter()
        run = run_straight(execution, task)
        if run is None:
            return False
        execution.note(run, started_at, time.perf_counter() - began)
    return True


def run_straight(execution: Execution, task: Task) -> NodeRun | None:
    """What a node did; `None` when it has to go the long way."""
    prepared = execution.workflow.nodes[task.node]
    if not prepared.straight or execution.workflow.stubs is not None or execution.pinned(task) is not None:
        return None
    slot = first_with_items(task.inputs)
    resolved = None if slot is None else read_values(prepared.compiled, task.inputs[slot])
    if slot is None or resolved is None:
        return None
    step = NodeStep(prepared.node, execution, task)
    try:
        if prepared.type.shape == "item":
            return NodeRun(task, [_each(prepared, fresh_items(task.inputs[slot], slot), resolved, step)])
        inputs = prepare_inputs(task, prepared.node)
        outputs = prepared.type.run(make_call(prepared, inputs, resolved, step))
    except CAUGHT_BY_NODES as error:
        return failed_run(task, prepared, error)
    return NodeRun(task, finish_items(prepared, task, inputs, outputs))


def _each(
    prepared: PreparedNode, items: Sequence[Item], resolved: Sequence[Sequence[JsonValue]], step: NodeStep
) -> list[Item]:
    """Call the node's function for one item after the other; what it gives is as `finish_items` leaves it."""
    function = prepared.type.run
    given: list[Item] = []
    for index, params in enumerate(parameters_in_turn(prepared, resolved)):
        step.item = index
        made = function(params, items[index], step)
        for entry in made if isinstance(made, list) else (made,):
            if entry.paired_item is None:
                entry.paired_item = pair_with(index)
            entry.error = None
            given.append(entry)
    check_items(len(given), MOST_ITEMS, prepared.node.name)
    return given
