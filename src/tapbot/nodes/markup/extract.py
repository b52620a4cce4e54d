"""Values out of HTML by CSS selectors."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field

from tapbot.errors import InvalidInput, LimitExceeded
from tapbot.loader import load
from tapbot.nodes.binaries import read_binary, text_at
from tapbot.nodes.fields import Text
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeParams
from tapbot.workflow.types import Item

LONGEST_HTML = 20_000_000


class ExtractedValue(NodeParams):
    """A value to take out."""

    key: Text = ""
    """Field that it is written to."""
    css_selector: Text = ""
    """CSS selector of its elements, such as `h1.title`."""
    return_value: Literal["attribute", "html", "text", "value"] = "text"
    """What is given of an element: an attribute, its HTML, its text, or the value of a form field."""
    attribute: Text = ""
    """Name of the attribute."""
    skip_selectors: Text = ""
    """CSS selectors of elements whose text is left out, separated by commas."""
    return_array: bool = False
    """Give a list with a value for each element, instead of all in one."""


class ExtractedValues(NodeParams):
    """The values to take out."""

    values: list[ExtractedValue] = Field(default_factory=list)
    """Values."""


class ExtractOptions(NodeParams):
    """Less used settings."""

    trim_values: bool = True
    """Leave out blanks around values."""
    clean_up_text: bool = False
    """Leave out line breaks, and blanks beyond one, in values."""


class ExtractParams(NodeParams):
    """Where the HTML is and what to take out."""

    source_data: Literal["binary", "json"] = "json"
    """Whether the HTML is a file or a field."""
    data_property_name: Text = "data"
    """Name of the file or field."""
    extraction_values: ExtractedValues = Field(default_factory=ExtractedValues)
    """Values to take out."""
    options: ExtractOptions = Field(default_factory=ExtractOptions)
    """Less used settings."""


def extract_values(params: ExtractParams, item: Item) -> list[JsonObject]:
    """The values of an item's HTML; a list of texts gives a record each.

    Raises:
        InvalidInput: There is no HTML, or a selector is malformed.
        LimitExceeded: The HTML is too long.
    """
    if params.source_data == "binary":
        source: Any = read_binary(item, params.data_property_name)[0].decode("utf-8", "replace")
    else:
        source = text_at(item, params.data_property_name)
    texts = source if isinstance(source, list) else [source]
    return [_extract(params, text if isinstance(text, str) else str(text)) for text in texts]


def parse_html(text: str) -> Any:
    """A document.

    Raises:
        LimitExceeded: The HTML is too long.
    """
    if len(text) > LONGEST_HTML:
        raise LimitExceeded(f"The HTML has more than {LONGEST_HTML} characters.", code="node.file_too_large")
    return load("selectolax.lexbor").LexborHTMLParser(text)


def find(document: Any, selector: str) -> list[Any]:
    """Elements by a CSS selector.

    Raises:
        InvalidInput: The selector is malformed.
    """
    if not selector.strip():
        raise InvalidInput("A CSS selector is missing.", code="node.invalid_parameter", place="extractionValues")
    failure = load("selectolax.lexbor").SelectolaxError
    try:
        return list(document.css(selector))
    except (ValueError, failure):
        raise InvalidInput(f"{selector!r} is no CSS selector.", code="node.invalid_parameter") from None


def _extract(params: ExtractParams, text: str) -> JsonObject:
    document = parse_html(text)
    record: JsonObject = {}
    for wanted in params.extraction_values.values:
        elements = find(document, wanted.css_selector)
        if wanted.return_array:
            record[wanted.key] = [_clean(_value(wanted, element), params.options) for element in elements]
            continue
        if wanted.return_value == "text":
            value: Any = "".join(str(_value(wanted, element)) for element in elements)
        else:
            value = _value(wanted, elements[0]) if elements else None
        record[wanted.key] = _clean(value, params.options)
    return record


def _value(wanted: ExtractedValue, element: Any) -> Any:
    if wanted.return_value == "attribute":
        attributes = element.attributes
        return (attributes[wanted.attribute] or "") if wanted.attribute in attributes else None
    if wanted.return_value == "html":
        return "".join(child.html or "" for child in element.iter(include_text=True))
    if wanted.return_value == "value" and element.tag in {"input", "option", "select"}:
        chosen = element.css_first("option[selected]") or element.css_first("option") or element
        return chosen.attributes.get("value")
    if wanted.skip_selectors.strip():
        element = parse_html(element.html or "").body
        for unwanted in find(element, wanted.skip_selectors):
            unwanted.decompose()
    return element.text(deep=True)


def _clean(value: Any, options: ExtractOptions) -> Any:
    if not isinstance(value, str):
        return value
    if options.trim_values:
        value = value.strip()
    if options.clean_up_text:
        value = re.sub(r"\s+", " ", re.sub(r"^\s+|\s+$|\r\n|\n|\r", "", value))
    return value
