"""Remove Duplicates: of items that are equal, the first stays."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.nodes.javascript import is_number, plain
from tapbot.nodes.lists.names import Names, read_field, require_names
from tapbot.nodes.paths import remove_path, set_path
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeParams
from tapbot.workflow.types import Item


class DuplicateOptions(NodeParams):
    """Less used settings."""

    disable_dot_notation: bool = False
    """Read `a.b` as a plain name; otherwise as field `b` inside `a`."""
    remove_other_fields: bool = False
    """Leave out the fields that were not compared."""


class DuplicateParams(NodeParams):
    """Which items count as equal."""

    compare: Literal["allFields", "allFieldsExcept", "selectedFields"] = "allFields"
    """Which fields must be equal."""
    fields_to_exclude: Names = Field(default_factory=list)
    """Fields that may differ, separated by commas."""
    fields_to_compare: Names = Field(default_factory=list)
    """Fields that must be equal, separated by commas."""
    options: DuplicateOptions = Field(default_factory=DuplicateOptions)
    """Less used settings."""
    mixed_types: bool = True
    """Compare values of different types; versions 1 and 3 took a field with several types for a mistake."""


def remove_duplicates(params: DuplicateParams, items: list[Item]) -> list[Item]:
    """The first of all items that are equal.

    Raises:
        InvalidInput: No field is named to compare by, or a field holds values of different types.
    """
    dots = not params.options.disable_dot_notation
    records = [_compared(params, item, dots=dots) for item in items]
    if not params.mixed_types:
        _require_one_type(records)
    seen: set[str] = set()
    kept: list[Item] = []
    for item, record in zip(items, records, strict=True):
        key = json.dumps(_plain(record), sort_keys=True)
        if key in seen:
            continue
        seen.add(key)
        if params.compare == "selectedFields" and params.options.remove_other_fields:
            kept.append(Item(json=record, binary=item.binary, paired_item=item.paired_item))
        else:
            kept.append(item)
    return kept


def _compared(params: DuplicateParams, item: Item, *, dots: bool) -> JsonObject:
    """The part of an item that is compared."""
    if params.compare == "allFields":
        return item.json
    record: JsonObject = {}
    if params.compare == "selectedFields":
        require_names(params.fields_to_compare, "fieldsToCompare", "fields to compare")
        for name in params.fields_to_compare:
            found, value = read_field(item, name, dots=dots)
            if found:
                set_path(record, name, value, dots=dots and name not in item.json)
        return record
    require_names(params.fields_to_exclude, "fieldsToExclude", "fields to exclude")
    record = dict(item.json)
    for name in params.fields_to_exclude:
        remove_path(record, name, dots=dots)
    return record


def _plain(value: Any) -> Any:
    """Numbers of one value in one form: 1 and 1.0 are equal in JavaScript."""
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    return plain(value) if is_number(value) else value


def _require_one_type(records: list[JsonObject]) -> None:
    kinds: dict[str, str] = {}
    for record in records:
        for name, value in record.items():
            if value is None:
                continue
            kind = "number" if is_number(value) else type(value).__name__
            if kinds.setdefault(name, kind) != kind:
                raise InvalidInput(
                    f"'{name}' isn't always the same type",
                    code="node.wrong_type",
                    hint="Convert the field first, or use a newer version of the node.",
                )
