"""Files and places in Telegram: read from messages, fetched, and sent."""

from __future__ import annotations

from dataclasses import dataclass

from tapbot.channels.telegram.generated import (
    Animation,
    Audio,
    Document,
    Message,
    PhotoSize,
    SendAudio,
    SendDocument,
    SendPhoto,
    SendVideo,
    SendVoice,
    Sticker,
    Video,
    VideoNote,
    Voice,
)
from tapbot.channels.types import Attachment, AttachmentKind, File

CAPTION_UNITS = 1024
PHOTO_LIMIT_BYTES = 10_000_000
"""Larger pictures go as documents: https://core.telegram.org/bots/api#sendphoto."""
PICTURES = frozenset({"image/jpeg", "image/png", "image/webp"})
VOICES = frozenset({"audio/ogg", "audio/opus"})
Sent = PhotoSize | Animation | Document | Voice | Audio | Video | VideoNote | Sticker
FILES: tuple[tuple[str, AttachmentKind, str | None], ...] = (
    ("photo", "photo", "image/jpeg"),
    ("animation", "video", "video/mp4"),  # comes as a document too
    ("document", "document", None),
    ("voice", "voice", "audio/ogg"),
    ("audio", "audio", "audio/mpeg"),
    ("video", "video", "video/mp4"),
    ("video_note", "video", "video/mp4"),
    ("sticker", "sticker", "image/webp"),
)
"""Fields of a message that hold a file: what it is, and its type where Telegram does not say."""
SONGS = frozenset({"audio/mpeg", "audio/mp4", "audio/m4a", "audio/x-m4a"})


@dataclass(frozen=True)
class Sending:
    """How a file goes out: the method, the parameter that holds it, and the file."""

    method: type[SendPhoto | SendVoice | SendAudio | SendVideo | SendDocument]
    parameter: str
    file: File


def read_attachments(message: Message) -> tuple[Attachment, ...]:
    """Files and places of a message; Telegram sends one a message."""
    for field, kind, media_type in FILES:
        found = getattr(message, field)
        if found:
            return (_file(kind, max(found, key=_area) if field == "photo" else found, media_type),)
    place = message.venue.location if message.venue else message.location
    if place is None:
        return ()
    name = message.venue.title if message.venue else None
    return (Attachment("place", name=name, latitude=place.latitude, longitude=place.longitude),)


def plan_sending(file: File) -> Sending:
    """How Telegram takes a file: as what it is where Telegram knows the kind, else as a document."""
    if file.media_type in PICTURES and len(file.content) <= PHOTO_LIMIT_BYTES and file.kind != "document":
        return Sending(SendPhoto, "photo", file)
    if file.media_type in VOICES and file.kind in {"voice", "audio"}:
        return Sending(SendVoice, "voice", file)
    if file.media_type in SONGS:
        return Sending(SendAudio, "audio", file)
    if file.media_type == "video/mp4":
        return Sending(SendVideo, "video", file)
    return Sending(SendDocument, "document", file)


def _file(kind: AttachmentKind, sent: Sent, media_type: str | None) -> Attachment:
    name = getattr(sent, "file_name", None)
    if isinstance(sent, Sticker) and (sent.is_video or sent.is_animated):
        media_type = "video/webm" if sent.is_video else "application/x-tgsticker"
    return Attachment(
        kind,
        source=sent.file_id,
        name=name.replace("\0", "") if name else None,
        media_type=getattr(sent, "mime_type", None) or media_type,
        size_bytes=sent.file_size,
    )


def _area(size: PhotoSize) -> int:
    return size.width * size.height
