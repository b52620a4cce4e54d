"""Files of the emulated world: each comes back byte for byte under its id."""

from __future__ import annotations

import base64
import hashlib
import mimetypes
from dataclasses import dataclass, field
from typing import Any

from tapbot.emulators.telegram.facts import Refusal, bad_request

Json = dict[str, Any]
LARGEST_UPLOAD_BYTES = 50 * 2**20
LARGEST_DOWNLOAD_BYTES = 20 * 2**20
MIME_TYPES = {
    "photo": "image/jpeg",
    "video": "video/mp4",
    "animation": "video/mp4",
    "audio": "audio/mpeg",
    "voice": "audio/ogg",
    "video_note": "video/mp4",
    "sticker": "image/webp",
    "document": "application/octet-stream",
}
"""The kinds of files, and what a file of the kind is unless its name says otherwise."""
FREELY_NAMED = frozenset({"document", "audio", "video", "animation"})
TELLS_MIME_TYPE = FREELY_NAMED | {"voice"}


@dataclass(frozen=True)
class StoredFile:
    """A file that the bot sent or got."""

    file_id: str
    kind: str
    content: bytes
    name: str
    mime_type: str
    path: str
    """Below `/file/bot…/`."""

    @property
    def facts(self) -> Json:
        """What every type of file tells."""
        return {
            "file_id": self.file_id,
            "file_unique_id": hashlib.sha256(self.content or self.name.encode()).hexdigest()[:16],
            "file_size": len(self.content),
        }


@dataclass
class Files:
    """All files of one bot: an id means nothing to another bot."""

    bot_id: int
    by_id: dict[str, StoredFile] = field(default_factory=dict)

    def add(self, kind: str, content: bytes, name: str = "", mime_type: str = "") -> StoredFile:
        """Keep a file.

        Raises:
            Refusal: It is empty or too large.
        """
        if not content:
            raise bad_request("file must be non-empty")
        if len(content) > LARGEST_UPLOAD_BYTES:
            raise Refusal(413, "Request Entity Too Large")
        return self._keep(kind, content, name, mime_type)

    def add_address(self, kind: str, url: str) -> StoredFile:
        """Take a file at its address: nothing is fetched, so it has no content here."""
        return self._keep(kind, b"", url.partition("?")[0].rpartition("/")[2], "")

    def find(self, kind: str, file_id: str) -> StoredFile:
        """The file of an id, to be sent again as what it is.

        Raises:
            Refusal: There is none, or it is of another kind.
        """
        stored = self.by_id.get(file_id)
        if stored is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        if stored.kind != kind:
            raise bad_request(f"can't use file of type {_title(stored.kind)} as {_title(kind)}")
        return stored

    def get(self, file_id: str) -> Json:
        """The answer of getFile.

        Raises:
            Refusal: The id is of no file, or the file is too large for bots.
        """
        stored = self.by_id.get(file_id)
        if stored is None:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        if len(stored.content) > LARGEST_DOWNLOAD_BYTES:
            raise bad_request("file is too big")
        return {**stored.facts, "file_path": stored.path}

    def at_path(self, path: str) -> StoredFile | None:
        """The file that getFile gave this path to."""
        return next((stored for stored in self.by_id.values() if stored.path == path), None)

    def _keep(self, kind: str, content: bytes, name: str, mime_type: str) -> StoredFile:
        number = len(self.by_id)
        file_id = base64.urlsafe_b64encode(f"{kind}:{self.bot_id}:{number}".encode()).decode().rstrip("=")
        guessed = mimetypes.guess_type(name)[0] if kind in FREELY_NAMED else None
        mime = mime_type or guessed or MIME_TYPES[kind]
        ending = name.rpartition(".")[1:] if "." in name else (mimetypes.guess_extension(mime) or "",)
        path = f"{kind}s/file_{number}{''.join(ending)}"
        self.by_id[file_id] = StoredFile(file_id, kind, content, name, mime, path)
        return self.by_id[file_id]


def describe_file(stored: StoredFile, given: Json) -> Any:
    """A file as the field of a message that shows it.

    Args:
        given: What the sender says about it: `duration`, `width`, `title` and the like.
    """
    if stored.kind == "photo":
        small = {**stored.facts, "width": 90, "height": 67}
        return [small, {**stored.facts, "width": given.get("width", 1280), "height": given.get("height", 960)}]
    described = dict(stored.facts)
    if stored.kind in FREELY_NAMED and stored.name:
        described["file_name"] = stored.name
    if stored.kind in TELLS_MIME_TYPE:
        described["mime_type"] = stored.mime_type
    return described | _details(stored, given)


def _details(stored: StoredFile, given: Json) -> Json:
    timed: Json = {"duration": given.get("duration", 0)}
    sized: Json = {"width": given.get("width", 640), "height": given.get("height", 360)}
    match stored.kind:
        case "video" | "animation":
            return timed | sized
        case "voice":
            return timed
        case "video_note":
            return timed | {"length": given.get("length", 240)}
        case "audio":
            return timed | {name: given[name] for name in ("performer", "title") if name in given}
        case "sticker":
            moving = {"is_animated": stored.name.endswith(".tgs"), "is_video": stored.name.endswith(".webm")}
            emoji = {"emoji": given["emoji"]} if "emoji" in given else {}
            return {"type": "regular", "width": 512, "height": 512, **moving, **emoji}
        case _:
            return {}


def _title(kind: str) -> str:
    """A kind as Telegram's texts name it: `VideoNote`."""
    return "".join(word.capitalize() for word in kind.split("_"))
