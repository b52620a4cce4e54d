"""Extract from File: items out of a file."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.nodes.binaries import read_binary
from tapbot.nodes.extract_from_file.calendar import read_calendar
from tapbot.nodes.fields import Text
from tapbot.nodes.javascript import parse_json
from tapbot.nodes.paths import set_path
from tapbot.nodes.pdf import read_pdf
from tapbot.nodes.tables.reading import TableOptions, read_table
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeParams, Step, node
from tapbot.workflow.types import Item

TABLES = frozenset({"csv", "html", "ods", "xls", "xlsx"})


class ExtractOptions(TableOptions):
    """Less used settings."""

    join_pages: bool = True
    """Give the text of a PDF as one text, instead of a list with one for each page."""
    keep_source: Literal["json", "binary", "both"] | None = None
    """Keep the item's record, its files, or both."""
    max_pages: int = Field(default=0, ge=0)
    """Most pages of a PDF that are read; 0 for all."""
    password: Text = ""
    """Password of a PDF."""
    strip_bom: bool = Field(default=True, alias="stripBOM")
    """Leave out the mark at the begin of a text that tells its encoding."""


class ExtractFromFileParams(NodeParams):
    """What to read."""

    operation: Literal[
        "csv", "html", "fromIcs", "fromJson", "ods", "pdf", "rtf", "text", "xml", "xls", "xlsx", "binaryToPropery"
    ] = "csv"
    """Kind of the file; `binaryToPropery` gives it as Base64."""
    binary_property_name: Text = "data"
    """Name of the item's file."""
    destination_key: Text = "data"
    """Field for the content, where that is one value."""
    options: ExtractOptions = Field(default_factory=ExtractOptions)
    """Less used settings."""


@node("n8n-nodes-base.extractFromFile", ExtractFromFileParams, version=1.1, label="Extract from File")
def extract(params: ExtractFromFileParams, item: Item, _step: Step) -> list[Item]:
    """Give an item for each row of a table, or one with the content."""
    content, described = read_binary(item, params.binary_property_name)
    if params.operation in TABLES:
        return [Item(json=row) for row in read_table(content, params.operation, params.options)]
    keeps = params.options.keep_source
    record: JsonObject = dict(item.json) if keeps in {"json", "both"} else {}
    if params.operation == "pdf":
        record |= read_pdf(
            content,
            password=params.options.password,
            most_pages=params.options.max_pages,
            join_pages=params.options.join_pages,
        )
    else:
        set_path(record, params.destination_key, _content(params, content, described))
    files = dict(item.binary or {})
    if keeps not in {"binary", "both"}:
        files.pop(params.binary_property_name, None)
    return [Item(json=record, binary=files or None)]


def _content(params: ExtractFromFileParams, content: bytes, described: dict[str, Any]) -> Any:
    if params.operation == "binaryToPropery":
        return described["data"]
    encoding = "utf-8" if params.options.encoding in {"utf8", ""} else params.options.encoding
    try:
        text = content.decode(encoding, "replace")
    except LookupError:
        raise InvalidInput(
            f"There is no encoding {encoding!r}.", code="node.invalid_parameter", place="options.encoding"
        ) from None
    if params.options.strip_bom:
        text = text.removeprefix("\ufeff")
    if params.operation == "fromJson":
        try:
            return parse_json(text) if text else {}
        except ValueError as error:
            raise InvalidInput(f"The file is not valid JSON: {error}.", code="node.invalid_json") from None
    if params.operation == "fromIcs":
        return read_calendar(content)
    if params.operation == "rtf":
        raise InvalidInput("RTF is not read.", code="node.not_supported", hint="Save the file as XLSX or CSV.")
    return text
