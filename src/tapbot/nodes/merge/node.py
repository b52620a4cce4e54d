"""Merge: joins the items of several inputs."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import Text, split_names
from tapbot.nodes.merge.combine import Clash, combine_all, combine_by_position
from tapbot.nodes.merge.match import join_by_fields
from tapbot.nodes.merge.upgrade import upgrade
from tapbot.storage.types import JsonObject
from tapbot.workflow.items import copy_items
from tapbot.workflow.node import NodeCall, NodeParams, batch_node
from tapbot.workflow.types import Item, Outputs


class FieldPair(NodeParams):
    """Two fields that must be equal."""

    field1: Text = ""
    """Field of the first input's items."""
    field2: Text = ""
    """Field of the second input's items."""


class FieldPairs(NodeParams):
    """The fields that must be equal."""

    values: list[FieldPair] = Field(default_factory=list)
    """Pairs; all of them must be equal."""


class ClashValues(NodeParams):
    """Which value wins when both items have a field."""

    resolve_clash: str | None = None
    """`preferInput1`, `preferInput2` …, `preferLast`, or `addSuffix`: keep both, the input's number in the name."""
    merge_mode: Literal["deepMerge", "shallowMerge"] = "deepMerge"
    """`deepMerge`: nested objects are joined field by field. `shallowMerge`: the preferred one counts as a whole."""
    override_empty: bool = False
    """Take the other value where the preferred one is null or an empty text."""


class ClashHandling(NodeParams):
    """Which value wins."""

    values: ClashValues = Field(default_factory=ClashValues)
    """The rules."""


class MergeOptions(NodeParams):
    """Less used settings."""

    clash_handling: ClashHandling = Field(default_factory=ClashHandling)
    """Which value wins when both items have a field."""
    fuzzy_compare: bool = False
    """Take `"3"` and `3` for equal, and null, an empty text and a missing value too."""
    disable_dot_notation: bool = False
    """Read `a.b` as a plain name; otherwise as field `b` inside `a`."""
    multiple_matches: Literal["all", "first"] = "all"
    """Give one item for each match, or for the first match only."""
    include_unpaired: bool = False
    """By position: keep items that have no partner."""


class MergeParams(NodeParams):
    """How the inputs are joined."""

    mode: Literal["append", "combine", "chooseBranch"] = "append"
    """`append`: one after the other. `combine`: join items. `chooseBranch`: take one input's items."""
    number_inputs: int = Field(default=2, ge=2, le=100)
    """How many inputs there are."""
    combine_by: Literal["combineByFields", "combineByPosition", "combineAll"] = "combineByFields"
    """How items find their partners: by equal fields, by position, or each with each."""
    fields_to_match_string: Text = ""
    """Fields that must be equal, separated by commas."""
    advanced: bool = False
    """The fields have other names in the second input."""
    merge_by_fields: FieldPairs = Field(default_factory=FieldPairs)
    """Fields that must be equal, by input."""
    join_mode: Literal["keepMatches", "keepNonMatches", "keepEverything", "enrichInput1", "enrichInput2"] = (
        "keepMatches"
    )
    """What is given: items with a partner, without one, both, or all of one input with what the other knows of them."""
    output_data_from: Literal["both", "input1", "input2"] = "both"
    """Whose data is given."""
    output: Literal["specifiedInput", "input1", "input2", "empty"] = "specifiedInput"
    """What `chooseBranch` gives: an input's items, or a single empty item."""
    use_data_of_input: int = Field(default=1, ge=1, le=100)
    """Number of the input whose items are given, from 1."""
    options: MergeOptions = Field(default_factory=MergeOptions)
    """Less used settings."""
    keeps_unpaired_of_first: bool = False
    """By position: keep the first input's items that have no partner; a way of version 1."""


def required_inputs(parameters: JsonObject) -> int | None:
    """`chooseBranch` waits for all inputs; the other modes make do with what there is."""
    if parameters.get("mode") != "chooseBranch":
        return None
    count = parameters.get("numberInputs", 2)
    return count if isinstance(count, int) else 2


@batch_node(
    "n8n-nodes-base.merge",
    MergeParams,
    version=3.2,
    label="Merge",
    inputs=2,
    required_inputs=required_inputs,
    upgrade=upgrade,
)
def merge(call: NodeCall[MergeParams]) -> Outputs:
    """Join the items of the inputs into one list."""
    params = call.params
    inputs = [*call.inputs, *[[] for _ in range(params.number_inputs - len(call.inputs))]]
    if params.mode == "append":
        return [[item for items in inputs for item in items]]
    if params.mode == "chooseBranch":
        return [_choose(params, inputs)]
    if params.combine_by == "combineByPosition":
        unpaired: Literal["none", "first", "all"] = "all" if params.options.include_unpaired else "none"
        if params.keeps_unpaired_of_first:
            unpaired = "first"
        return [combine_by_position(inputs[: params.number_inputs], _clash(params, "preferLast"), unpaired)]
    if params.combine_by == "combineAll":
        return [combine_all(inputs[0], inputs[1], _clash(params, "preferLast"))]
    return [_join(params, inputs[0], inputs[1])]


def _choose(params: MergeParams, inputs: Outputs) -> list[Item]:
    if params.output == "empty":
        return [Item(json={})]
    named = {"input1": 1, "input2": 2}.get(params.output, params.use_data_of_input)
    if named > len(inputs):
        raise InvalidInput(
            f"There is no input {named}; the node has {len(inputs)}.",
            code="node.invalid_parameter",
            place="useDataOfInput",
        )
    return inputs[named - 1]


def _join(params: MergeParams, first: list[Item], second: list[Item]) -> list[Item]:
    if params.advanced or not params.fields_to_match_string:
        pairs = [(pair.field1.strip(), pair.field2.strip()) for pair in params.merge_by_fields.values]
    else:
        pairs = [(name, name) for name in split_names(params.fields_to_match_string)]
    if not pairs or not all(name for pair in pairs for name in pair):
        raise InvalidInput(
            "There are no fields to match on.",
            code="node.invalid_parameter",
            place="fieldsToMatchString",
            hint="Name at least one field that both inputs have.",
        )
    preferred = "preferInput1" if params.join_mode == "enrichInput2" else "preferInput2"
    return join_by_fields(
        copy_items(first),
        copy_items(second),
        pairs,
        join_mode=params.join_mode,
        output_from=params.output_data_from,
        clash=_clash(params, preferred),
        fuzzy=params.options.fuzzy_compare,
        dots=not params.options.disable_dot_notation,
        first_match_only=params.options.multiple_matches == "first",
    )


def _clash(params: MergeParams, preferred: str) -> Clash:
    values: Any = params.options.clash_handling.values
    return Clash(
        resolve=values.resolve_clash or preferred,
        deep=values.merge_mode == "deepMerge",
        override_empty=values.override_empty,
    )
