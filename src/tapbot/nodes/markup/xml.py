"""XML to JSON and back, in the form of xml2js, which n8n's users know. Entities of a document's own are refused."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape

from tapbot.errors import InvalidInput, LimitExceeded
from tapbot.nodes.javascript import to_text
from tapbot.storage.types import JsonObject

DEEPEST = 200
HEADER = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
NAME = re.compile(r"[A-Za-z_:][\w:.\-]*")


@dataclass(frozen=True, slots=True)
class XmlReading:
    """How XML becomes JSON.

    Args:
        attribute_key: Field of the attributes, where they are not merged.
        text_key: Field of the text beside attributes or elements.
    """

    attribute_key: str = "$"
    text_key: str = "_"
    explicit_array: bool = False
    explicit_root: bool = True
    ignore_attributes: bool = False
    merge_attributes: bool = True
    normalize: bool = False
    normalize_tags: bool = False
    trim: bool = False


@dataclass(slots=True)
class _Element:
    name: str
    fields: JsonObject
    text: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Reader:
    how: XmlReading
    open: list[_Element] = field(default_factory=list)
    result: Any = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.open) >= DEEPEST:
            raise LimitExceeded(f"The XML is nested deeper than {DEEPEST} elements.", code="node.too_deep")
        fields: JsonObject = {}
        if attributes and not self.how.ignore_attributes:
            if self.how.merge_attributes:
                for key, value in attributes.items():
                    self._add(fields, key, value)
            else:
                fields[self.how.attribute_key] = {**attributes}
        self.open.append(_Element(name.lower() if self.how.normalize_tags else name, fields))

    def text(self, text: str) -> None:
        if self.open:
            self.open[-1].text.append(text)

    def end(self, _name: str) -> None:
        element = self.open.pop()
        text = "".join(element.text)
        if not text.strip():
            text = ""
        if self.how.trim:
            text = text.strip()
        if self.how.normalize:
            text = re.sub(r"\s{2,}", " ", text).strip()
        value: Any = element.fields
        if not element.fields:
            value = text
        elif text:
            element.fields[self.how.text_key] = text
        if self.open:
            self._add(self.open[-1].fields, element.name, value)
        else:
            self.result = {element.name: value} if self.how.explicit_root else value

    def _add(self, fields: JsonObject, name: str, value: Any) -> None:
        if name not in fields:
            fields[name] = [value] if self.how.explicit_array else value
            return
        known = fields[name]
        fields[name] = [*known, value] if isinstance(known, list) else [known, value]


def read_xml(text: str, how: XmlReading) -> Any:
    """The JSON of an XML document.

    Raises:
        InvalidInput: It is not XML, or declares entities.
        LimitExceeded: It is nested too deep.
    """
    parser = expat.ParserCreate()
    reader = _Reader(how)
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.EntityDeclHandler = _refuse_entities
    try:
        # The encoding that a text declares is that of its file; it was decoded already.
        parser.Parse(re.sub(r"^(\s*<\?xml[^>]*?)\s+encoding=[\"'][^\"']*[\"']", r"\1", text).strip(), True)
    except expat.ExpatError as error:
        raise InvalidInput(f"This is not valid XML: {error}.", code="node.invalid_xml") from None
    return reader.result


def _refuse_entities(*_declared: object) -> None:
    raise InvalidInput(
        "The XML declares entities of its own, which are not read.",
        code="node.invalid_xml",
        hint="Ask its sender for XML without a <!ENTITY …>.",
    )


@dataclass(frozen=True, slots=True)
class XmlWriting:
    """How JSON becomes XML."""

    attribute_key: str = "$"
    text_key: str = "_"
    root_name: str = "root"
    headless: bool = False
    cdata: bool = False


def write_xml(record: Any, how: XmlWriting) -> str:
    """The XML of a record; one field alone is the root itself.

    Raises:
        InvalidInput: A field's name cannot be an element's.
    """
    name, value = how.root_name, record
    if isinstance(record, dict) and len(record) == 1 and how.root_name == "root":
        inner = next(iter(record.items()))
        if not isinstance(inner[1], list):
            name, value = inner
    lines: list[str] = []
    _write(name, value, how, "", lines)
    return ("" if how.headless else HEADER) + "\n".join(lines)


def _write(name: str, value: Any, how: XmlWriting, indent: str, lines: list[str]) -> None:
    if not NAME.fullmatch(name):
        raise InvalidInput(
            f"{name!r} cannot be the name of an XML element.", code="node.invalid_xml", hint="Rename the field."
        )
    if len(indent) > 2 * DEEPEST:
        raise LimitExceeded(f"The record is nested deeper than {DEEPEST} levels.", code="node.too_deep")
    if isinstance(value, list):
        for entry in value:
            _write(name, entry, how, indent, lines)
        return
    if not isinstance(value, dict):
        lines.append(_closed(f"{indent}<{name}", name, "" if value is None else _text(value, how)))
        return
    attributes = value.get(how.attribute_key)
    start = f"{indent}<{name}" + (_attributes(attributes) if isinstance(attributes, dict) else "")
    text = value.get(how.text_key)
    inner = {key: entry for key, entry in value.items() if key not in (how.attribute_key, how.text_key)}
    if not inner:
        lines.append(_closed(start, name, "" if text is None else _text(text, how)))
        return
    lines.append(start + ">" + ("" if text is None else _text(text, how)))
    for key, entry in inner.items():
        _write(key, entry, how, f"{indent}  ", lines)
    lines.append(f"{indent}</{name}>")


def _closed(start: str, name: str, text: str) -> str:
    return f"{start}>{text}</{name}>" if text else f"{start}/>"


def _text(value: Any, how: XmlWriting) -> str:
    text = to_text(value)
    if how.cdata and re.search(r"[<>&]", text):
        return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"
    return escape(text, {"\r": "&#xD;"})


def _attributes(attributes: dict[str, Any]) -> str:
    marks = {'"': "&quot;", "\t": "&#x9;", "\n": "&#xA;", "\r": "&#xD;"}
    written = []
    for name, value in attributes.items():
        if not NAME.fullmatch(name):
            raise InvalidInput(f"{name!r} cannot be the name of an XML attribute.", code="node.invalid_xml")
        written.append(f' {name}="{escape(to_text(value), marks)}"')
    return "".join(written)
