"""Files of chats over HTTP: taken as they come, and given out so that no browser runs what is in them."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, unquote

from sqlalchemy import RowMapping
from starlette.responses import Response

from tapbot.errors import InvalidInput
from tapbot.inbox.files import NewFile

NAME_HEADER = "X-File-Name"
BINARY = "application/octet-stream"
LONGEST_NAME = 600
SHOWN = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4", "video/webm"})
"""What a browser may show in its place; all else is saved. An SVG or a PDF may hold scripts."""


def read_upload(headers: Mapping[str, str], content: bytes) -> NewFile:
    """A file that was posted as it is.

    Raises:
        InvalidInput: It is empty, or its name or type cannot be read.
    """
    if not content:
        raise InvalidInput("the file is empty.", code="inbox.empty_file")
    written = headers.get(NAME_HEADER, "")
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower() or BINARY
    if len(written) > LONGEST_NAME or len(media_type) > 100 or "/" not in media_type:
        raise InvalidInput(
            "the file's name or type cannot be read.",
            code="inbox.bad_file",
            place=NAME_HEADER,
            hint="Percent-encode the name; give the type as Content-Type, such as image/jpeg.",
        )
    return NewFile(content, media_type, unquote(written).replace("\0", "") or None)


def answer_file(row: RowMapping, content: bytes) -> Response:
    """A file as a browser may have it: shown if it is harmless, saved otherwise, and run in no case."""
    media_type = row["media_type"]
    harmless = media_type in SHOWN or media_type.startswith("audio/")
    name = quote(row["name"] or "file", safe="")
    headers = {
        "Content-Disposition": f"{'inline' if harmless else 'attachment'}; filename*=UTF-8''{name}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, max-age=31536000, immutable",
        "ETag": f'"{row["sha256"][:32]}"',
    }
    return Response(content, media_type=media_type if harmless else BINARY, headers=headers)
