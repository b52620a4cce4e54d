"""Read/Write Files: files of the server."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tapbot.nodes.binaries import make_binary, read_binary
from tapbot.nodes.fields import Text
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeParams, Step, node
from tapbot.workflow.types import Item, StepKind

TOLD = ("mimeType", "fileType", "fileName", "fileExtension", "fileSize")


class FileOptions(NodeParams):
    """Less used settings."""

    append: bool = False
    """Add to the end of a file that is there."""
    data_property_name: Text = "data"
    """Name of the file in each item that was read."""
    file_extension: Text = ""
    """Ending that the item tells."""
    file_name: Text = ""
    """Name that the item tells."""
    mime_type: Text = ""
    """Kind that the item tells."""


class ReadWriteFileParams(NodeParams):
    """What to read or write."""

    operation: Literal["read", "write"] = "read"
    """Direction."""
    file_selector: Text = ""
    """Pattern of the files to read, such as `orders/*.csv`."""
    file_name: Text = ""
    """Path of the file to write, inside the folder that is open to nodes."""
    data_property_name: Text = "data"
    """Name of the item's file that is written."""
    options: FileOptions = Field(default_factory=FileOptions)
    """Less used settings."""


def step_kind(params: ReadWriteFileParams) -> StepKind:
    """A file that is written as a whole may be written again; what is added to its end may not."""
    return StepKind.NEVER if params.operation == "write" and params.options.append else StepKind.SAFE


@node("n8n-nodes-base.readWriteFile", ReadWriteFileParams, version=1.1, label="Read/Write Files", kind=step_kind)
async def read_or_write(params: ReadWriteFileParams, item: Item, step: Step) -> list[Item]:
    """Give an item for each file that the pattern names, or write the item's file."""
    if params.operation == "write":
        content, _ = read_binary(item, params.data_property_name)
        await step.files.write(params.file_name, content, append=params.options.append)
        return [Item(json={**item.json, "fileName": params.file_name}, binary=item.binary)]
    return [await _read(params, path, step) for path in await step.files.find(params.file_selector)]


async def _read(params: ReadWriteFileParams, path: str, step: Step) -> Item:
    options = params.options
    place, content = await step.files.read(path)
    file = make_binary(
        content,
        name=options.file_name or place.name,
        media_type=options.mime_type or None,
        directory=str(place.parent),
    )
    if options.file_extension:
        file["fileExtension"] = options.file_extension
    record: JsonObject = {name: file[name] for name in TOLD if name in file}
    return Item(json=record, binary={options.data_property_name: file})
