"""Spreadsheet File: rows out of a table, or a table of items, as before Extract from File."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from tapbot.nodes.binaries import make_binary, read_binary
from tapbot.nodes.fields import Text
from tapbot.nodes.tables.reading import TableOptions, read_table
from tapbot.nodes.tables.writing import WriteOptions, write_table
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeCall, NodeParams, batch_node
from tapbot.workflow.types import Item, Outputs


class SpreadsheetFileParams(NodeParams):
    """Direction and kind."""

    operation: Literal["fromFile", "toFile"] = "fromFile"
    """Direction."""
    file_format: Literal["autodetect", "csv", "html", "ods", "rtf", "xls", "xlsx"] = "autodetect"
    """Kind of the file."""
    binary_property_name: Text = "data"
    """Name of the file in the item."""
    reading: TableOptions = Field(default_factory=TableOptions)
    """How a table is read."""
    writing: WriteOptions = Field(default_factory=WriteOptions)
    """How a table is written."""


def upgrade(parameters: JsonObject, _version: float) -> JsonObject:
    """All versions are alike here; the options of each direction get a place of their own."""
    raw: dict[str, Any] = dict(parameters)
    options = raw.pop("options", None) or {}
    if raw.get("operation", "fromFile") == "toFile":
        return {"fileFormat": "xls", **raw, "writing": options}
    return {**raw, "reading": options}


@batch_node(
    "n8n-nodes-base.spreadsheetFile", SpreadsheetFileParams, version=2, label="Spreadsheet File", upgrade=upgrade
)
def convert_spreadsheet(call: NodeCall[SpreadsheetFileParams]) -> Outputs:
    """Give an item for each row, or one file of all items."""
    if call.params.operation == "toFile":
        return [[_write(call)]]
    given: list[Item] = []
    for params, item in zip(call.params_each(), call.items, strict=True):
        content, _ = read_binary(item, params.binary_property_name)
        rows = read_table(content, params.file_format, params.reading)
        given.extend(Item(json=row, paired_item=item.paired_item) for row in rows)
    return [given]


def _write(call: NodeCall[SpreadsheetFileParams]) -> Item:
    params = call.params
    content = write_table([item.json for item in call.items], params.file_format, params.writing)
    file = make_binary(content, name=params.writing.file_name or f"spreadsheet.{params.file_format}")
    pairs = tuple(pair for item in call.items for pair in item.paired_item or ())
    return Item(json={}, binary={params.binary_property_name: file}, paired_item=pairs)
