"""What is made of a reply: items of JSON, a text, or a file."""

from __future__ import annotations

import base64
import mimetypes
from typing import Any
from urllib.parse import unquote, urlsplit

from tapbot.errors import UpstreamRejected
from tapbot.nodes.http_request.params import HttpRequestParams
from tapbot.nodes.javascript import parse_json
from tapbot.upstream import Response
from tapbot.workflow.types import Item

TEXT_TYPES = ("text/", "application/xml", "application/javascript", "application/x-www-form-urlencoded")
UNITS = ("B", "kB", "MB", "GB")


def read_answer(params: HttpRequestParams, item: Item, reply: Response) -> Item | list[Item]:
    """Turn a reply into items.

    Raises:
        UpstreamRejected: The reply should be JSON and is not.
    """
    wanted = params.options.response.response
    form = wanted.response_format if wanted.response_format != "autodetect" else _detect(reply)
    head = _head(params, reply) if wanted.full_response else None
    if form == "file":
        files = {**(item.binary or {}), wanted.output_property_name: describe_file(reply)}
        return Item(json=head or {}, binary=files)
    if form == "text":
        return Item(json={wanted.output_property_name: reply.text, **(head or {})})
    body = _read_json(reply, strict=wanted.response_format == "json")
    if head is not None:
        return Item(json={"body": body, **head})
    if isinstance(body, list) and params.splits_lists:
        return [Item(json=_record(entry)) for entry in body]
    return Item(json=_record(body))


def _record(value: Any) -> dict[str, Any]:
    """An item holds an object; anything else stands in its field `data`."""
    return value if isinstance(value, dict) else {"data": value}


def _head(params: HttpRequestParams, reply: Response) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    for name, value in reply.headers.multi_items():
        shown = name.lower() if params.options.lowercase_headers else name
        if name.lower() == "set-cookie":
            headers.setdefault(shown, []).append(value)
        else:
            headers[shown] = f"{headers[shown]}, {value}" if shown in headers else value
    return {"headers": headers, "statusCode": reply.status_code, "statusMessage": reply.reason_phrase}


def _detect(reply: Response) -> str:
    """The form of a reply by its content type; one without is JSON if it reads as such."""
    content_type = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type.endswith(("/json", "+json")) or not reply.content:
        return "json"
    if not content_type:
        return "json" if _is_json(reply) else "text"
    return "text" if content_type.startswith(TEXT_TYPES) or content_type.endswith("+xml") else "file"


def _is_json(reply: Response) -> bool:
    try:
        parse_json(reply.content)
    except ValueError:
        return False
    return True


def _read_json(reply: Response, *, strict: bool) -> Any:
    if not reply.content:
        return {}
    try:
        return parse_json(reply.content)
    except ValueError:
        if not strict:
            return reply.text
        raise UpstreamRejected(
            "The reply is not valid JSON. Set the response format to text if it should not be.",
            status=reply.status_code,
            code="node.bad_answer",
        ) from None


def describe_file(reply: Response) -> dict[str, Any]:
    """A reply's body as a file of an item."""
    mime_type = reply.headers.get("content-type", "").partition(";")[0].strip() or "application/octet-stream"
    name = unquote(urlsplit(str(reply.request.url)).path.rpartition("/")[2])
    extension = (name.rpartition(".")[2] if "." in name else "") or (mimetypes.guess_extension(mime_type) or "")[1:]
    described = {
        "data": base64.b64encode(reply.content).decode(),
        "mimeType": mime_type,
        "fileType": mime_type.partition("/")[0] if mime_type.partition("/")[0] in {"image", "video", "audio"} else None,
        "fileName": name or None,
        "fileExtension": extension or None,
        "fileSize": show_size(len(reply.content)),
    }
    return {key: value for key, value in described.items() if value is not None}


def show_size(size_bytes: int) -> str:
    """A size as people read it: `3.07 kB`."""
    size = float(size_bytes)
    for unit in UNITS[:-1]:
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} {UNITS[-1]}"
