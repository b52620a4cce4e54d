"""Parameters of one item after the other in one checked model, where what changes may be any value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tapbot.workflow.expression import Holes, filled
from tapbot.workflow.node import NodeParams
from tapbot.workflow.release import PreparedNode
from tapbot.workflow.shaping import Resolved, validate

Place = tuple[dict[str, Any], str, int | Holes]
"""The fields of a model, the name of one of them, and which expression's value (or what around it) stands there."""


def refilling(prepared: PreparedNode, resolved: Sequence[Resolved]) -> Callable[[int], NodeParams]:
    """A function that gives the parameters of an item, valid until it is asked for another item's.

    The first model is checked whole. Where its expressions stand in fields that take any value, the values of the
    next items are put there: a check would find nothing. Else each item's parameters are checked.
    """
    model: NodeParams | None = None
    places: list[Place] | None = None

    def parameters_of(index: int) -> NodeParams:
        nonlocal model, places
        values = resolved[min(index, len(resolved) - 1)]
        if model is None or places is None or isinstance(values, Exception):
            model = validate(prepared, values, index)
            places = find_places(model, prepared.compiled.holes)
            return model
        for fields, name, inside in places:
            fields[name] = values[inside] if isinstance(inside, int) else filled(inside, values)
        return model

    return parameters_of


def find_places(model: NodeParams, holes: Holes | None) -> list[Place] | None:
    """Where a model's values come from expressions; `None` where one of them must be checked.

    A model that is the same for all items has none.
    """
    found: list[Place] = []
    return found if holes is None or _collect(model, holes, found) else None


def _collect(model: BaseModel, holes: Holes, found: list[Place]) -> bool:
    checks = type(model).__pydantic_decorators__
    if checks.model_validators or checks.field_validators or checks.validators or checks.root_validators:
        return False
    names = {field.alias or name: name for name, field in type(model).model_fields.items()}
    for key, inside in holes.places:
        name = names.get(str(key), str(key))
        field = type(model).model_fields.get(name)
        if field is None:
            continue  # a parameter that the node does not know
        if field.annotation is Any and not field.metadata:
            found.append((model.__dict__, name, inside))
        elif isinstance(inside, int) or not _collect_inside(getattr(model, name), field, inside, found):
            return False
    return True


def _collect_inside(value: Any, field: FieldInfo, holes: Holes, found: list[Place]) -> bool:
    """Go on in a nested model, or in a list of them, whose class the parameters do not choose."""
    if isinstance(value, BaseModel):
        return field.annotation is type(value) and _collect(value, holes, found)
    if not isinstance(value, list) or get_origin(field.annotation) is not list:
        return False
    wanted = get_args(field.annotation)[0]
    for key, inside in holes.places:
        entry = value[int(key)]
        if isinstance(inside, int) or type(entry) is not wanted or not isinstance(entry, BaseModel):
            return False
        if not _collect(entry, inside, found):
            return False
    return True
