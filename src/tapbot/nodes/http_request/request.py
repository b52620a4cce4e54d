"""The request that the parameters ask for: query, headers and body."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import read_text
from tapbot.nodes.http_request.params import BodyParameter, HttpRequestParams, Parameter
from tapbot.nodes.javascript import parse_json, stringify
from tapbot.workflow.types import Item


@dataclass(slots=True)
class Body:
    """A body in the form that the HTTP client takes; at most one of the forms is set."""

    json: Any = None
    content: bytes | str | None = None
    form: dict[str, Any] | None = None
    files: list[tuple[str, Any]] | None = None
    headers: dict[str, str] = field(default_factory=dict)


def build_query(params: HttpRequestParams) -> dict[str, Any] | None:
    """What is added to the address; lists in the way that the options say."""
    if not params.send_query:
        return None
    if params.specify_query == "json":
        given = _read_object(params.json_query, "jsonQuery")
    else:
        given = _collect(params.query_parameters.parameters)
    query: dict[str, Any] = {}
    for name, value in given.items():
        if not isinstance(value, list):
            query[name] = read_text(value)
        elif params.options.query_parameter_arrays == "indices":
            query |= {f"{name}[{index}]": read_text(entry) for index, entry in enumerate(value)}
        else:
            brackets = "[]" if params.options.query_parameter_arrays == "brackets" else ""
            query[f"{name}{brackets}"] = [read_text(entry) for entry in value]
    return query


def build_headers(params: HttpRequestParams) -> dict[str, str]:
    """The headers that the author set."""
    if not params.send_headers:
        return {}
    if params.specify_headers == "json":
        given = _read_object(params.json_headers, "jsonHeaders")
        return {name: read_text(value) for name, value in given.items()}
    return {entry.name: read_text(entry.value) for entry in params.header_parameters.parameters if entry.name}


def join_headers(body: Body, chosen: dict[str, str]) -> dict[str, str]:
    """The body's headers, and the author's, which win whatever the case of their letters."""
    named = {name.lower() for name in chosen}
    return {name: value for name, value in body.headers.items() if name not in named} | chosen


def build_body(params: HttpRequestParams, item: Item) -> Body:
    """The body.

    Raises:
        InvalidInput: JSON that is none, or a file that the item does not have.
    """
    if not params.send_body:
        return Body()
    if params.content_type == "raw":
        return Body(content=params.body, headers=_typed(params.raw_content_type))
    if params.content_type == "binaryData":
        content, mime_type, _ = _read_file(item, params.input_data_field_name)
        return Body(content=content, headers=_typed(mime_type))
    if params.content_type == "multipart-form-data":
        return Body(files=[_read_part(entry, item) for entry in params.body_parameters.parameters if entry.name])
    if params.content_type == "form-urlencoded":
        return _build_form(params)
    # Sent as written here, so that a body of null or an empty object is one.
    return Body(content=stringify(_fields(params)), headers=_typed("application/json"))


def _build_form(params: HttpRequestParams) -> Body:
    if params.specify_body == "string":
        return Body(content=params.body, headers=_typed("application/x-www-form-urlencoded"))
    return Body(form={name: _form_value(value) for name, value in _fields(params).items()})


def _fields(params: HttpRequestParams) -> Any:
    if params.specify_body == "keypair":
        return _collect(params.body_parameters.parameters)
    given = params.json_body if params.specify_body == "json" else params.body
    if params.content_type == "form-urlencoded":
        return _read_object(given, "jsonBody")
    return _read_json(given, "jsonBody")


def _form_value(value: Any) -> Any:
    return [read_text(entry) for entry in value] if isinstance(value, list) else read_text(value)


def _collect(parameters: list[Parameter] | list[BodyParameter]) -> dict[str, Any]:
    """Names and values as an object; a repeated name makes a list."""
    collected: dict[str, Any] = {}
    repeated: set[str] = set()
    for entry in parameters:
        if not entry.name:
            continue
        if entry.name in repeated:
            collected[entry.name].append(entry.value)
        elif entry.name in collected:
            repeated.add(entry.name)
            collected[entry.name] = [collected[entry.name], entry.value]
        else:
            collected[entry.name] = entry.value
    return collected


def _read_part(entry: BodyParameter, item: Item) -> tuple[str, Any]:
    if entry.parameter_type == "formData":
        return entry.name, (None, read_text(entry.value))
    content, mime_type, file_name = _read_file(item, entry.input_data_field_name)
    return entry.name, (file_name, content, mime_type)


def _read_file(item: Item, name: str) -> tuple[bytes, str, str]:
    """Content, media type and file name of an item's file."""
    found = (item.binary or {}).get(name)
    try:
        content = base64.b64decode(found["data"], validate=True) if found else None
    except (binascii.Error, KeyError, TypeError, ValueError):
        content = None
    if found is None or content is None:
        raise InvalidInput(
            f"The item has no file in {name!r}.",
            code="node.no_file",
            place="inputDataFieldName",
            hint=f"It has: {', '.join(item.binary or {}) or 'none'}.",
        )
    return content, str(found.get("mimeType") or "application/octet-stream"), str(found.get("fileName") or name)


def _typed(content_type: str) -> dict[str, str]:
    return {"content-type": content_type} if content_type else {}


def _read_json(given: Any, place: str) -> Any:
    if not isinstance(given, str):
        return given
    try:
        return parse_json(given) if given.strip() else {}
    except ValueError as error:
        raise InvalidInput(
            f"This is not valid JSON: {error}.",
            code="node.invalid_parameter",
            place=place,
            hint="A text that comes from an expression needs quotes around it.",
        ) from None


def _read_object(given: Any, place: str) -> dict[str, Any]:
    read = _read_json(given, place)
    if not isinstance(read, dict):
        raise InvalidInput("A JSON object is expected here.", code="node.invalid_parameter", place=place)
    return read
