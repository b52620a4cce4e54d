"""Write Binary File: a file of an item, kept on the server."""

from __future__ import annotations

from pydantic import Field

from tapbot.nodes.binaries import read_binary
from tapbot.nodes.fields import Text
from tapbot.workflow.node import NodeParams, Step, node
from tapbot.workflow.types import Item, StepKind


class WriteOptions(NodeParams):
    """Less used settings."""

    append: bool = False
    """Add to the end of a file that is there."""


class WriteBinaryFileParams(NodeParams):
    """What to write where."""

    file_name: Text = ""
    """Path of the file, inside the folder that is open to nodes."""
    data_property_name: Text = "data"
    """Name of the item's file."""
    options: WriteOptions = Field(default_factory=WriteOptions)
    """Less used settings."""


def step_kind(params: WriteBinaryFileParams) -> StepKind:
    """A file that is written as a whole may be written again; what is added to its end may not."""
    return StepKind.NEVER if params.options.append else StepKind.SAFE


@node("n8n-nodes-base.writeBinaryFile", WriteBinaryFileParams, version=1, label="Write Binary File", kind=step_kind)
async def write_file(params: WriteBinaryFileParams, item: Item, step: Step) -> Item:
    """Write an item's file; the record then names its path."""
    content, _ = read_binary(item, params.data_property_name)
    await step.files.write(params.file_name, content, append=params.options.append)
    return Item(json={**item.json, "fileName": params.file_name}, binary=item.binary)
