"""The items that a reply becomes. Pure."""

from __future__ import annotations

from typing import Any

from tapbot.nodes.paths import get_path
from tapbot.nodes.services.describe import Operation
from tapbot.nodes.services.shapes import SHAPES
from tapbot.nodes.services.values import Values
from tapbot.workflow.types import Item


def items_of(operation: Operation, said: Any, values: Values) -> list[Item]:
    """An item for each record of a reply, as the operation says where they are."""
    output = operation.output
    if output.constant is not None:
        return [Item(json=dict(output.constant))]
    found = get_path(said, output.path)[1] if output.path else said
    records = found if isinstance(found, list) else [] if found is None else [found]
    if output.take:
        records = [get_path(record, output.take)[1] for record in records]
    made = [record_of(record, output.flatten) for record in records]
    return [Item(json=SHAPES[output.shape](record, values.parameters) if output.shape else record) for record in made]


def record_of(record: Any, flatten: str = "") -> dict[str, Any]:
    """A record as an item's JSON: a plain value stands under `data`, the fields of `flatten` beside the others."""
    if not isinstance(record, dict):
        return {"data": record}
    inner = record.get(flatten) if flatten else None
    if not isinstance(inner, dict):
        return record
    return {**{name: value for name, value in record.items() if name != flatten}, **inner}
