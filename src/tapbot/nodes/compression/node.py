"""Compression: packs files, and unpacks archives."""

from __future__ import annotations

from typing import Literal

from tapbot.errors import InvalidInput
from tapbot.nodes.binaries import make_binary, read_binary
from tapbot.nodes.compression.archives import pack, pack_one, unpack
from tapbot.nodes.fields import Text, split_names
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeParams, Step, node
from tapbot.workflow.types import Item


class CompressionParams(NodeParams):
    """What to pack or unpack."""

    operation: Literal["compress", "decompress"] = "decompress"
    """Direction."""
    binary_property_name: Text = "data"
    """Names of the item's files, separated by commas."""
    output_format: Literal["", "zip", "gzip"] = ""
    """Kind of the archive; gzip packs each file by itself."""
    file_name: Text = ""
    """Name of the archive."""
    binary_property_output: Text = "data"
    """Name of the archive in the item."""
    output_prefix: Text = "file_"
    """What the names of unpacked files begin with; a number follows."""


def upgrade(parameters: JsonObject, version: float) -> JsonObject:
    """Version 1 packed with gzip where nothing else was said."""
    return {
        "outputFormat": "gzip" if version < 1.1 else "zip",
        "outputPrefix": "data" if version < 1.1 else "file_",
    } | parameters


@node("n8n-nodes-base.compression", CompressionParams, version=1.1, label="Compression", upgrade=upgrade)
def compress(params: CompressionParams, item: Item, _step: Step) -> Item:
    """Give the archive, or the files of one."""
    names = split_names(params.binary_property_name)
    if not names:
        raise InvalidInput("No file is named.", code="node.invalid_parameter", place="binaryPropertyName")
    files = [(name, *read_binary(item, name)) for name in names]
    if params.operation == "decompress":
        found = [
            entry for _, content, described in files for entry in unpack(content, str(described.get("fileName", "")))
        ]
        binary = {
            f"{params.output_prefix}{number}": make_binary(content, name=name or None)
            for number, (name, content) in enumerate(found)
        }
        return Item(json=item.json, binary=binary)
    if params.output_format == "gzip":
        binary = {}
        for number, (_, content, described) in enumerate(files):
            name = str(described.get("fileName") or "file")
            binary[f"{params.output_prefix}{number}"] = make_binary(
                pack_one(content), name=f"{name}.gz", media_type="application/gzip"
            )
        return Item(json=item.json, binary=binary)
    archive = pack([(str(described.get("fileName") or name), content) for name, content, described in files])
    made = make_binary(archive, name=params.file_name or "data.zip", media_type="application/zip")
    return Item(json=item.json, binary={params.binary_property_output: made})
