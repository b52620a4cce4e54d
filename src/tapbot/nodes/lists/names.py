"""Names of fields as authors write them: one text with commas, a list, or the rows of an older form."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import read_text, split_names
from tapbot.nodes.paths import get_path
from tapbot.storage.types import JsonObject
from tapbot.workflow.types import Item, Pair

UNFOUND_HINT = "Look at the fields that come into this node; option `disableDotNotation` reads a.b as one name."


def _read_names(value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, dict):
        value = value.get("fields") or []
    if isinstance(value, list):
        texts = [entry.get("fieldName", "") if isinstance(entry, dict) else entry for entry in value]
        return [name for text in texts if (name := read_text(text).strip())]
    return split_names(read_text(value))


Names = Annotated[list[str], BeforeValidator(_read_names)]
"""Names of fields."""


def read_field(item: Item, name: str, *, dots: bool) -> tuple[bool, Any]:
    """Whether an item has a field, and its value."""
    return get_path(item.json, name, dots=dots)


def require_field(items: list[Item], name: str, *, dots: bool) -> None:
    """Refuse a field that no item has.

    Raises:
        InvalidInput: No item has it.
    """
    if not any(read_field(item, name, dots=dots)[0] for item in items):
        raise InvalidInput(
            f"Couldn't find the field '{name}' in the input data", code="node.no_such_field", hint=UNFOUND_HINT
        )


def require_names(names: list[str], place: str, what: str) -> None:
    """Refuse an empty list of names.

    Raises:
        InvalidInput: It is empty.
    """
    if not names:
        raise InvalidInput(f"No {what} specified.", code="node.invalid_parameter", place=place, hint="Name a field.")


def without(record: JsonObject, names: list[str]) -> JsonObject:
    """The record without its top-level fields of these names."""
    return {name: value for name, value in record.items() if name not in names}


def all_pairs(items: list[Item]) -> tuple[Pair, ...]:
    """Pairs to every item, for what is made of all."""
    return tuple(pair for item in items for pair in item.paired_item or ())
