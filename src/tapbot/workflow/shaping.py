"""Parameters as a node's model, and what a node gave in the shape that the plan takes."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any, TypeAlias

from pydantic import ValidationError

from tapbot.errors import InvalidInput, LimitExceeded, TapbotError, UpstreamRejected, UpstreamUnavailable, UserError
from tapbot.storage.types import JsonValue
from tapbot.workflow.expression import put_values
from tapbot.workflow.history import check_items
from tapbot.workflow.items import copy_items, fill_pairs
from tapbot.workflow.node import NodeParams
from tapbot.workflow.plan import NodeRun, Task
from tapbot.workflow.release import PreparedNode
from tapbot.workflow.run import StepFailed
from tapbot.workflow.types import Item, Node, OnError, Outputs, Pair, pair_with

CAUGHT_BY_NODES = (UserError, UpstreamUnavailable, UpstreamRejected, LimitExceeded, StepFailed)
"""Errors that `onError` speaks of; a failed sub-workflow and a failure told again from the journal are among them."""
MOST_ITEMS = 200_000
Resolved: TypeAlias = "list[JsonValue] | InvalidInput"
"""What the expressions of a node's parameters gave for an item, or why they could not be evaluated."""


def validate(prepared: PreparedNode, values: Resolved, index: int) -> NodeParams:
    """Parameters as the node's model.

    Raises:
        InvalidInput: An expression failed, or a value does not fit. `place` names the node, the parameter and the item.
    """
    if isinstance(values, InvalidInput):
        raise values
    if prepared.constant:
        return prepared.constant[0]
    try:
        model = prepared.type.params.model_validate(put_values(prepared.compiled, values))
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(
            f"{name}: {first['msg']}.",
            code="node.invalid_parameter",
            place=f"node {prepared.node.name!r}, item {index}",
        ) from error
    if prepared.compiled.holes is None:
        prepared.constant.append(model)
    return model


def prepare_inputs(task: Task, node: Node) -> Outputs:
    """Fresh items, each paired to its own place in this node's inputs."""
    return [fresh_items(items[:1] if node.execute_once else items, slot) for slot, items in enumerate(task.inputs)]


def fresh_items(items: Sequence[Item], slot: int) -> list[Item]:
    """Fresh items of one input."""
    return [
        Item(json=item.json, binary=item.binary, paired_item=pair_with(index, slot), error=item.error)
        for index, item in enumerate(items)
    ]


def first_with_items(inputs: Outputs) -> int | None:
    """The first input in which something is."""
    for slot, items in enumerate(inputs):
        if items:
            return slot
    return None


def finish_items(prepared: PreparedNode, task: Task, inputs: Outputs, outputs: Outputs) -> Outputs:
    """A node's items with their pairs, those that carry an error sorted out by `onError`.

    Raises:
        LimitExceeded: They are too many.
    """
    outputs = fill_pairs(inputs, outputs)
    check_items(sum(map(len, outputs)), MOST_ITEMS, prepared.node.name)
    if prepared.node.on_error is OnError.CONTINUE_ERROR:
        outputs = split_errors(prepared, outputs, task)
    for output in outputs:
        for item in output:
            item.error = None  # it has done its work: the record says it
    return outputs


def uncut_items(task: Task) -> list[Item]:
    """The items of the first input as they came, also those that `executeOnce` leaves out."""
    given = task.inputs[0] if task.inputs else []
    return [
        Item(json=item.json, binary=item.binary, paired_item=pair_with(index), error=item.error)
        for index, item in enumerate(given)
    ]


def pass_through(task: Task) -> Outputs:
    """A disabled node gives what came into its first input."""
    items = copy_items(task.inputs[0]) if task.inputs else []
    for index, item in enumerate(items):
        item.paired_item = (Pair(index),)
    return [items]


def failed_run(task: Task, prepared: PreparedNode, error: TapbotError) -> NodeRun:
    """What a failed node leaves behind, by its `onError`."""
    on_error = prepared.node.on_error
    if on_error is OnError.STOP:
        return NodeRun(task, [], error=error.message, problem=error)
    first = pass_through(task)[0]
    if on_error is OnError.CONTINUE:
        return NodeRun(task, [first], error=error.message)
    names = prepared.type.output_names(prepared.parameters)
    failed = [Item(json={**item.json, "error": error.message}, paired_item=item.paired_item) for item in first]
    return NodeRun(task, [*[[] for _ in names], failed], error=error.message)


def split_errors(prepared: PreparedNode, outputs: Outputs, task: Task) -> Outputs:
    """`continueErrorOutput`: items that carry an error leave by an extra last output, over the item they came from.

    Where nobody knows what that item came from, the error leaves alone.
    """
    names = prepared.type.output_names(prepared.parameters)
    kept: Outputs = [[] for _ in names]
    failed: list[Item] = []
    for number, output in enumerate(outputs[: len(names)]):
        for item in output:
            if item.error is None and not _says_error(item):
                kept[number].append(item)
                continue
            origin = _origin_of(item, task)
            told = item.json if "error" in item.json else {"error": item.error}
            failed.append(Item(json={**(origin.json if origin else {}), **told}, paired_item=item.paired_item))
    return [*kept, failed]


def _origin_of(item: Item, task: Task) -> Item | None:
    """The input item that an item is paired to alone, if it is known where that one came from itself."""
    pair = item.paired_item[0] if item.paired_item and len(item.paired_item) == 1 else None
    if pair is None or pair.input >= len(task.inputs) or not 0 <= pair.item < len(task.inputs[pair.input]):
        return None
    origin = task.inputs[pair.input][pair.item]
    return None if origin.paired_item is None else origin


def _says_error(item: Item) -> bool:
    """A record of nothing but an error, which is how nodes of n8n tell one."""
    return item.json.keys() in ({"error"}, {"error", "message"}) and bool(item.json["error"])


def as_list(made: Item | list[Item]) -> list[Item]:
    """What a node gave for an item, as a list."""
    return made if isinstance(made, list) else [made]


async def settle(value: Any) -> Any:
    """The value, awaited if it must be: a node's function may be plain or async."""
    if isinstance(value, (list, Item)):
        return value
    return await value if inspect.isawaitable(value) else value
