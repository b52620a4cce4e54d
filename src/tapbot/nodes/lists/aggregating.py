"""Aggregate: many items become one that holds lists."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import Text
from tapbot.nodes.lists.names import Names, all_pairs, read_field, require_field, require_names, without
from tapbot.nodes.paths import set_path
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeParams
from tapbot.workflow.types import Item

SAME_FILE = ("mimeType", "fileType", "fileSize", "fileExtension")
"""What two files have in common that count as one."""


class AggregatedField(NodeParams):
    """A field to collect."""

    field_to_aggregate: Text = ""
    """Name of the field."""
    rename_field: bool = False
    """Whether the list gets another name."""
    output_field_name: Text = ""
    """That name."""


class AggregatedFields(NodeParams):
    """The fields to collect."""

    field_to_aggregate: list[AggregatedField] = Field(default_factory=list)
    """Fields."""


class AggregateOptions(NodeParams):
    """Less used settings."""

    disable_dot_notation: bool = False
    """Read `a.b` as a plain name; otherwise as field `b` inside `a`."""
    merge_lists: bool = False
    """Join lists into one list, instead of a list of lists."""
    keep_missing: bool = False
    """Write null for a missing or empty value, instead of leaving it out."""
    include_binaries: bool = False
    """Give the new item the files of all items."""
    keep_only_unique: bool = False
    """Keep one file of those with the same kind, size and extension."""


class AggregateParams(NodeParams):
    """What to collect."""

    aggregate: Literal["aggregateIndividualFields", "aggregateAllItemData"] = "aggregateIndividualFields"
    """`aggregateIndividualFields`: a list for each field. `aggregateAllItemData`: one list of records."""
    fields_to_aggregate: AggregatedFields = Field(default_factory=AggregatedFields)
    """Fields to collect."""
    destination_field_name: Text = "data"
    """Name of the list of records."""
    include: Literal["allFields", "specifiedFields", "allFieldsExcept"] = "allFields"
    """Which fields the records have."""
    fields_to_include: Names = Field(default_factory=list)
    """Fields to give, separated by commas."""
    fields_to_exclude: Names = Field(default_factory=list)
    """Fields to leave out, separated by commas."""
    options: AggregateOptions = Field(default_factory=AggregateOptions)
    """Less used settings."""
    must_exist: bool = False
    """Whether a field that no item has is an error, as in the first versions of Item Lists."""


def aggregate_items(params: AggregateParams, items: list[Item]) -> Item:
    """One item made of all.

    Raises:
        InvalidInput: Nothing is named to collect, or two lists would have one name.
    """
    if params.aggregate == "aggregateAllItemData":
        record: JsonObject = {params.destination_field_name: _records(params, items)}
    else:
        record = _lists(params, items)
    binary = _files(items, unique=params.options.keep_only_unique) if params.options.include_binaries else None
    return Item(json=record, binary=binary, paired_item=all_pairs(items))


def _records(params: AggregateParams, items: list[Item]) -> list[Any]:
    if params.include == "allFields":
        return [item.json for item in items]
    if params.include == "specifiedFields":
        names = params.fields_to_include
        require_names(names, "fieldsToInclude", "fields to include")
        found = [{name: value for name, value in item.json.items() if name in names} for item in items]
    else:
        require_names(params.fields_to_exclude, "fieldsToExclude", "fields to exclude")
        found = [without(item.json, params.fields_to_exclude) for item in items]
    return [record for record in found if record]


def _lists(params: AggregateParams, items: list[Item]) -> JsonObject:
    fields = params.fields_to_aggregate.field_to_aggregate
    if not fields:
        raise InvalidInput(
            "No fields specified: name the fields to collect.", code="node.invalid_parameter", place="fieldsToAggregate"
        )
    dots = not params.options.disable_dot_notation
    record: JsonObject = {}
    used: set[str] = set()
    for field in fields:
        name = field.field_to_aggregate
        output = field.output_field_name if field.rename_field and field.output_field_name else ""
        output = output or (name.rpartition(".")[2] if dots else name)
        if output in used:
            raise InvalidInput(
                f"The '{output}' output field is used more than once", code="node.invalid_parameter", hint="Rename one."
            )
        used.add(output)
        if params.must_exist:
            require_field(items, name, dots=dots)
        set_path(record, output, _values(params.options, items, name, dots=dots), dots=dots)
    return record


def _values(options: AggregateOptions, items: list[Item], name: str, *, dots: bool) -> list[Any]:
    values: list[Any] = []
    for item in items:
        value = read_field(item, name, dots=dots)[1]
        if not options.keep_missing:
            if value is None:
                continue
            if isinstance(value, list):
                value = [entry for entry in value if entry is not None]
        if options.merge_lists and isinstance(value, list):
            values.extend(value)
        else:
            values.append(value)
    return values


def _files(items: list[Item], *, unique: bool) -> dict[str, Any] | None:
    """The files of all items; a name that is taken gets a number."""
    files: dict[str, Any] = {}
    for item in items:
        for name, file in (item.binary or {}).items():
            if unique and any(all(file.get(key) == known.get(key) for key in SAME_FILE) for known in files.values()):
                continue
            free, number = name, 1
            while free in files:
                free, number = f"{name}_{number}", number + 1
            files[free] = file
    return files or None
