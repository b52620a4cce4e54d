"""A multipart body taken apart: fields, and files made of nothing but the body's own parts."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

import python_multipart
from python_multipart.multipart import MultipartParser, parse_options_header

from tapbot.errors import InvalidInput

MOST_PARTS = 1000


@dataclass(slots=True)
class _Part:
    headers: dict[str, bytes] = field(default_factory=dict)
    content: bytearray = field(default_factory=bytearray)


class _Collector:
    """Hears what the parser finds."""

    def __init__(self) -> None:
        self.parts: list[_Part] = []
        self.ended = False
        self._name, self._value = bytearray(), bytearray()

    def end(self) -> None:
        self.ended = True

    def begin(self) -> None:
        if len(self.parts) >= MOST_PARTS:
            raise _malformed(f"it has more than {MOST_PARTS} parts")
        self.parts.append(_Part())

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        self.parts[-1].headers[self._name.decode("latin-1").lower()] = bytes(self._value)
        self._name, self._value = bytearray(), bytearray()

    def content(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].content += data[start:end]


def parse_multipart(raw_body: bytes, content_type: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields and the files of a form, each by its name; a repeated field makes a list.

    Raises:
        InvalidInput: The body is malformed.
    """
    fields: dict[str, Any] = {}
    files: dict[str, Any] = {}
    for name, value in read_parts(raw_body, content_type):
        if isinstance(value, dict):
            files[name if name not in files else f"{name}{len(files)}"] = value
        elif name in fields:
            fields[name] = [*(fields[name] if isinstance(fields[name], list) else [fields[name]]), value]
        else:
            fields[name] = value
    return fields, files


def read_parts(raw_body: bytes, content_type: str) -> list[tuple[str, str | dict[str, Any]]]:
    """Names and values in order: texts, and files as items keep them.

    Raises:
        InvalidInput: The body is malformed.
    """
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise _malformed("its content type names no boundary")
    collector = _Collector()
    parser = MultipartParser(
        boundary,
        {
            "on_part_begin": collector.begin,
            "on_part_data": collector.content,
            "on_header_field": collector.header_name,
            "on_header_value": collector.header_value,
            "on_header_end": collector.header_end,
            "on_end": collector.end,
        },
    )
    try:
        parser.write(raw_body)
        parser.finalize()
    except python_multipart.exceptions.FormParserError as error:
        raise _malformed(str(error)) from None
    if not collector.ended:
        raise _malformed("it ends too early")
    return [read for part in collector.parts if (read := _read_part(part))]


def _read_part(part: _Part) -> tuple[str, str | dict[str, Any]] | None:
    _, options = parse_options_header(part.headers.get("content-disposition", b""))
    name = options.get(b"name", b"").decode("utf-8", "replace")
    if not name:
        return None
    if b"filename" in options:
        file_name = options[b"filename"].decode("utf-8", "replace").replace("\\", "/").rpartition("/")[2]
        content_type = part.headers.get("content-type", b"").decode("latin-1")
        return name, describe_file(bytes(part.content), content_type, file_name)
    return name, part.content.decode("utf-8", "replace")


def describe_file(content: bytes, content_type: str, file_name: str) -> dict[str, Any]:
    """A file of an item."""
    mime_type = content_type.partition(";")[0].strip() or "application/octet-stream"
    described = {"data": base64.b64encode(content).decode(), "mimeType": mime_type, "fileName": file_name}
    extension = file_name.rpartition(".")[2] if "." in file_name else ""
    return described | ({"fileExtension": extension} if extension else {})


def _malformed(problem: str) -> InvalidInput:
    return InvalidInput(
        f"The form in the body of the request cannot be read: {problem}.", code="webhook.malformed_body"
    )
