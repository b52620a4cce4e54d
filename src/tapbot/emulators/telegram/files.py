"""Files of the emulated world: what was uploaded or sent by people, under the names that Telegram gives."""

from __future__ import annotations

import base64
import binascii
import hashlib
import mimetypes
from dataclasses import dataclass
from typing import Any

from tapbot.emulators.telegram.facts import Upload, bad_request

Json = dict[str, Any]
KINDS = {
    "photo": ("photos", "image/jpeg", ".jpg"),
    "document": ("documents", "application/octet-stream", ""),
    "voice": ("voice", "audio/ogg", ".oga"),
    "audio": ("music", "audio/mpeg", ".mp3"),
    "video": ("videos", "video/mp4", ".mp4"),
    "video_note": ("video_notes", "video/mp4", ".mp4"),
    "animation": ("animations", "video/mp4", ".mp4"),
    "sticker": ("stickers", "image/webp", ".webp"),
}
"""Folder, type and ending of each kind of file."""
MOST_UPLOADED_BYTES = 50_000_000
MOST_PHOTO_BYTES = 10_000_000
MOST_GIVEN_OUT_BYTES = 20_000_000
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@dataclass(frozen=True)
class StoredFile:
    """A file that a bot can name by its id."""

    file_id: str
    kind: str
    content: bytes
    path: str
    name: str | None
    media_type: str

    @property
    def unique_id(self) -> str:
        """The same for the same content, whoever asks."""
        return hashlib.sha256(self.content).hexdigest()[:16]


class FileShelf:
    """The files of one bot."""

    def __init__(self) -> None:
        self._files: dict[str, StoredFile] = {}

    def find(self, file_id: str) -> StoredFile:
        """The file of an id.

        Raises:
            Refusal: There is none.
        """
        found = self._files.get(file_id)
        if found is None:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        return found

    def at(self, path: str) -> StoredFile | None:
        """The file that `getFile` gave a path for."""
        return next((one for one in self._files.values() if one.path == path), None)

    def keep(self, kind: str, content: bytes, name: str | None, media_type: str | None = None) -> StoredFile:
        """Keep a file; gives how it is known from now on."""
        folder, usual_type, ending = KINDS[kind]
        number = len(self._files)
        guessed = mimetypes.guess_type(name or "")[0]
        stored = StoredFile(
            file_id=f"{kind}-{number}-{hashlib.sha256(content).hexdigest()[:24]}",
            kind=kind,
            content=content,
            path=f"{folder}/file_{number}{ending or mimetypes.guess_extension(guessed or '') or '.bin'}",
            name=name,
            media_type=media_type or guessed or usual_type,
        )
        self._files[stored.file_id] = stored
        return stored

    def take(self, kind: str, given: Upload | str) -> StoredFile:
        """A file that a bot sends: uploaded, known by its id, or at an address (which nobody visits here).

        Raises:
            Refusal: It is too large, empty, or its id is unknown.
        """
        if isinstance(given, Upload):
            limit = MOST_PHOTO_BYTES if kind == "photo" else MOST_UPLOADED_BYTES
            if len(given.content) > limit:
                raise bad_request("file is too big" if kind != "photo" else "PHOTO_INVALID_DIMENSIONS")
            if not given.content:
                raise bad_request("file must be non-empty")
            return self.keep(kind, given.content, given.name or None)
        if given.startswith(("https://", "http://")):
            return self.keep(kind, given.encode(), given.rsplit("/", 1)[-1])
        if given in self._files:
            return self._files[given]
        raise bad_request("wrong file identifier/HTTP URL specified")


def describe(stored: StoredFile, kind: str) -> Any:
    """A file as a message has it."""
    known: Json = {"file_id": stored.file_id, "file_unique_id": stored.unique_id, "file_size": len(stored.content)}
    if kind == "photo":
        return [known | {"width": 90, "height": 90}]
    if kind == "document":
        return known | {"file_name": stored.name or "file", "mime_type": stored.media_type}
    if kind == "sticker":
        shape = {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False}
        return known | shape
    if kind == "video_note":
        return known | {"length": 240, "duration": 1}
    timed = known | {"duration": 1}
    if kind != "voice":
        timed["file_name"] = stored.name or stored.path.rsplit("/", 1)[-1]
    if kind in {"video", "animation"}:
        timed |= {"width": 320, "height": 240}
    return timed | {"mime_type": stored.media_type}


def read_sent(shelf: FileShelf, body: Json) -> Json:
    """The file that a person sends with a message: `{"photo": {"base64", "file_name", "mime_type"}}`, or `true`.

    Raises:
        Refusal: The base64 cannot be read.
    """
    content: Json = {}
    for kind in KINDS:
        if kind not in body:
            continue
        given = body[kind] if isinstance(body[kind], dict) else {}
        try:
            raw = base64.b64decode(given["base64"], validate=True) if "base64" in given else PIXEL
        except (binascii.Error, TypeError) as error:
            raise bad_request("base64 cannot be read") from error
        content[kind] = describe(shelf.keep(kind, raw, given.get("file_name"), given.get("mime_type")), kind)
        if kind == "animation":
            content["document"] = {name: content[kind][name] for name in ("file_id", "file_unique_id", "file_size")}
    return content
