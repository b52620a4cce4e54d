"""Split Out: each entry of a list in an item becomes an item."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.nodes.lists.names import UNFOUND_HINT, Names, read_field, require_names
from tapbot.nodes.paths import remove_path, set_path
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeParams
from tapbot.workflow.types import Item

FILES = "$binary"
"""Name that stands for the item's files."""


class SplitOptions(NodeParams):
    """Less used settings."""

    disable_dot_notation: bool = False
    """Read `a.b` as a plain name; otherwise as field `b` inside `a`."""
    destination_field_name: Names = Field(default_factory=list)
    """Names that the entries get, one a field, separated by commas."""
    include_binary: bool = False
    """Give each new item the files of the item that it came from."""


class SplitParams(NodeParams):
    """Which lists to split."""

    field_to_split_out: Names = Field(default_factory=list)
    """Fields whose entries become items, separated by commas; `$binary` stands for the item's files."""
    include: Literal["noOtherFields", "allOtherFields", "selectedOtherFields"] = "noOtherFields"
    """Which other fields the new items get."""
    fields_to_include: Names = Field(default_factory=list)
    """Other fields to give, separated by commas."""
    options: SplitOptions = Field(default_factory=SplitOptions)
    """Less used settings."""
    accepts: Literal["lists", "objects", "anything"] = "anything"
    """What may be split; the first versions of Item Lists refused all but lists, later ones objects too."""
    must_exist: bool = False
    """Whether a missing field is an error, as in the first versions of Item Lists."""


def split_item(params: SplitParams, item: Item) -> list[Item]:
    """The items that one item's lists make.

    Raises:
        InvalidInput: No field is named, or one cannot be split.
    """
    require_names(params.field_to_split_out, "fieldToSplitOut", "field to split out")
    made: list[Item] = []
    for number, name in enumerate(params.field_to_split_out):
        names = params.options.destination_field_name
        destination = names[number] if number < len(names) else ""
        entries = _entries(params, item, name)
        for place, entry in enumerate(entries):
            if place == len(made):
                made.append(Item(json={}, binary=item.binary if params.options.include_binary else None))
            if name == FILES:
                made[place].binary = {**(made[place].binary or {}), entry[0]: entry[1]}
            elif not destination and _becomes_item(params, entry):
                made[place].json = entry
            else:
                made[place].json[destination or name] = entry
    kept = _kept_fields(params, item)
    for one in made:
        one.json = {**kept, **one.json}
    return made


def _becomes_item(params: SplitParams, entry: Any) -> bool:
    """Whether an entry is the new item itself, not one of its fields."""
    alone = len(params.field_to_split_out) == 1
    return alone and isinstance(entry, dict) and params.include == "noOtherFields"


def _entries(params: SplitParams, item: Item, name: str) -> list[Any]:
    if name == FILES:
        return list((item.binary or {}).items())
    found, value = read_field(item, name, dots=not params.options.disable_dot_notation)
    if not found:
        if params.must_exist:
            raise InvalidInput(
                f"Couldn't find the field '{name}' in the input data", code="node.no_such_field", hint=UNFOUND_HINT
            )
        return []
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and params.accepts != "lists":
        return list(value.values())
    if params.accepts != "anything":
        raise InvalidInput(
            f"The provided field '{name}' is not an array" + (" or object" if params.accepts == "objects" else ""),
            code="node.wrong_type",
            hint="Give the name of a field that holds a list.",
        )
    return [value]


def _kept_fields(params: SplitParams, item: Item) -> JsonObject:
    dots = not params.options.disable_dot_notation
    if params.include == "allOtherFields":
        kept = dict(item.json)
        for name in params.field_to_split_out:
            remove_path(kept, name, dots=dots)
        return kept
    kept = {}
    if params.include == "selectedOtherFields":
        require_names(params.fields_to_include, "fieldsToInclude", "fields to include")
        for name in params.fields_to_include:
            found, value = read_field(item, name, dots=dots)
            if found:
                set_path(kept, name, value, dots=dots and name not in item.json)
    return kept
