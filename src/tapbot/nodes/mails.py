"""A message as it was sent, to an item. Pure."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from html import escape
from typing import Any, Literal

from tapbot.nodes.binaries import make_binary
from tapbot.nodes.date_formats import utc_iso
from tapbot.storage.types import JsonObject
from tapbot.workflow.types import Item

Format = Literal["simple", "resolved", "raw"]
TOLD_BESIDE = frozenset({"from", "to", "cc", "bcc", "subject", "date"})
"""Headers that `simple` gives fields of their own."""


def read_message(number: int, raw: bytes, form: Format, *, prefix: str, attachments: bool) -> Item:
    """A message as an item.

    Args:
        number: Its number in the mailbox.
        prefix: How the names of its files begin.
        attachments: Take its files along; `resolved` always does.
    """
    if form == "raw":
        return Item(json={"raw": base64.b64encode(raw).decode(), "attributes": {"uid": number}})
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101  # so says its policy
    if form == "resolved":
        return Item(json=_resolved(number, message), binary=_files(message, prefix))
    return Item(json=_simple(number, message), binary=_files(message, prefix) if attachments else None)


def _simple(number: int, message: EmailMessage) -> JsonObject:
    """Texts and headers, flat."""
    told: JsonObject = {"textHtml": _body(message, "html"), "textPlain": _body(message, "plain")}
    metadata: JsonObject = {}
    for name in dict.fromkeys(header.lower() for header in message):
        values = [_header(value) for value in message.get_all(name, [])]
        kept = told if name in TOLD_BESIDE else metadata
        kept[name] = values[0] if len(values) == 1 or name in TOLD_BESIDE else [*values]
    return {**told, "metadata": metadata, "attributes": {"uid": number}}


def _resolved(number: int, message: EmailMessage) -> JsonObject:
    """Texts, addresses and headers, taken apart."""
    html, plain = _body(message, "html"), _body(message, "plain")
    told: JsonObject = {
        "attributes": {"uid": number},
        "headers": {name.lower(): f"{name}: {_header(value)}" for name, value in message.items()},
        "html": html or False,
        "text": plain,
        "textAsHtml": f"<p>{escape(plain).replace(chr(10), '<br/>')}</p>" if plain else "",
        "subject": _header(message.get("subject", "")),
        "date": _moment(message),
        "messageId": _header(message.get("message-id", "")),
    }
    for name in ("from", "to", "cc", "bcc"):
        if name in message:
            told[name] = _people(message, name)
    return told


def _people(message: EmailMessage, name: str) -> JsonObject:
    found: list[Address] = [one for header in message.get_all(name, []) for one in getattr(header, "addresses", ())]
    value: list[Any] = [{"address": one.addr_spec, "name": one.display_name} for one in found]
    return {"value": value, "text": ", ".join(map(str, found))}


def _moment(message: EmailMessage) -> str | None:
    try:
        moment = parsedate_to_datetime(_header(message.get("date", "")))
        return utc_iso(moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC))
    except (ValueError, OverflowError):
        return None


def _header(value: object) -> str:
    return " ".join(str(value).split())


def _body(message: EmailMessage, kind: str) -> str:
    """The text of the message in a form; empty where it has none."""
    part = message.get_body(preferencelist=(kind,))
    return _text(part) if part is not None else ""


def _text(part: Any) -> str:
    try:
        return str(part.get_content()).replace("\r\n", "\n")
    except (LookupError, ValueError):  # an unknown charset
        return bytes(part.get_payload(decode=True) or b"").decode("utf-8", "replace")


def _files(message: EmailMessage, prefix: str) -> dict[str, Any] | None:
    found = {f"{prefix}{index}": file for index, file in enumerate(_attached(message))}
    return found or None


def _attached(message: EmailMessage) -> Iterator[dict[str, Any]]:
    for part in message.walk():
        is_file = part.get_content_disposition() == "attachment" or part.get_filename() is not None
        if part.is_multipart() or not is_file:
            continue
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            yield make_binary(content, name=part.get_filename(), media_type=part.get_content_type())
