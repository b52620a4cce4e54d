"""Set (Edit Fields): writes, converts and chooses fields of items."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import Text, split_names
from tapbot.nodes.paths import get_path, remove_path, set_path
from tapbot.nodes.set.upgrade import upgrade
from tapbot.nodes.set.values import convert, read_object
from tapbot.workflow.node import NodeParams, Step, node
from tapbot.workflow.types import Item

SAMPLE = '{\n  "my_field_1": "value",\n  "my_field_2": 1\n}'
MOST_DUPLICATES = 1000


class Assignment(NodeParams):
    """One field to write."""

    name: Text = ""
    """Name of the field, or the path of a nested one such as `trip.seats`."""
    value: Any = ""
    """Value."""
    type: Literal["string", "number", "boolean", "array", "object"] = "string"
    """Type that the value gets."""


class Assignments(NodeParams):
    """The fields to write."""

    assignments: list[Assignment] = Field(default_factory=list)
    """Fields, in their order."""


class SetOptions(NodeParams):
    """Less used settings."""

    dot_notation: bool = True
    """Read `a.b` as field `b` inside `a`; otherwise as a plain name."""
    ignore_conversion_errors: bool = False
    """Keep a value that cannot be converted as it is; otherwise it is an error."""
    strip_binary: bool = False
    """Leave files out, also when other fields are kept."""


class SetParams(NodeParams):
    """Which fields to write and which to keep."""

    mode: Literal["manual", "raw"] = "manual"
    """`manual`: field by field. `raw`: one JSON object."""
    assignments: Assignments = Field(default_factory=Assignments)
    """Fields to write."""
    json_output: Any = SAMPLE
    """The fields as one JSON object."""
    include_other_fields: bool = False
    """Keep the item's other fields too."""
    include: Literal["all", "selected", "except"] = "all"
    """Which other fields to keep."""
    include_fields: Text = ""
    """Fields to keep, separated by commas."""
    exclude_fields: Text = ""
    """Fields to leave out, separated by commas."""
    duplicate_item: bool = False
    """Give each item several times, to try a workflow with more data."""
    duplicate_count: int = Field(default=0, ge=0, le=MOST_DUPLICATES)
    """How many copies to add."""
    options: SetOptions = Field(default_factory=SetOptions)
    """Less used settings."""
    converts_types: bool = True
    """Convert values to their types; the node's first versions did not."""
    keeps_files: Literal["with other fields", "always"] = "with other fields"
    """When files are kept; versions 3 to 3.3 always did."""


@node("n8n-nodes-base.set", SetParams, version=3.4, label="Edit Fields (Set)", upgrade=upgrade)
def edit_fields(params: SetParams, item: Item, _step: Step) -> Item | list[Item]:
    """Write fields, and keep the others that were asked for."""
    record = _kept_fields(params, item.json)
    if params.mode == "raw":
        record.update(read_object(params.json_output))
    else:
        _assign(record, params)
    keeps_files = params.keeps_files == "always" or params.include_other_fields
    binary = item.binary if keeps_files and not params.options.strip_binary else None
    if not params.duplicate_item:
        return Item(json=record, binary=binary)
    return [Item(json=record, binary=binary) for _ in range(params.duplicate_count + 1)]


def _kept_fields(params: SetParams, record: dict[str, Any]) -> dict[str, Any]:
    """The other fields that stay."""
    if not params.include_other_fields:
        return {}
    dots = params.options.dot_notation
    if params.include == "selected":
        kept: dict[str, Any] = {}
        for name in split_names(params.include_fields):
            found, value = get_path(record, name, dots=dots)
            if found:
                set_path(kept, name, value, dots=dots and name not in record)
        return kept
    kept = dict(record)
    if params.include == "except":
        for name in split_names(params.exclude_fields):
            remove_path(kept, name, dots=dots)
    return kept


def _assign(record: dict[str, Any], params: SetParams) -> None:
    for assignment in params.assignments.assignments:
        value = assignment.value
        if params.converts_types:
            try:
                value = convert(assignment.name, value, assignment.type)
            except InvalidInput:
                if not params.options.ignore_conversion_errors:
                    raise
        set_path(record, assignment.name, value, dots=params.options.dot_notation)
