"""Move Binary Data: a file into fields, or fields into a file, as before Extract from File."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Literal

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.nodes.binaries import make_binary, read_binary
from tapbot.nodes.fields import Text, read_text
from tapbot.nodes.javascript import parse_json, stringify
from tapbot.nodes.paths import get_path, remove_path, set_path
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeParams, Step, node
from tapbot.workflow.types import Item


class MoveOptions(NodeParams):
    """Less used settings."""

    add_bom: bool = Field(default=False, alias="addBOM")
    """Write a mark that tells the encoding in front of the text."""
    data_is_base64: bool = Field(default=False, alias="dataIsBase64")
    """Whether the field holds a file as Base64."""
    encoding: Text = "utf8"
    """How letters are written."""
    strip_bom: bool = Field(default=True, alias="stripBOM")
    """Leave out the mark at the begin of a text that tells its encoding."""
    file_name: Text = ""
    """Name of the file."""
    json_parse: bool = Field(default=False, alias="jsonParse")
    """Read the text as JSON."""
    keep_source: bool = False
    """Keep what was moved where it was, too."""
    keep_as_base64: bool = Field(default=False, alias="keepAsBase64")
    """Give the file as Base64."""
    mime_type: Text = "application/json"
    """Kind of the file."""
    use_raw_data: bool = False
    """Write texts as they are, not as JSON."""


class MoveBinaryDataParams(NodeParams):
    """What to move where."""

    mode: Literal["binaryToJson", "jsonToBinary"] = "binaryToJson"
    """Direction."""
    set_all_data: bool = True
    """Replace the whole record by the file, which is JSON."""
    source_key: Text = "data"
    """Name of the file, or of the field."""
    destination_key: Text = "data"
    """Name of the field, or of the file."""
    convert_all_data: bool = True
    """Write the whole record into the file."""
    options: MoveOptions = Field(default_factory=MoveOptions)
    """Less used settings."""


@node("n8n-nodes-base.moveBinaryData", MoveBinaryDataParams, version=1.1, label="Convert to/from binary data")
def move(params: MoveBinaryDataParams, item: Item, _step: Step) -> Item:
    """Move the data."""
    return _to_json(params, item) if params.mode == "binaryToJson" else _to_binary(params, item)


def _to_json(params: MoveBinaryDataParams, item: Item) -> Item:
    options = params.options
    content, described = read_binary(item, params.source_key)
    text = content.decode(_encoding(options.encoding), "replace")
    if options.strip_bom:
        text = text.removeprefix("\ufeff")
    record: JsonObject = {} if params.set_all_data else dict(item.json)
    if params.set_all_data:
        value = _parse(text)
        record = value if isinstance(value, dict) else {"data": value}
    elif options.keep_as_base64:
        set_path(record, params.destination_key, described["data"])
    else:
        set_path(record, params.destination_key, _parse(text) if options.json_parse else text)
    files = dict(item.binary or {})
    if not options.keep_source:
        files.pop(params.source_key)
    return Item(json=record, binary=files or None)


def _to_binary(params: MoveBinaryDataParams, item: Item) -> Item:
    options = params.options
    record: JsonObject = dict(item.json)
    value: Any = item.json
    if not params.convert_all_data:
        found, value = get_path(item.json, params.source_key)
        if not found:
            return item
        if not options.keep_source:
            remove_path(record, params.source_key)
    elif not options.keep_source:
        record = {}
    if options.data_is_base64 and not params.convert_all_data:
        try:
            content = base64.b64decode(read_text(value), validate=True)
        except (binascii.Error, ValueError):
            raise InvalidInput("The field holds no Base64.", code="node.wrong_type", place="sourceKey") from None
    else:
        text = read_text(value) if options.use_raw_data else stringify(value)
        content = (("\ufeff" if options.add_bom else "") + text).encode(_encoding(options.encoding), "replace")
    file = make_binary(content, name=options.file_name or None, media_type=options.mime_type or None)
    return Item(json=record, binary={**(item.binary or {}), params.destination_key: file})


def _parse(text: str) -> Any:
    try:
        return parse_json(text)
    except ValueError as error:
        raise InvalidInput(f"The file is not valid JSON: {error}.", code="node.invalid_json") from None


def _encoding(name: str) -> str:
    try:
        "".encode(name)
    except LookupError:
        raise InvalidInput(f"There is no encoding {name!r}.", code="node.invalid_parameter") from None
    return name
