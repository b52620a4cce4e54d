"""Sort: by fields, by chance, or by code."""

from __future__ import annotations

import math
import random
from functools import cmp_to_key
from typing import Any, Literal

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import Text
from tapbot.nodes.javascript import is_less, is_number, same_json
from tapbot.nodes.lists.names import read_field, require_field
from tapbot.workflow.node import NodeParams, Step
from tapbot.workflow.types import Item

EXAMPLE = """// The two items to compare are in the variables a and b
// Access the fields in a.json and b.json
// Return -1 if a should go before b
// Return 1 if b should go before a
// Return 0 if there's no difference

fieldName = 'myField';

if (a.json[fieldName] < b.json[fieldName]) {
return -1;
}
if (a.json[fieldName] > b.json[fieldName]) {
return 1;
}
return 0;"""


class SortField(NodeParams):
    """A field to sort by."""

    field_name: Text = ""
    """Name of the field."""
    order: Literal["ascending", "descending"] = "ascending"
    """Direction."""


class SortFields(NodeParams):
    """The fields to sort by."""

    sort_field: list[SortField] = Field(default_factory=list)
    """Fields; a later one decides where the earlier ones are equal."""


class SortOptions(NodeParams):
    """Less used settings."""

    disable_dot_notation: bool = False
    """Read `a.b` as a plain name; otherwise as field `b` inside `a`."""


class SortParams(NodeParams):
    """How to sort."""

    type: Literal["simple", "random", "code"] = "simple"
    """`simple`: by fields. `random`: shuffle. `code`: by JavaScript that compares items `a` and `b`."""
    sort_fields_ui: SortFields = Field(default_factory=SortFields)
    """Fields to sort by."""
    code: Text = EXAMPLE
    """JavaScript that returns a number below 0 where `a` goes first, above 0 where `b` does."""
    options: SortOptions = Field(default_factory=SortOptions)
    """Less used settings."""


async def sort_items(params: SortParams, items: list[Item], step: Step) -> list[Item]:
    """The items in their new order.

    Raises:
        InvalidInput: No field is named, no item has it, or the code fails.
    """
    if params.type == "random":
        return shuffled(items, step.random)
    if params.type == "code":
        return await _sort_by_code(params.code, items, step)
    fields = params.sort_fields_ui.sort_field
    if not fields:
        raise InvalidInput(
            "No sorting specified. Please add a field to sort by", code="node.invalid_parameter", place="sortFieldsUi"
        )
    dots = not params.options.disable_dot_notation
    for field in fields:
        require_field(items, field.field_name, dots=dots)

    fast = _sort_alike(items, fields, dots=dots)
    return fast if fast is not None else _sort_mixed(items, fields, dots=dots)


def _sort_alike(items: list[Item], fields: list[SortField], *, dots: bool) -> list[Item] | None:
    """The items in order where each field holds texts alone or numbers alone; `None` where it does not."""
    columns: list[list[Any]] = []
    for field in fields:
        values = [value for _, value in (read_field(item, field.field_name, dots=dots) for item in items)]
        if all(isinstance(value, str) for value in values):
            columns.append([value.lower().encode("utf-16-be", "surrogatepass") for value in values])
        elif all(is_number(value) and math.isfinite(value) for value in values):
            columns.append(values)
        else:
            return None
    places = list(range(len(items)))
    # Sorting keeps the order of what is equal, so that the first field has the last word.
    for field, column in zip(reversed(fields), reversed(columns), strict=True):
        places.sort(key=column.__getitem__, reverse=field.order == "descending")
    return [items[place] for place in places]


def _sort_mixed(items: list[Item], fields: list[SortField], *, dots: bool) -> list[Item]:
    def compare(left: Item, right: Item) -> int:
        for field in fields:
            one, other = (read_field(item, field.field_name, dots=dots) for item in (left, right))
            order = _order(one, other)
            if order:
                return order if field.order == "ascending" or not (one[0] and other[0]) else -order
        return 0

    return sorted(items, key=cmp_to_key(compare))


def shuffled(items: list[Item], chance: random.Random) -> list[Item]:
    """The items in an order that the run's randomness gives."""
    order = list(items)
    chance.shuffle(order)
    return order


def _order(one: tuple[bool, Any], other: tuple[bool, Any]) -> int:
    """Below 0 where the first goes first; letters of both cases are equal, what is missing goes last."""
    if not one[0] or not other[0]:
        return int(other[0]) - int(one[0])
    left, right = (value.lower() if isinstance(value, str) else value for value in (one[1], other[1]))
    if same_json(left, right):
        return 0
    if is_less(left, right):
        return -1
    return 1 if is_less(right, left) else 0


async def _sort_by_code(code: str, items: list[Item], step: Step) -> list[Item]:
    if "return" not in code:
        raise InvalidInput(
            "Sort code doesn't return. Please add a 'return' statement to your code",
            code="node.invalid_parameter",
            place="code",
        )
    source = (
        "let fieldName;\nconst compare = (a, b) => {\n" + code + "\n};\n"
        "const places = $input.all().map((item, place) => ({ item, place }));\n"
        "places.sort((one, other) => compare(one.item, other.item));\n"
        "return places.map((entry) => ({ json: { place: entry.place } }));"
    )
    places = await step.run_code(source, items, each=False)
    return [items[int(entry.json["place"])] for entry in places]  # type: ignore[arg-type]  # we wrote them above
