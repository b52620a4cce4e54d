"""Edit Image: turns, cuts, scales and labels pictures."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from tapbot.nodes.binaries import read_binary
from tapbot.nodes.edit_image.picture import Change, Steps, describe, edit
from tapbot.nodes.fields import Text
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeParams, Step, node
from tapbot.workflow.types import Item


class ImageOptions(NodeParams):
    """Less used settings."""

    file_name: Text = ""
    """Name of the new file."""
    format: Literal["", "bmp", "gif", "jpeg", "png", "tiff", "webp"] = ""
    """Kind of the new picture; that of the old one where none is chosen."""
    quality: int = Field(default=100, ge=0, le=100)
    """Quality of a JPEG or WebP."""


class EditImageParams(Change):
    """Which picture, and what to do with it."""

    data_property_name: Text = "data"
    """Name of the item's file."""
    operations: Steps = Field(default_factory=Steps)
    """Changes one after the other, for `multiStep`."""
    options: ImageOptions = Field(default_factory=ImageOptions)
    """Less used settings."""


@node("n8n-nodes-base.editImage", EditImageParams, version=1, label="Edit Image")
def edit_image(params: EditImageParams, item: Item, _step: Step) -> Item:
    """Change the picture, or tell what it is; the record and the other files stay."""
    name = params.data_property_name
    create = params.operation == "create" or (
        params.operation == "multiStep" and any(one.operation == "create" for one in params.operations.operations[:1])
    )
    content, described = (b"", {}) if create else read_binary(item, name)
    if params.operation == "information":
        told: JsonObject = {**item.json, **describe(content)}
        return Item(json=told, binary=item.binary)
    changes = params.operations.operations if params.operation == "multiStep" else [params]
    options: dict[str, Any] = {"quality": params.options.quality, "kind": params.options.format}
    file = edit(content, changes, name=params.options.file_name or described.get("fileName"), **options)
    return Item(json=item.json, binary={**(item.binary or {}), name: file})
