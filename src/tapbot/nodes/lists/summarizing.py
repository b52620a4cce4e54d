"""Summarize: counts, sums and the like over items, by groups: a pivot table."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import Text
from tapbot.nodes.javascript import is_less, is_number, plain, stringify, to_text
from tapbot.nodes.lists.names import Names, all_pairs, read_field
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeParams
from tapbot.workflow.types import Item

MISSING = object()
"""A field that an item lacks; another thing than null."""
PREFIXES = {
    "append": "appended_",
    "average": "average_",
    "concatenate": "concatenated_",
    "count": "count_",
    "countUnique": "unique_count_",
    "max": "max_",
    "min": "min_",
    "sum": "sum_",
}


class SummarizedField(NodeParams):
    """What to work out of a field."""

    aggregation: Literal["append", "average", "concatenate", "count", "countUnique", "max", "min", "sum"] = "count"
    """What to work out."""
    field: Text = ""
    """Name of the field."""
    include_empty: bool = False
    """Count empty values too."""
    separate_by: Text = ","
    """What stands between the texts that are joined; `other`: the text below."""
    custom_separator: Text = ""
    """What stands between them."""


class SummarizedFields(NodeParams):
    """What to work out."""

    values: list[SummarizedField] = Field(default_factory=list)
    """Fields."""


class SummarizeOptions(NodeParams):
    """Less used settings."""

    continue_if_field_not_found: bool = False
    """Go on where no item has a field; version 1 takes that for an error otherwise."""
    disable_dot_notation: bool = False
    """Read `a.b` as a plain name; otherwise as field `b` inside `a`."""
    output_format: Literal["separateItems", "singleItem"] = "separateItems"
    """One item a group, or one item with all groups inside each other."""
    skip_empty_split_fields: bool = False
    """Leave out items whose group is empty."""


class SummarizeParams(NodeParams):
    """What to work out, and by which groups."""

    fields_to_summarize: SummarizedFields = Field(default_factory=SummarizedFields)
    """What to work out."""
    fields_to_split_by: Names = Field(default_factory=list)
    """Fields whose values make the groups, separated by commas."""
    options: SummarizeOptions = Field(default_factory=SummarizeOptions)
    """Less used settings."""
    must_exist: bool = False
    """Whether a field that no item has is an error, as in version 1."""


Groups = list[tuple[list[Any], list[Item]]]


def summarize_items(params: SummarizeParams, items: list[Item]) -> list[Item]:
    """An item a group, or one with all groups.

    Raises:
        InvalidInput: Nothing is named to work out, or no item has a field.
    """
    fields = params.fields_to_summarize.values
    if not fields or any(not field.field for field in fields):
        raise InvalidInput(
            "You need to define at least one field to summarize, each with its name.",
            code="node.invalid_parameter",
            place="fieldsToSummarize",
        )
    dots = not params.options.disable_dot_notation
    if params.must_exist and not params.options.continue_if_field_not_found:
        for name in [*params.fields_to_split_by, *(field.field for field in fields)]:
            if not any(read_field(item, name, dots=dots)[0] for item in items):
                raise InvalidInput(
                    f"The field '{name}' does not exist in any items",
                    code="node.no_such_field",
                    hint="Correct the name, or turn on 'Continue if field not found'.",
                )
    groups = _group(params, items, dots=dots)
    if params.options.output_format == "singleItem":
        return [Item(json=_nested(params, groups, dots=dots), paired_item=all_pairs(items))]
    names = [_plain_name(name) for name in params.fields_to_split_by]
    return [
        Item(
            json={**dict(zip(names, values, strict=True)), **_work_out(params, members, dots=dots)},
            paired_item=all_pairs(members),
        )
        for values, members in groups
    ]


def _plain_name(name: str) -> str:
    """A field's name without the signs of a path."""
    return re.sub(r"[ .]", "_", re.sub(r"""[\]\["]""", "", name))


def _group(params: SummarizeParams, items: list[Item], *, dots: bool) -> Groups:
    """Items by the values of the fields that split them; groups inside groups come one after the other."""
    groups: Groups = [([], items)]
    for name in params.fields_to_split_by:
        finer: Groups = []
        for values, members in groups:
            found: dict[tuple[str, Any], tuple[list[Any], list[Item]]] = {}
            for item in members:
                value = read_field(item, name, dots=dots)[1]
                if isinstance(value, (dict, list)):
                    value = stringify(value)
                if params.options.skip_empty_split_fields and not value and not is_number(value):
                    continue
                key = ("n" if is_number(value) else type(value).__name__, value)
                found.setdefault(key, ([*values, value], []))[1].append(item)
            finer.extend(found.values())
        groups = finer
    return groups


def _nested(params: SummarizeParams, groups: Groups, *, dots: bool) -> JsonObject:
    if not params.fields_to_split_by:
        return _work_out(params, groups[0][1], dots=dots)
    record: JsonObject = {}
    for values, members in groups:
        place: Any = record
        for value in values[:-1]:
            place = place.setdefault(to_text(value), {})
        place[to_text(values[-1])] = _work_out(params, members, dots=dots)
    return record


def _work_out(params: SummarizeParams, items: list[Item], *, dots: bool) -> JsonObject:
    record: JsonObject = {}
    for field in params.fields_to_summarize.values:
        values = []
        for item in items:
            found, value = read_field(item, field.field, dots=dots)
            values.append(value if found else MISSING)
        record[f"{PREFIXES[field.aggregation]}{_plain_name(field.field)}"] = _aggregate(field, values)
    return record


def _aggregate(field: SummarizedField, values: list[Any]) -> Any:
    filled = [value for value in values if value is not MISSING and value is not None and value != ""]
    wanted = values if field.include_empty else filled
    if field.aggregation == "append":
        return [None if value is MISSING else value for value in wanted]
    if field.aggregation == "concatenate":
        separator = field.custom_separator if field.separate_by == "other" else field.separate_by
        return separator.join(map(_shown, wanted))
    if field.aggregation in {"count", "countUnique"}:
        return len(wanted) if field.aggregation == "count" else len({_key(value) for value in wanted})
    if field.aggregation in {"min", "max"}:
        return _extreme(filled, lowest=field.aggregation == "min")
    return _total([value for value in values if is_number(value)], average=field.aggregation == "average")


def _total(numbers: list[Any], *, average: bool) -> Any:
    if average:
        return plain(sum(numbers) / len(numbers)) if numbers else None
    return plain(sum(numbers))


def _shown(value: Any) -> str:
    if value is MISSING:
        return "undefined"
    return stringify(value) if isinstance(value, (dict, list)) or value is None else to_text(value)


def _key(value: Any) -> tuple[str, Any]:
    if isinstance(value, (dict, list)):
        return "json", stringify(value)
    return ("number" if is_number(value) else type(value).__name__), value


def _extreme(values: list[Any], *, lowest: bool) -> Any:
    chosen: Any = None
    for value in values:
        if chosen is None or (is_less(value, chosen) if lowest else is_less(chosen, value)):
            chosen = value
    return chosen
