"""Items: reading them from JSON, and finding out which item came from which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from tapbot.storage.types import JsonObject
from tapbot.workflow.types import Item, Outputs, Pair


def item_from_json(value: object) -> Item:
    """An item from its JSON; anything without a `json` key is taken for the record itself."""
    if isinstance(value, dict) and isinstance(value.get("json"), dict):
        error = value.get("error")
        return Item(
            json=value["json"],
            binary=value.get("binary") or None,
            paired_item=pairs_from_json(value.get("pairedItem")),
            error=error if isinstance(error, str) else None,
        )
    return Item(json=cast(JsonObject, value if isinstance(value, dict) else {"value": value}))


def pairs_from_json(value: object) -> tuple[Pair, ...] | None:
    """n8n writes a pair as a number, an object, or a list of either."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return (Pair(value),)
    if isinstance(value, dict) and isinstance(value.get("item"), int):
        return (Pair(value["item"], value.get("input") or 0, value.get("run")),)
    if isinstance(value, list):
        return tuple(pair for entry in value for pair in pairs_from_json(entry) or ())
    return None


def item_to_json(item: Item) -> dict[str, Any]:
    """The JSON of an item, in n8n's shape."""
    shown: dict[str, Any] = {"json": item.json}
    if item.binary:
        shown["binary"] = item.binary
    if item.error is not None:
        shown["error"] = item.error
    pairs = item.paired_item
    if pairs is not None:
        shown["pairedItem"] = _pair_to_json(pairs[0]) if len(pairs) == 1 else [_pair_to_json(pair) for pair in pairs]
    return shown


def _pair_to_json(pair: Pair) -> dict[str, int]:
    shown = {"item": pair.item}
    if pair.input:
        shown["input"] = pair.input
    if pair.run is not None:
        shown["run"] = pair.run
    return shown


def outputs_to_json(outputs: Outputs) -> list[list[dict[str, Any]]]:
    """The JSON of a node's outputs."""
    return [[item_to_json(item) for item in output] for output in outputs]


def fill_pairs(inputs: Sequence[Sequence[Item]], outputs: Outputs) -> Outputs:
    """Complete missing pairs as n8n does.

    One input item: all pair to it. The same count: by index. One item made of several: the first. Else nobody knows.
    """
    slot = next((slot for slot, items in enumerate(inputs) if items), 0)
    count = len(inputs[slot]) if inputs else 0
    for output in outputs:
        by_index = len(output) == count
        if count == 0 or not (by_index or count == 1 or (len(output) == 1 and len(outputs) == 1)):
            continue
        for index, item in enumerate(output):
            if item.paired_item is None:
                item.paired_item = (Pair(index if by_index else 0, slot),)
    return outputs


def copy_items(items: Sequence[Item]) -> list[Item]:
    """New items over the same records, so that a node may change pairs without changing its neighbour's items."""
    return [Item(json=item.json, binary=item.binary, paired_item=item.paired_item, error=item.error) for item in items]
