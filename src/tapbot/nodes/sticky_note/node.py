"""Sticky note: a text on the canvas."""

from __future__ import annotations

from tapbot.nodes.fields import Text
from tapbot.workflow.node import NodeCall, NodeParams, batch_node
from tapbot.workflow.types import Outputs


class StickyNoteParams(NodeParams):
    """What the note says and how large it is drawn."""

    content: Text = "## I'm a note"
    """Text, in Markdown."""
    height: float = 160
    """Height on the canvas."""
    width: float = 240
    """Width on the canvas."""
    color: int | str = 1
    """Number of the colour, or a colour such as `#ffcc00`."""


@batch_node(
    "n8n-nodes-base.stickyNote",
    StickyNoteParams,
    version=1,
    label="Sticky Note",
    shape="note",
    inputs=0,
    outputs=(),
    raw_parameters=frozenset({"content"}),
)
def draw(_call: NodeCall[StickyNoteParams]) -> Outputs:
    """Do nothing: a note never runs."""
    return []
