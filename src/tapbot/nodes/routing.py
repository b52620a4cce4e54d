"""Sending each item to its outputs, by a decision per item; what fails follows the node's `onError`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from tapbot.errors import LimitExceeded, UserError
from tapbot.workflow.node import NodeCall, NodeParams
from tapbot.workflow.types import Item, OnError, Outputs

P = TypeVar("P", bound=NodeParams)


def route(call: NodeCall[P], count: int, decide: Callable[[P], Iterable[int]], *, failed_output: int) -> Outputs:
    """Put each item of the first input into the outputs that `decide` names for its parameters.

    Args:
        count: Number of outputs.
        failed_output: Where an item goes whose decision failed, when the node's settings let the run continue.
    """
    outputs: Outputs = [[] for _ in range(count)]
    for index, item in enumerate(call.items):
        try:
            chosen = list(decide(call.passing(index)))
        except (UserError, LimitExceeded) as error:
            if call.step.node.on_error is OnError.STOP:
                error.place = error.place or f"node {call.step.node.name!r}, item {index}"
                raise
            failed = Item(json={**item.json, "error": error.message}, error=error.message)
            failed.paired_item = item.paired_item
            outputs[failed_output].append(failed)
            continue
        for place, output in enumerate(chosen):
            # An item is one object all along its way; a second output gets an item of its own.
            outputs[output].append(item if place == 0 else _copy(item))
    return outputs


def _copy(item: Item) -> Item:
    return Item(json=item.json, binary=item.binary, paired_item=item.paired_item)
