"""Parameters of one item after the other, checked where what changes must be checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tapbot.workflow.mould import Mould, Place, fill, mould_of
from tapbot.workflow.node import NodeParams
from tapbot.workflow.release import PreparedNode
from tapbot.workflow.shaping import Resolved, validate


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


def _checked(prepared: PreparedNode, values: Resolved, index: int) -> NodeParams:
    """An item's parameters, checked whole; whether that is needed again is found out once a release."""
    model = validate(prepared, values, index)
    if not prepared.moulds and prepared.compiled.holes is not None:
        found: Mould | None = mould_of(model, prepared.compiled.holes)
        prepared.moulds.append(found)
    return model
