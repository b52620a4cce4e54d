"""Parameters that were checked once, made again with other values where a check would find nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tapbot.storage.types import JsonValue
from tapbot.workflow.expression import Holes, filled
from tapbot.workflow.node import NodeParams

Inside: TypeAlias = "int | Holes | Mould"
"""What stands somewhere in a model: the value of the expression of that number, or what has such values inside."""
Place = tuple[Any, str | int, int | Holes]
"""A model's fields or a list, where in it a value belongs, and which expression's (or what is around it)."""


@dataclass(frozen=True, slots=True)
class Mould:
    """A checked model, or a list in one, of which others are made. Nodes never see it: what they get is a copy.

    Args:
        kind: The model's class, or `list`.
        fields: The model's fields, or the list. Where expressions stand it holds nothing: their values were a caller's.
        places: Fields, or numbers of entries, that change; the rest is shared with each copy.
        given: Names of the fields that the parameters spoke of.
    """

    kind: Any
    fields: Any
    places: tuple[tuple[str | int, Inside], ...]
    given: frozenset[str] = frozenset()

    def copy(self, found: list[Place]) -> Any:
        """A copy whose values are still missing.

        Args:
            found: Gets where they belong.
        """
        around: Any = self.fields.copy()
        made = around if self.kind is list else self._model(around)
        for key, inside in self.places:
            if isinstance(inside, Mould):
                around[key] = inside.copy(found)
            else:
                found.append((around, key, inside))
        return made

    def _model(self, fields: dict[str, Any]) -> Any:
        """A model as it is read from a pickle, which takes a third of the time of `model_copy`."""
        made = object.__new__(self.kind)
        state = {"__dict__": fields, "__pydantic_fields_set__": set(self.given)}
        made.__setstate__({**state, "__pydantic_extra__": None, "__pydantic_private__": None})
        return made

    def pour(self, values: Sequence[JsonValue]) -> NodeParams:
        """The parameters of an item."""
        found: list[Place] = []
        model: NodeParams = self.copy(found)
        fill(found, values)
        return model


def fill(found: Sequence[Place], values: Sequence[JsonValue]) -> None:
    """Put an item's values where they belong."""
    for around, key, inside in found:
        around[key] = values[inside] if isinstance(inside, int) else filled(inside, values)


def mould_of(model: BaseModel, holes: Holes) -> Mould | None:
    """A mould from a model that was checked whole; `None` where a value that changes must be checked each time."""
    checks = type(model).__pydantic_decorators__
    if checks.model_validators or checks.field_validators or checks.validators or checks.root_validators:
        return None
    if type(model).__pydantic_post_init__ is not None or model.__pydantic_extra__ is not None:
        return None
    fields = type(model).model_fields
    names = {field.alias or name: name for name, field in fields.items()}
    places: dict[str | int, Inside] = {}
    for key, inside in holes.places:
        name = names.get(str(key), str(key))
        field = fields.get(name)
        if field is None:
            continue  # a parameter that the node does not know
        found: Inside = inside
        if field.annotation is not Any or field.metadata:
            deeper = None if isinstance(inside, int) else _mould_inside(getattr(model, name), field, inside)
            if deeper is None:
                return None
            found = deeper
        places[name] = found
    emptied = model.__dict__ | dict.fromkeys(map(str, places))
    return Mould(type(model), emptied, tuple(places.items()), frozenset(model.model_fields_set))


def _mould_inside(value: Any, field: FieldInfo, holes: Holes) -> Mould | None:
    """Go on in a nested model, or in a list of them, whose class the parameters do not choose."""
    if isinstance(value, BaseModel):
        return mould_of(value, holes) if field.annotation is type(value) else None
    if not isinstance(value, list) or get_origin(field.annotation) is not list:
        return None
    wanted = get_args(field.annotation)[0]
    places: dict[str | int, Inside] = {}
    for key, inside in holes.places:
        entry = value[int(key)]
        if isinstance(inside, int) or type(entry) is not wanted or not isinstance(entry, BaseModel):
            return None
        found = mould_of(entry, inside)
        if found is None:
            return None
        places[int(key)] = found
    return Mould(list, [None if place in places else entry for place, entry in enumerate(value)], tuple(places.items()))
