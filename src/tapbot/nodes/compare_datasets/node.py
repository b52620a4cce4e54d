"""Compare Datasets: what is in one input, in both, and where they differ."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.nodes.compare_datasets.compare import Comparison, compare_items
from tapbot.nodes.fields import Text
from tapbot.nodes.lists.names import Names, read_field
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeCall, NodeParams, batch_node
from tapbot.workflow.types import Item, Outputs


class FieldPair(NodeParams):
    """Two fields that must be equal."""

    field1: Text = ""
    """Field of input A."""
    field2: Text = ""
    """Field of input B."""


class FieldPairs(NodeParams):
    """The fields that must be equal."""

    values: list[FieldPair] = Field(default_factory=list)
    """Pairs; all of them must be equal."""


class CompareOptions(NodeParams):
    """Less used settings."""

    skip_fields: Names = Field(default_factory=list)
    """Fields that are not compared, separated by commas."""
    disable_dot_notation: bool = False
    """Read `a.b` as a plain name; otherwise as field `b` inside `a`."""
    multiple_matches: Literal["first", "all"] = "first"
    """Compare an item with its first partner, or with all of them."""


class CompareDatasetsParams(NodeParams):
    """How items find each other, and what is told of differences."""

    merge_by_fields: FieldPairs = Field(default_factory=FieldPairs)
    """Fields that must be equal."""
    resolve: Literal["preferInput1", "preferInput2", "mix", "includeBoth"] = "includeBoth"
    """Where items differ: whose version is given, a mix of both, or both side by side."""
    fuzzy_compare: bool = False
    """Take `"3"` and `3` for equal, and null, an empty text and an empty list too."""
    prefer_when_mix: Literal["input1", "input2"] = "input1"
    """Whose version is mixed with fields of the other."""
    except_when_mix: Names = Field(default_factory=list)
    """Fields of the other, separated by commas."""
    options: CompareOptions = Field(default_factory=CompareOptions)
    """Less used settings."""
    labels: tuple[str, str] = ("inputA", "inputB")
    """Names of the two versions of a value; version 1 had others."""
    missing_is_empty: bool = True
    """Let a missing field equal an empty one where types are tolerated; since version 2.1."""
    must_exist: bool = False
    """Whether a field that no item has is an error; before version 2.2."""


def upgrade(parameters: JsonObject, version: float) -> JsonObject:
    """Version 1 preferred input B, named the inputs by number, and kept `fuzzyCompare` among the options."""
    raw: dict[str, Any] = dict(parameters)
    raw |= {"missingIsEmpty": version >= 2.1, "mustExist": version < 2.2}
    if version < 2:
        raw = {"resolve": "preferInput2", **raw, "labels": ["input1", "input2"]}
        raw["fuzzyCompare"] = (raw.get("options") or {}).get("fuzzyCompare", False)
    return raw


@batch_node(
    "n8n-nodes-base.compareDatasets",
    CompareDatasetsParams,
    version=2.3,
    label="Compare Datasets",
    inputs=2,
    outputs=("In A only", "Same", "Different", "In B only"),
    required_inputs=lambda _parameters: 1,
    upgrade=upgrade,
)
def compare_datasets(call: NodeCall[CompareDatasetsParams]) -> Outputs:
    """Sort the items of both inputs by whether they have an equal partner, a different one, or none."""
    params = call.params
    pairs = [(pair.field1.strip(), pair.field2.strip()) for pair in params.merge_by_fields.values]
    if not pairs or not all(one and other for one, other in pairs):
        raise InvalidInput(
            "You need to define at least one pair of fields in 'Fields to Match' to match on",
            code="node.invalid_parameter",
            place="mergeByFields",
        )
    first, second = [*call.inputs, [], []][:2]
    dots = not params.options.disable_dot_notation
    if params.must_exist:
        for items, names, label in (
            (first, [pair[0] for pair in pairs], "A"),
            (second, [pair[1] for pair in pairs], "B"),
        ):
            _require(items, names, label, dots=dots)
    comparison = Comparison(
        fuzzy=params.fuzzy_compare,
        missing_is_empty=params.missing_is_empty,
        skipped=tuple(params.options.skip_fields),
        dots=dots,
        every_match=params.options.multiple_matches == "all",
        labels=params.labels,
        same_from_second=params.resolve == "preferInput2",
    )
    found = compare_items(first, second, pairs, comparison)
    different = [_resolve(params, *difference, dots=dots) for difference in found.different]
    return [found.only_first, found.same, different, found.only_second]


def _require(items: list[Item], names: list[str], label: str, *, dots: bool) -> None:
    for name in names:
        if not any(read_field(item, name, dots=dots)[0] for item in items):
            raise InvalidInput(
                f"Field '{name}' is not present in any of items in 'Input {label}'",
                code="node.no_such_field",
                hint="Correct the name of the field to match.",
            )


def _resolve(params: CompareDatasetsParams, one: Item, other: Item, described: JsonObject, *, dots: bool) -> Item:
    """What is given for two items that differ."""
    pairs = (*(one.paired_item or ()), *(other.paired_item or ()))
    if params.resolve == "includeBoth":
        return Item(json=described, paired_item=pairs)
    if params.resolve == "mix":
        preferred, rest = (one, other) if params.prefer_when_mix == "input1" else (other, one)
        record = dict(preferred.json)
        for name in params.except_when_mix:
            found, value = read_field(rest, name, dots=dots)
            if found:
                record[name] = value
        return Item(json=record, binary=preferred.binary, paired_item=pairs)
    chosen = one if params.resolve == "preferInput1" else other
    return Item(json=chosen.json, binary=chosen.binary, paired_item=pairs)
