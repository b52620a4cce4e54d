"""Joining items into one: by position, each with each, and which value wins when both have a field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tapbot.errors import InvalidInput, LimitExceeded
from tapbot.workflow.types import Item, Pair

MOST_COMBINATIONS = 200_000


@dataclass(frozen=True, slots=True)
class Clash:
    """Which value wins when several items have a field.

    Args:
        resolve: `preferInput1` …, `preferLast`, or `addSuffix`.
        deep: Join nested values field by field.
        override_empty: Take another value where the preferred one is null or an empty text.
    """

    resolve: str
    deep: bool
    override_empty: bool


def combine_by_position(
    inputs: Sequence[Sequence[Item]], clash: Clash, unpaired: Literal["none", "first", "all"]
) -> list[Item]:
    """Join the first items of all inputs, the second ones, and so on.

    Args:
        unpaired: Whose items are kept when the others have no more.
    """
    lengths = [len(items) for items in inputs]
    count = {"none": min(lengths), "first": lengths[0], "all": max(lengths)}[unpaired]
    return [
        merge_items([(number, items[place]) for number, items in enumerate(inputs, 1) if place < len(items)], clash)
        for place in range(count)
    ]


def combine_all(first: Sequence[Item], second: Sequence[Item], clash: Clash) -> list[Item]:
    """Join each item of the first input with each of the second; the preferred input's items change fastest.

    Raises:
        LimitExceeded: That would be too many.
    """
    if len(first) * len(second) > MOST_COMBINATIONS:
        raise LimitExceeded(
            f"{len(first)} items with {len(second)} make more than {MOST_COMBINATIONS} combinations.",
            code="node.too_many_items",
        )
    if clash.resolve == "preferInput1":
        return [merge_items([(1, one), (2, other)], clash) for other in second for one in first]
    return [merge_items([(1, one), (2, other)], clash) for one in first for other in second]


def merge_items(entries: Sequence[tuple[int, Item]], clash: Clash) -> Item:
    """One item out of several.

    Args:
        entries: Number of the input, from 1, and its item.

    Raises:
        InvalidInput: The clash handling is unknown.
    """
    pairs: list[Pair] = [pair for _, item in entries for pair in item.paired_item or ()]
    ordered = _by_preference(entries, clash)
    if clash.resolve == "addSuffix":
        record: dict[str, Any] = {}
        for number, item in entries:
            record |= add_suffix(item, number).json
    else:
        record = _overlay([item.json for _, item in ordered], [item.json for _, item in entries], clash)
    binary: dict[str, Any] = {}
    for _, item in ordered:
        binary |= item.binary or {}
    return Item(json=record, binary=binary or None, paired_item=tuple(pairs) or None)


def add_suffix(item: Item, number: int) -> Item:
    """The item with the number of its input behind every field's name."""
    record = {f"{name}_{number}": value for name, value in item.json.items()}
    return Item(json=record, binary=item.binary, paired_item=item.paired_item)


def _by_preference(entries: Sequence[tuple[int, Item]], clash: Clash) -> list[tuple[int, Item]]:
    """The entries, the preferred one last."""
    wanted = clash.resolve.removeprefix("preferInput")
    if clash.resolve in {"preferLast", "addSuffix"}:
        return list(entries)
    if not wanted.isdecimal():
        raise InvalidInput(
            f"There is no clash handling {clash.resolve!r}.",
            code="node.invalid_parameter",
            place="options.clashHandling",
            hint="Choose preferInput1, preferInput2, preferLast or addSuffix.",
        )
    return sorted(entries, key=lambda entry: entry[0] == int(wanted))


def _overlay(by_preference: Sequence[dict[str, Any]], in_order: Sequence[dict[str, Any]], clash: Clash) -> Any:
    """Records on top of each other; fields stay in the order of the inputs."""
    top: dict[str, Any] = {}
    for record in by_preference:
        top = _merge(top, record, clash)
    return {name: top[name] for record in in_order for name in record}


def _merge(below: Any, above: Any, clash: Clash, depth: int = 0) -> Any:
    if isinstance(below, dict) and isinstance(above, dict) and (clash.deep or depth == 0):
        joined = dict(below)
        for name, value in above.items():
            joined[name] = _merge(below[name], value, clash, depth + 1) if name in below else value
        return joined
    if isinstance(below, list) and isinstance(above, list) and clash.deep:
        shared = [_merge(one, other, clash, depth + 1) for one, other in zip(below, above, strict=False)]
        return [*shared, *(below[len(above) :] or above[len(below) :])]
    if clash.override_empty and above in (None, "") and not isinstance(above, bool):
        return below
    return above
