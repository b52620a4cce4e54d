"""Parameters of one item after the other, checked where what changes must be checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tapbot.errors import InvalidInput
from tapbot.storage.types import JsonObject, JsonValue
from tapbot.workflow.expression import put_values
from tapbot.workflow.mould import Mould, Place, fill, mould_of
from tapbot.workflow.node import NodeCall, NodeParams, Step
from tapbot.workflow.release import PreparedNode
from tapbot.workflow.shaping import Resolved, validate
from tapbot.workflow.types import Outputs


def parameters_of(prepared: PreparedNode, values: Resolved, index: int) -> NodeParams:
    """An item's parameters as the node's model, its own.

    The first model of a release is checked whole. Where all its expressions stand in fields that take any value, the
    following ones are made from it with their own values: a check would find nothing.

    Raises:
        InvalidInput: See `validate`.
    """
    mould = prepared.moulds[0] if prepared.moulds else None
    if mould is None or isinstance(values, Exception):
        return _checked(prepared, values, index)
    return mould.pour(values)


def refilling(prepared: PreparedNode, resolved: Sequence[Resolved]) -> Callable[[int], NodeParams]:
    """A function that gives the parameters of an item, valid until it is asked for another item's.

    Where `parameters_of` would make each item a model, one serves them all, filled anew.
    """
    model: NodeParams | None = None
    places: list[Place] = []

    def refilled(index: int) -> NodeParams:
        nonlocal model
        values = resolved[min(index, len(resolved) - 1)]
        mould = prepared.moulds[0] if prepared.moulds else None
        if mould is None or isinstance(values, Exception):
            return _checked(prepared, values, index)
        if model is None:
            model = mould.copy(places)
        fill(places, values)
        return model

    return refilled


def parameters_in_turn(prepared: PreparedNode, resolved: Sequence[Sequence[JsonValue]]) -> Iterator[NodeParams]:
    """The parameters of each item, one after the other, each valid until the next is asked for.

    The model is the node's own, made once a release: for a caller that waits for nothing in between.
    """
    places: list[Place] = []
    try:
        for index, values in enumerate(resolved):
            mould = prepared.moulds[0] if prepared.moulds else None
            if mould is None:
                yield _checked(prepared, list(values), index)
                continue
            if not prepared.poured:
                found: list[Place] = []
                prepared.poured.append((mould.copy(found), found))
            model, places = prepared.poured[0]
            fill(places, values)
            yield model
    finally:
        for around, key, _inside in places:
            around[key] = None  # the values were a caller's


def _checked(prepared: PreparedNode, values: Resolved, index: int) -> NodeParams:
    """An item's parameters, checked whole; whether that is needed again is found out once a release."""
    model = validate(prepared, values, index)
    if not prepared.moulds and prepared.compiled.holes is not None:
        found: Mould | None = mould_of(model, prepared.compiled.holes)
        prepared.moulds.append(found)
    return model


def make_call(prepared: PreparedNode, inputs: Outputs, resolved: Sequence[Resolved], step: Step) -> NodeCall[Any]:
    """What the function of a batch node gets.

    Raises:
        InvalidInput: The parameters of the first item do not fit, see `validate`.
    """
    if prepared.constant and prepared.compiled.holes is None:
        return _same_for_all(prepared, inputs, resolved, step)
    models: dict[int, NodeParams] = {}

    def resolve(index: int) -> Any:
        if index not in models:
            models[index] = parameters_of(prepared, resolved[min(index, len(resolved) - 1)], index)
        return models[index]

    def known() -> list[JsonObject]:
        return [put_values(prepared.compiled, row) for row in resolved if not isinstance(row, InvalidInput)]

    passing = refilling(prepared, resolved)
    return NodeCall(params=resolve(0), inputs=inputs, step=step, resolve=resolve, passing=passing, tell=known)


def _same_for_all(prepared: PreparedNode, inputs: Outputs, resolved: Sequence[Resolved], step: Step) -> NodeCall[Any]:
    """`make_call` where no item changes the parameters, which were checked before."""
    model = prepared.constant[0]
    return NodeCall(
        params=model,
        inputs=inputs,
        step=step,
        resolve=lambda _index: model,
        passing=lambda _index: model,
        tell=lambda: [prepared.compiled.parameters] * len(resolved),
    )
