"""Comparing two lists of items. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tapbot.nodes.javascript import is_number, parse_json, same_json, stringify, to_number, to_text
from tapbot.nodes.lists.names import read_field
from tapbot.nodes.paths import remove_path, set_path
from tapbot.storage.types import JsonObject
from tapbot.workflow.types import Item

ABSENT: Any = object()
"""A field that an item lacks."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How values are compared.

    Args:
        fuzzy: Tolerate different types.
        missing_is_empty: When types are tolerated, a missing field equals an empty one.
        skipped: Fields that are not compared.
        dots: Names are paths.
        every_match: Compare with all partners, not the first alone.
        labels: Names of the two versions of a value.
        same_from_second: Give the second input's version of equal items.
    """

    fuzzy: bool
    missing_is_empty: bool
    skipped: tuple[str, ...]
    dots: bool
    every_match: bool
    labels: tuple[str, str]
    same_from_second: bool


@dataclass(slots=True)
class Found:
    """What came out: items of one input alone, equal ones, and different ones with a description."""

    only_first: list[Item] = field(default_factory=list)
    only_second: list[Item] = field(default_factory=list)
    same: list[Item] = field(default_factory=list)
    different: list[tuple[Item, Item, JsonObject]] = field(default_factory=list)


def compare_items(
    first: Sequence[Item], second: Sequence[Item], pairs: Sequence[tuple[str, str]], how: Comparison
) -> Found:
    """Find each item's partner in the other input and compare them.

    Args:
        pairs: Names of the fields that must be equal: of the first and of the second input.
    """
    found = Found()
    by_key: dict[str, list[int]] = {}
    for place, item in enumerate(second):
        key = _key(item, [name for _, name in pairs], how)
        if key is not None:
            by_key.setdefault(key, []).append(place)
    taken: set[int] = set()
    for item in first:
        key = _key(item, [name for name, _ in pairs], how)
        places = by_key.get(key, []) if key is not None else []
        partners = list(places) if how.every_match else [place for place in places if place not in taken][:1]
        if not partners:
            found.only_first.append(item)
        taken.update(partners)
        for place in partners:
            _compare(item, second[place], pairs, how, found)
    found.only_second = [item for place, item in enumerate(second) if place not in taken]
    return found


def _key(item: Item, names: Sequence[str], how: Comparison) -> str | None:
    """What an item is found by; `None` when a field is missing."""
    values = []
    for name in names:
        present, value = read_field(item, name, dots=how.dots)
        if not present:
            return None
        if how.fuzzy and not isinstance(value, (dict, list)):
            value = "" if value is None else to_text(value)
        values.append(["number", to_number(value)] if is_number(value) else value)
    return stringify(values)


def _compare(one: Item, other: Item, pairs: Sequence[tuple[str, str]], how: Comparison, found: Found) -> None:
    left, right = dict(one.json), dict(other.json)
    skipped: JsonObject = {}
    for name in how.skipped:
        _skip(left, right, name, how, skipped)
    same: JsonObject = {}
    different: JsonObject = {}
    equal = True
    for name in [*left, *(name for name in right if name not in left)]:
        value, counterpart = left.get(name, ABSENT), right.get(name, ABSENT)
        equal = equal and _equal(value, counterpart, how)
        # What is skipped inside a value makes no items differ; of items that do, the value is told all the same.
        if _equal(one.json.get(name, ABSENT), other.json.get(name, ABSENT), how):
            same[name] = left.get(name)
        else:
            different[name] = {
                how.labels[0]: None if value is ABSENT else value,
                how.labels[1]: None if counterpart is ABSENT else counterpart,
            }
    if equal:
        found.same.append(other if how.same_from_second else one)
        return
    keys = {name: read_field(one, name, dots=how.dots)[1] for name, _ in pairs}
    described: JsonObject = {"keys": keys, "same": same, "different": different}
    if skipped:
        described["skipped"] = skipped
    found.different.append((one, other, described))


def _skip(left: JsonObject, right: JsonObject, name: str, how: Comparison, skipped: JsonObject) -> None:
    """Take a field out of both records, and tell its versions where they differ."""
    versions = []
    for record, label in zip((left, right), how.labels, strict=True):
        present, value = read_field(Item(json=record), name, dots=how.dots)
        versions.append(value if present else ABSENT)
        if present:
            top, _, rest = name.partition(".") if how.dots and name not in record else (name, "", "")
            told: Any = skipped.setdefault(top, {})
            if rest:
                inner = told.setdefault(label, {})
                set_path(inner, rest, value)
            else:
                told[label] = value
            remove_path(record, name, dots=how.dots)
    if versions[0] is ABSENT and versions[1] is ABSENT:
        skipped.pop(name, None)


def _equal(left: Any, right: Any, how: Comparison) -> bool:
    if left is ABSENT or right is ABSENT:
        if not (how.fuzzy and how.missing_is_empty):
            return left is right
        return _is_empty(left) and _is_empty(right)
    return _alike(left, right) if how.fuzzy else same_json(left, right)


def _is_empty(value: Any) -> bool:
    return value is ABSENT or value is None or (isinstance(value, (str, list)) and not value)


def _alike(left: Any, right: Any) -> bool:
    """Whether two values are equal when types do not count."""
    if same_json(left, right) or (_is_empty(left) and _is_empty(right)):
        return True
    for one, other in ((left, right), (right, left)):
        if isinstance(one, (dict, list)):
            return isinstance(other, str) and same_json(one, _parsed(other))
        if isinstance(one, bool):
            truth: bool | None = _truth(other)
            return truth is one
        if is_number(one) and isinstance(other, str):
            return bool(other) and bool(to_number(other) == one)
    return False


def _truth(value: Any) -> bool | None:
    word = to_text(value).strip().lower() if not isinstance(value, (dict, list)) else ""
    return {"true": True, "1": True, "false": False, "0": False}.get(word)


def _parsed(text: str) -> Any:
    try:
        return parse_json(text)
    except ValueError:
        return ABSENT
