"""Convert to File: a file made of items."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Literal

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.nodes.binaries import check_size, make_binary, text_at
from tapbot.nodes.convert_to_file.calendar import CalendarFields, write_event
from tapbot.nodes.fields import Text, read_text
from tapbot.nodes.javascript import pretty, stringify
from tapbot.nodes.tables.writing import WriteOptions, write_table
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeCall, NodeParams, batch_node
from tapbot.workflow.types import Item, Outputs

TABLES = frozenset({"csv", "html", "ods", "rtf", "xls", "xlsx"})
MARK = "\ufeff"


class FileOptions(WriteOptions):
    """Less used settings."""

    add_bom: bool = Field(default=False, alias="addBOM")
    """Write a mark that tells the encoding in front of the text."""
    data_is_base64: bool = Field(default=True, alias="dataIsBase64")
    """Whether the field holds a file as Base64; otherwise its text is the file."""
    encoding: Text = "utf8"
    """How letters are written."""
    format: bool = False
    """Write JSON over several lines."""
    mime_type: Text = ""
    """Kind of the file."""


class ConvertToFileParams(NodeParams):
    """What to make."""

    operation: Literal["csv", "html", "iCal", "toJson", "ods", "rtf", "toText", "xls", "xlsx", "toBinary"] = "csv"
    """Kind of the file; `toBinary` reads Base64."""
    mode: Literal["once", "each"] = "once"
    """One JSON file with all items, or one for each."""
    source_property: Text = ""
    """Field with the text or the Base64."""
    binary_property_name: Text = "data"
    """Name of the new file in the item."""
    calendar: CalendarFields = Field(default_factory=CalendarFields)
    """The event of an `iCal` file."""
    options: FileOptions = Field(default_factory=FileOptions)
    """Less used settings."""


def upgrade(parameters: JsonObject, _version: float) -> JsonObject:
    """All versions are alike; the fields of a calendar's event get a place of their own."""
    raw: dict[str, Any] = dict(parameters)
    if raw.get("operation") == "iCal":
        raw["calendar"] = dict(parameters)
    return raw


@batch_node("n8n-nodes-base.convertToFile", ConvertToFileParams, version=1.1, label="Convert to File", upgrade=upgrade)
def convert(call: NodeCall[ConvertToFileParams]) -> Outputs:
    """Make one file of all items, or one of each."""
    params = call.params
    if params.operation in TABLES:
        return [[_all_in_one(call, _table(params, call.items))]]
    if params.operation == "toJson" and params.mode == "once":
        return [[_all_in_one(call, _json(params, [item.json for item in call.items]))]]
    given = []
    for one, item in zip(call.params_each(), call.items, strict=True):
        if one.operation == "toJson":
            file = _json(one, item.json)
        elif one.operation == "iCal":
            content = write_event(one.calendar, call.step.now)
            name = one.options.file_name or "event.ics"
            file = make_binary(content, name=name, media_type="text/calendar")
        else:
            file = _of_field(one, item)
        given.append(Item(json={}, binary={one.binary_property_name: file}, paired_item=item.paired_item))
    return [given]


def _all_in_one(call: NodeCall[ConvertToFileParams], file: dict[str, Any]) -> Item:
    pairs = tuple(pair for item in call.items for pair in item.paired_item or ())
    return Item(json={}, binary={call.params.binary_property_name: file}, paired_item=pairs)


def _table(params: ConvertToFileParams, items: list[Item]) -> dict[str, Any]:
    content = write_table([item.json for item in items], params.operation, params.options)
    check_size(len(content))
    return make_binary(content, name=params.options.file_name or f"File.{params.operation}")


def _json(params: ConvertToFileParams, value: Any) -> dict[str, Any]:
    text = pretty(value) if params.options.format else stringify(value)
    name = params.options.file_name or "file.json"
    return make_binary(_encode(text, params.options), name=name, media_type="application/json")


def _of_field(params: ConvertToFileParams, item: Item) -> dict[str, Any]:
    """A file of one field: its text, or the Base64 in it."""
    options = params.options
    value = text_at(item, params.source_property)
    if params.operation == "toText" or not options.data_is_base64:
        media_type = options.mime_type or "text/plain"
        name = options.file_name or ("file.txt" if params.operation == "toText" else None)
        return make_binary(_encode(read_text(value), options), name=name, media_type=media_type)
    try:
        content = base64.b64decode(read_text(value).rpartition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput(
            f"The field {params.source_property!r} holds no Base64.",
            code="node.wrong_type",
            hint="For a plain text choose the operation 'Convert to Text File'.",
        ) from None
    return make_binary(content, name=options.file_name or None, media_type=options.mime_type or None)


def _encode(text: str, options: FileOptions) -> bytes:
    try:
        content = ((MARK if options.add_bom else "") + text).encode(options.encoding, "replace")
    except LookupError:
        raise InvalidInput(
            f"There is no encoding {options.encoding!r}.", code="node.invalid_parameter", place="options.encoding"
        ) from None
    check_size(len(content))
    return content
