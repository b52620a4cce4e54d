"""Read Binary File: a file of the server, for an item."""

from __future__ import annotations

from tapbot.nodes.binaries import make_binary
from tapbot.nodes.fields import Text
from tapbot.workflow.node import NodeParams, Step, node
from tapbot.workflow.types import Item, StepKind


class ReadBinaryFileParams(NodeParams):
    """Which file to read."""

    file_path: Text = ""
    """Path of the file, inside the folder that is open to nodes."""
    data_property_name: Text = "data"
    """Name of the file in the item."""


@node("n8n-nodes-base.readBinaryFile", ReadBinaryFileParams, version=1, label="Read Binary File", kind=StepKind.SAFE)
async def read_file(params: ReadBinaryFileParams, item: Item, step: Step) -> Item:
    """Read a file into the item; its record stays."""
    place, content = await step.files.read(params.file_path)
    file = make_binary(content, name=place.name, directory=str(place.parent))
    return Item(json=item.json, binary={params.data_property_name: file})
