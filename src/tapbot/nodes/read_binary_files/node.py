"""Read Binary Files: files of the server, an item for each."""

from __future__ import annotations

from tapbot.nodes.binaries import make_binary
from tapbot.nodes.fields import Text
from tapbot.workflow.node import NodeParams, Step, node
from tapbot.workflow.types import Item, StepKind


class ReadBinaryFilesParams(NodeParams):
    """Which files to read."""

    file_selector: Text = ""
    """Pattern of their paths, such as `orders/*.csv`."""
    data_property_name: Text = "data"
    """Name of the file in each item."""


@node("n8n-nodes-base.readBinaryFiles", ReadBinaryFilesParams, version=1, label="Read Binary Files", kind=StepKind.SAFE)
async def read_files(params: ReadBinaryFilesParams, _item: Item, step: Step) -> list[Item]:
    """Give an item with each file that the pattern names."""
    given = []
    for path in await step.files.find(params.file_selector):
        place, content = await step.files.read(path)
        file = make_binary(content, name=place.name, directory=str(place.parent))
        given.append(Item(json={}, binary={params.data_property_name: file}))
    return given
