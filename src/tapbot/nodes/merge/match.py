"""Finding partners by equal fields, and the five ways to join them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from tapbot.nodes.javascript import plain, to_text
from tapbot.nodes.merge.combine import Clash, add_suffix, merge_items
from tapbot.nodes.paths import get_path
from tapbot.workflow.types import Item


@dataclass(frozen=True, slots=True)
class Matches:
    """Who found whom.

    Args:
        pairs: Each item of the first input that has partners, with them.
        lonely_first: Items of the first input without a partner.
        lonely_second: Items of the second input without a partner.
        matched_second: Items of the second input with a partner.
    """

    pairs: list[tuple[Item, list[Item]]]
    lonely_first: list[Item]
    lonely_second: list[Item]
    matched_second: list[Item]


def join_by_fields(
    first: Sequence[Item],
    second: Sequence[Item],
    fields: Sequence[tuple[str, str]],
    *,
    join_mode: str,
    output_from: str,
    clash: Clash,
    fuzzy: bool,
    dots: bool,
    first_match_only: bool,
) -> list[Item]:
    """Join two inputs as a database joins tables.

    Args:
        fields: Names of the fields that must be equal: of the first and of the second input.
        output_from: `both`, `input1` or `input2`, for `keepMatches` and `keepNonMatches`.
        fuzzy: Tolerate different types.
        dots: Names are paths.
        first_match_only: Each item of the first input takes its first partner only.
    """
    found = _find(first, second, fields, fuzzy=fuzzy, dots=dots, first_match_only=first_match_only)
    if join_mode == "keepNonMatches":
        return _lonely(found, output_from, marked=bool(first) and bool(second))
    if join_mode == "keepMatches" and output_from != "both":
        return [item for item, _ in found.pairs] if output_from == "input1" else found.matched_second
    joined = [merge_items([(1, item), (2, partner)], clash) for item, partners in found.pairs for partner in partners]
    rest_first, rest_second = found.lonely_first, found.lonely_second
    if clash.resolve == "addSuffix":
        rest_first = [add_suffix(item, 1) for item in rest_first]
        rest_second = [add_suffix(item, 2) for item in rest_second]
    if join_mode in {"keepEverything", "enrichInput1"}:
        joined += rest_first
    if join_mode in {"keepEverything", "enrichInput2"}:
        joined += rest_second
    return joined


def _lonely(found: Matches, output_from: str, *, marked: bool) -> list[Item]:
    """Items without a partner; where both inputs have some, a field `_source` tells whose they are."""
    if output_from == "input1":
        return found.lonely_first
    if output_from == "input2":
        return found.lonely_second
    if not marked:
        return [*found.lonely_first, *found.lonely_second]
    return [
        Item(json={**item.json, "_source": source}, binary=item.binary, paired_item=item.paired_item)
        for source, items in (("input1", found.lonely_first), ("input2", found.lonely_second))
        for item in items
    ]


def _find(
    first: Sequence[Item],
    second: Sequence[Item],
    fields: Sequence[tuple[str, str]],
    *,
    fuzzy: bool,
    dots: bool,
    first_match_only: bool,
) -> Matches:
    by_key: dict[str, list[int]] = {}
    for place, item in enumerate(second):
        key = _key(item, [name for _, name in fields], fuzzy=fuzzy, dots=dots)
        if key is not None:
            by_key.setdefault(key, []).append(place)
    pairs: list[tuple[Item, list[Item]]] = []
    lonely: list[Item] = []
    taken: set[int] = set()
    for item in first:
        key = _key(item, [name for name, _ in fields], fuzzy=fuzzy, dots=dots)
        places = by_key.get(key, []) if key is not None else []
        if not places:
            lonely.append(item)
            continue
        chosen = places[:1] if first_match_only else places
        taken.update(chosen)
        pairs.append((item, [second[place] for place in chosen]))
    return Matches(
        pairs,
        lonely,
        [item for place, item in enumerate(second) if place not in taken],
        [item for place, item in enumerate(second) if place in taken],
    )


def _key(item: Item, names: Sequence[str], *, fuzzy: bool, dots: bool) -> str | None:
    """What an item is compared by; `None` when a field is missing, which matches nothing unless compared loosely."""
    values = []
    for name in names:
        present, value = get_path(item.json, name, dots=dots)
        if not present and not fuzzy:
            return None
        values.append(_loose(value) if fuzzy else _plain(value))
    return json.dumps(values, sort_keys=True)


def _loose(value: object) -> object:
    if value is None or value == "":
        return ""
    return _plain(value) if isinstance(value, (list, dict)) else to_text(value)


def _plain(value: object) -> object:
    """Numbers of one value in one form: 1 and 1.0 are equal in JavaScript."""
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    return plain(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value
