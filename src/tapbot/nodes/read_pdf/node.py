"""Read PDF: the text and the facts of a PDF."""

from __future__ import annotations

from tapbot.nodes.binaries import read_binary
from tapbot.nodes.fields import Text
from tapbot.nodes.pdf import read_pdf
from tapbot.workflow.node import NodeParams, Step, node
from tapbot.workflow.types import Item


class ReadPdfParams(NodeParams):
    """Which file to read."""

    binary_property_name: Text = "data"
    """Name of the item's file."""
    encrypted: bool = False
    """Whether it needs a password."""
    password: Text = ""
    """Its password."""


@node("n8n-nodes-base.readPDF", ReadPdfParams, version=1, label="Read PDF")
def read(params: ReadPdfParams, item: Item, _step: Step) -> Item:
    """Give the text and the facts of a PDF; the file stays."""
    content, _ = read_binary(item, params.binary_property_name)
    return Item(json=read_pdf(content, password=params.password if params.encrypted else ""), binary=item.binary)
