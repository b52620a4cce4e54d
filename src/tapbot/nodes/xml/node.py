"""XML: JSON from XML, and XML from JSON."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import Text
from tapbot.nodes.markup.xml import XmlReading, XmlWriting, read_xml, write_xml
from tapbot.workflow.node import NodeParams, Step, node
from tapbot.workflow.types import Item


class XmlOptions(NodeParams):
    """Less used settings."""

    attrkey: Text = "$"
    """Field of the attributes."""
    charkey: Text = "_"
    """Field of the text beside attributes."""
    cdata: bool = False
    """Write text with markup in it as CDATA."""
    headless: bool = False
    """Leave out the line `<?xml …?>`."""
    root_name: Text = "root"
    """Name of the outermost element."""
    allow_surrogate_chars: bool = False
    """Accepted; all characters are written in any case."""
    explicit_array: bool = False
    """Give a list for every element, also where there is one alone."""
    explicit_root: bool = True
    """Keep the outermost element."""
    ignore_attrs: bool = False
    """Leave attributes out."""
    merge_attrs: bool = True
    """Write attributes beside the elements, instead of into a field of their own."""
    normalize: bool = False
    """Trim texts and collapse blanks in them."""
    normalize_tags: bool = False
    """Write names of elements in lower case."""
    trim: bool = False
    """Trim texts."""


class XmlParams(NodeParams):
    """Direction and field."""

    mode: Literal["xmlToJson", "jsonToxml"] = "xmlToJson"
    """Direction."""
    data_property_name: Text = "data"
    """Field with the XML."""
    options: XmlOptions = Field(default_factory=XmlOptions)
    """Less used settings."""


@node("n8n-nodes-base.xml", XmlParams, version=1, label="XML")
def convert_xml(params: XmlParams, item: Item, _step: Step) -> Item:
    """Give the JSON of a field with XML, or one field with the XML of the whole record."""
    options = params.options
    if params.mode == "jsonToxml":
        writing = XmlWriting(
            attribute_key=options.attrkey,
            text_key=options.charkey,
            root_name=options.root_name,
            headless=options.headless,
            cdata=options.cdata,
        )
        return Item(json={params.data_property_name: write_xml(item.json, writing)})
    text = item.json.get(params.data_property_name)
    if not isinstance(text, str):
        raise InvalidInput(
            f'Item has no JSON property called "{params.data_property_name}"',
            code="node.no_such_field",
            hint="Name the field that holds the XML as text.",
        )
    reading = XmlReading(
        attribute_key=options.attrkey,
        text_key=options.charkey,
        explicit_array=options.explicit_array,
        explicit_root=options.explicit_root,
        ignore_attributes=options.ignore_attrs,
        merge_attributes=options.merge_attrs,
        normalize=options.normalize,
        normalize_tags=options.normalize_tags,
        trim=options.trim,
    )
    found = read_xml(text, reading)
    return Item(json=found if isinstance(found, dict) else {params.data_property_name: found})
