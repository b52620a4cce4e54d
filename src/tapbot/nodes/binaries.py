"""Files of items: reading one, and describing a new one as n8n's JSON has them."""

from __future__ import annotations

import base64
import binascii
import mimetypes
from typing import Any

from tapbot.errors import InvalidInput, LimitExceeded
from tapbot.nodes.paths import get_path
from tapbot.workflow.types import Item

LARGEST_BYTES = 100_000_000
"""Largest file that a node makes of something smaller: an archive, a table."""
UNITS = ("B", "kB", "MB", "GB", "TB")
STARTS = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
)
"""How files of some kinds begin."""
KNOWN_TYPES = {
    "ics": "text/calendar",
    "json": "application/json",
    "md": "text/markdown",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "rtf": "application/rtf",
    "webp": "image/webp",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""By ending; the machine's own table may lack them."""
ENDINGS = {media_type: ending for ending, media_type in KNOWN_TYPES.items()} | {
    "text/plain": "txt",
    "text/html": "html",
    "text/csv": "csv",
    "image/jpeg": "jpg",
    "application/gzip": "gz",
}


def read_binary(item: Item, name: str) -> tuple[bytes, dict[str, Any]]:
    """Content and description of an item's file.

    Args:
        name: Which of its files.

    Raises:
        InvalidInput: There is no such file, or its content is damaged.
    """
    found = (item.binary or {}).get(name)
    try:
        content = base64.b64decode(found["data"], validate=True) if isinstance(found, dict) else None
    except (binascii.Error, KeyError, TypeError, ValueError):
        content = None
    if not isinstance(found, dict) or content is None:
        raise InvalidInput(
            f"This operation expects the node's input data to contain a binary file '{name}', but none was found",
            code="node.no_file",
            hint=f"The item has: {', '.join(item.binary or {}) or 'none'}.",
        )
    return content, found


def make_binary(
    content: bytes, *, name: str | None = None, media_type: str | None = None, directory: str | None = None
) -> dict[str, Any]:
    """A new file of an item.

    Args:
        media_type: Its kind; without one it is found by the name, then by how the content begins.
        directory: Where it was read from.
    """
    ending = name.rpartition(".")[2].lower() if name and "." in name else ""
    media_type = media_type or KNOWN_TYPES.get(ending) or (mimetypes.guess_type(name)[0] if name else None)
    media_type = media_type or next((kind for start, kind in STARTS if content.startswith(start)), "text/plain")
    described = {
        "mimeType": media_type,
        "fileType": _file_type(media_type),
        "fileExtension": ending or ENDINGS.get(media_type) or (mimetypes.guess_extension(media_type) or "")[1:] or None,
        "data": base64.b64encode(content).decode(),
        "directory": directory,
        "fileName": name,
        "fileSize": show_size(len(content)),
    }
    return {key: value for key, value in described.items() if value is not None}


def _file_type(media_type: str) -> str | None:
    """The coarse kind by which the editor shows a file."""
    if media_type == "application/json":
        return "json"
    if media_type == "application/pdf":
        return "pdf"
    if media_type == "text/html":
        return "html"
    kind = media_type.partition("/")[0]
    return kind if kind in {"audio", "image", "text", "video"} else None


def show_size(size_bytes: int) -> str:
    """A size as people read it: `3.07 kB`."""
    size = float(size_bytes)
    for unit in UNITS[:-1]:
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} {UNITS[-1]}"


def check_size(size_bytes: int) -> None:
    """Refuse to make a file that is too large.

    Raises:
        LimitExceeded: It is.
    """
    if size_bytes > LARGEST_BYTES:
        raise LimitExceeded(f"The file would have more than {LARGEST_BYTES} bytes.", code="node.file_too_large")


def text_at(item: Item, name: str) -> Any:
    """A value of an item that must be there.

    Args:
        name: Path of the field.

    Raises:
        InvalidInput: It is not.
    """
    found, value = get_path(item.json, name)
    if not found or value is None:
        raise InvalidInput(
            f"The item has no field '{name}'.", code="node.no_such_field", hint="Correct the name of the field."
        )
    return value
