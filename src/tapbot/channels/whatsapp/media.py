"""Files in WhatsApp: read from webhooks, fetched, and sent."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from tapbot.channels.types import Attachment, AttachmentKind, File
from tapbot.channels.whatsapp.client import GraphApi
from tapbot.errors import InvalidInput, UpstreamRejected

Known = TypeVar("Known")
Json = dict[str, Any]
CAPTION_UNITS = 1024
KINDS: dict[str, AttachmentKind] = {
    "image": "photo",
    "video": "video",
    "document": "document",
    "audio": "audio",
    "sticker": "sticker",
}
SENT_AS = {
    "image/jpeg": "image",
    "image/png": "image",
    "audio/aac": "audio",
    "audio/mp4": "audio",
    "audio/mpeg": "audio",
    "audio/amr": "audio",
    "audio/ogg": "audio",
    "video/mp4": "video",
    "video/3gpp": "video",
}
"""What is no plain document: https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media."""
LIMITS_BYTES = {"image": 5_000_000, "audio": 16_000_000, "video": 16_000_000}
"""Larger ones go as documents."""
CAPTIONED = frozenset({"image", "video", "document"})


class Place(msgspec.Struct, frozen=True):
    """Where a file can be fetched for five minutes."""

    url: str
    mime_type: str = "application/octet-stream"


class Uploaded(msgspec.Struct, frozen=True):
    """A file that WhatsApp has."""

    id: str


def read_attachments(kind: str, content: Any) -> tuple[Attachment, ...]:
    """The file or place in a message of a kind."""
    if kind == "location":
        place = content.get("name") or content.get("address")
        latitude, longitude = float(content["latitude"]), float(content["longitude"])
        return (Attachment("place", name=place, latitude=latitude, longitude=longitude),)
    if kind not in KINDS:
        return ()
    spoken = kind == "audio" and content.get("voice")
    media_type = str(content.get("mime_type") or "").partition(";")[0].strip()
    name = str(content.get("filename") or "").replace("\0", "")
    return (
        Attachment(
            "voice" if spoken else KINDS[kind],
            source=str(content["id"]),
            name=name or None,
            media_type=media_type or None,
        ),
    )


async def fetch(api: GraphApi, attachment: Attachment, *, limit_bytes: int) -> File:
    """Fetch a file that a customer sent.

    Raises:
        InvalidInput: It is no file of WhatsApp's.
        LimitExceeded: It is larger than the limit.
        UpstreamUnavailable: Try again later.
        UpstreamRejected: It is gone: WhatsApp keeps files for a week.
    """
    if attachment.source is None or not attachment.source.isdecimal():
        raise InvalidInput("This is no file of WhatsApp's.", code="whatsapp.no_file")
    place = _decode(await api.call("GET", attachment.source), Place)
    content = await api.download(place.url, limit_bytes=limit_bytes)
    media_type = attachment.media_type or place.mime_type.partition(";")[0].strip()
    return File(content, media_type, attachment.name, attachment.kind)


async def upload(api: GraphApi, phone_number_id: str, file: File) -> str:
    """Give WhatsApp a file that is to be sent; gives its id.

    Raises:
        UpstreamUnavailable: Try again later.
        UpstreamRejected: WhatsApp does not take it.
    """
    form = {"messaging_product": "whatsapp", "type": file.media_type}
    parts = {"file": (file.name or "file", file.content, file.media_type)}
    answer = await api.call("POST", f"{phone_number_id}/media", form=form, files=parts, timeout_seconds=60)
    return _decode(answer, Uploaded).id


def compose_file(file: File, media_id: str, caption: str) -> Json:
    """The message that shows an uploaded file."""
    kind = sent_as(file)
    content: Json = {"id": media_id}
    if caption and kind in CAPTIONED:
        content["caption"] = caption
    if kind == "document" and file.name:
        content["filename"] = file.name
    return {"type": kind, kind: content}


def sent_as(file: File) -> str:
    """How WhatsApp shows a file."""
    kind = "document" if file.kind == "document" else SENT_AS.get(file.media_type, "document")
    return "document" if len(file.content) > LIMITS_BYTES.get(kind, len(file.content)) else kind


def takes_caption(files: tuple[File, ...], text: str) -> bool:
    """Whether a text can stand below a single file."""
    return len(files) == 1 and len(text) <= CAPTION_UNITS and sent_as(files[0]) in CAPTIONED


def _decode(answer: bytes, kind: type[Known]) -> Known:
    try:
        return msgspec.json.decode(answer, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise UpstreamRejected("WhatsApp answered with something unexpected.", code="whatsapp.unexpected") from None
