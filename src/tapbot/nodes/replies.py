"""Replies to a webhook's caller: bodies, headers, and a sandbox around HTML."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from tapbot.errors import InvalidInput
from tapbot.nodes.javascript import stringify
from tapbot.workflow.node import WebhookReply
from tapbot.workflow.types import Item

TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
SANDBOX = "sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts"
"""A page from a workflow runs apart from the console's origin: it reads no session and no storage of ours."""
# All else may become a page in some browser: HTML, any XML (it may hold XHTML), SVG, multipart.
PASSIVE = re.compile(
    r"application/(json|problem\+json|pdf|zip|octet-stream)|text/(plain|csv|calendar)|(audio|video|font)/[\w.+-]+"
    r"|image/(?!svg)[\w.+-]+"
)
FRAMING = frozenset({"content-length", "transfer-encoding", "connection", "upgrade"})
"""Headers that only the server sets."""
OWN_COOKIES = re.compile(r"\s*(__host-|__secure-)?tapbot", re.IGNORECASE)


def reply_json(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> WebhookReply:
    """A JSON reply."""
    return _reply(status, stringify(value).encode("utf-8", "replace"), "application/json; charset=utf-8", headers)


def reply_text(text: str, *, status: int = 200, headers: Mapping[str, str] | None = None) -> WebhookReply:
    """A text reply; read as HTML unless a header says otherwise, as n8n does."""
    return _reply(status, text.encode("utf-8", "replace"), "text/html; charset=utf-8", headers)


def reply_nothing(*, status: int = 200, headers: Mapping[str, str] | None = None) -> WebhookReply:
    """A reply without a body."""
    return _reply(status, b"", None, headers)


def reply_redirect(url: str, *, status: int = 307, headers: Mapping[str, str] | None = None) -> WebhookReply:
    """Send the caller elsewhere.

    Raises:
        InvalidInput: The address is not one of the web.
    """
    if not re.match(r"(https?://|/)", url) or not _is_one_line(url):
        raise InvalidInput(
            "The address of the redirect is not valid.",
            code="node.invalid_parameter",
            place="redirectURL",
            hint="It begins with https://, http:// or /.",
        )
    return _reply(status, b"", None, {**(headers or {}), "location": url})


def reply_file(
    item: Item, name: str | None, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> WebhookReply:
    """A file of an item.

    Args:
        name: Which of its files; `None` takes the only one.

    Raises:
        InvalidInput: There is no such file.
    """
    files = item.binary or {}
    chosen = name or next(iter(files), "")
    found = files.get(chosen)
    try:
        content = base64.b64decode(found["data"], validate=True) if found else None
    except (binascii.Error, KeyError, TypeError, ValueError):
        content = None
    if found is None or content is None:
        raise InvalidInput(
            f"The item has no file in {chosen!r}." if chosen else "The item has no file.",
            code="node.no_file",
            hint=f"It has: {', '.join(files) or 'none'}.",
        )
    return _reply(status, content, str(found.get("mimeType") or "application/octet-stream"), headers)


def read_headers(entries: Any) -> dict[str, str]:
    """The headers that an author set, names in lower case.

    Args:
        entries: Objects with `name` and `value`.

    Raises:
        InvalidInput: A name or a value cannot be written as HTTP.
    """
    headers: dict[str, str] = {}
    for entry in entries:
        name, value = entry.name.strip(), entry.value
        if not name:
            continue
        ours = name.lower() in FRAMING or (name.lower() == "set-cookie" and OWN_COOKIES.match(value))
        if ours or not TOKEN.fullmatch(name) or not _is_one_line(value):
            raise InvalidInput(
                f"The header {name!r} cannot be sent.",
                code="node.invalid_parameter",
                place="options.responseHeaders",
                hint="A name has letters, digits and hyphens, a value is one line; length and session are ours.",
            )
        headers[name.lower()] = value
    return headers


def _is_one_line(value: str) -> bool:
    return all(character == "\t" or " " <= character != "\x7f" for character in value)


def _reply(status: int, body: bytes, content_type: str | None, headers: Mapping[str, str] | None) -> WebhookReply:
    if not 200 <= status <= 599:
        raise InvalidInput(
            f"{status} is no status of an HTTP reply.",
            code="node.invalid_parameter",
            place="options.responseCode",
            hint="Choose a number from 200 to 599.",
        )
    joined = {name.lower(): value for name, value in (headers or {}).items()}
    if content_type:
        joined.setdefault("content-type", content_type)
    joined["x-content-type-options"] = "nosniff"
    shown_as = joined.get("content-type", "").partition(";")[0].strip().lower()
    if body and not PASSIVE.fullmatch(shown_as):
        # Policies separated by a comma hold together.
        own = joined.get("content-security-policy")
        joined["content-security-policy"] = f"{own}, {SANDBOX}" if own else SANDBOX
    return WebhookReply(status=status, headers=joined, body=body)
