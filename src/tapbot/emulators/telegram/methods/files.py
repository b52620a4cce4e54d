"""Sending files of every kind, alone or as an album, and giving them back."""

from __future__ import annotations

from typing import Any

from tapbot.emulators.telegram.calls import Call, method
from tapbot.emulators.telegram.facts import Upload, bad_request
from tapbot.emulators.telegram.files import StoredFile, describe_file
from tapbot.emulators.telegram.sending import read_caption, send
from tapbot.emulators.telegram.world import Json

LARGEST_PHOTO_BYTES = 10 * 2**20
ALBUM = range(2, 11)
LONELY = {"audio", "document"}
"""Kinds of which an album has nothing else."""
NO_CAPTION = {"sticker", "video_note"}


@method
async def send_photo(call: Call) -> Json:
    """A photo by upload, address or id, in two sizes; both have the bytes of the upload here."""
    return _send_file(call, "photo")


@method
async def send_document(call: Call) -> Json:
    """Any file."""
    return _send_file(call, "document")


@method
async def send_video(call: Call) -> Json:
    """A video."""
    return _send_file(call, "video")


@method
async def send_animation(call: Call) -> Json:
    """A GIF, or a video without sound. Programs that know no animations see a document."""
    return _send_file(call, "animation")


@method
async def send_audio(call: Call) -> Json:
    """Music."""
    return _send_file(call, "audio")


@method
async def send_voice(call: Call) -> Json:
    """A voice note."""
    return _send_file(call, "voice")


@method
async def send_video_note(call: Call) -> Json:
    """A round video."""
    return _send_file(call, "video_note")


@method
async def send_sticker(call: Call) -> Json:
    """A sticker."""
    return _send_file(call, "sticker")


@method
async def send_media_group(call: Call) -> list[Json]:
    """An album: one message for each file."""
    media = call.arguments["media"]
    if len(media) not in ALBUM:
        wrong = "Too few" if len(media) < ALBUM.start else "Too many"
        raise bad_request(f"{wrong} messages to send as an album")
    kinds = {one["type"] for one in media}
    if len(kinds) > 1 and kinds & LONELY:
        raise bad_request(f"{min(kinds & LONELY)} can't be mixed with other media types")
    contents = [read_media(call, one) for one in media]
    album = {"media_group_id": call.bot.new_id()}
    return [send(call, {**album, **content}) for content in contents]


@method
async def get_file(call: Call) -> Json:
    """Where a file can be loaded from."""
    return call.bot.files.get(call.arguments["file_id"])


@method
async def get_user_profile_photos(call: Call) -> Json:
    """Nobody here has a picture."""
    if call.arguments["user_id"] not in call.bot.users:
        raise bad_request("user not found")
    return {"total_count": 0, "photos": []}


def _send_file(call: Call, kind: str) -> Json:
    stored = take_file(call, kind, call.arguments[kind])
    return send(call, _show(stored, call.arguments))


def read_media(call: Call, media: Json) -> Json:
    """A file of an album or of an edit, as the content of a message.

    Raises:
        Refusal: There is no such file, or it is of a kind that albums do not have.
    """
    kind = media["type"]
    if kind not in {"photo", "video", "animation", "audio", "document"}:
        raise bad_request("can't parse InputMedia: unsupported type")
    return _show(take_file(call, kind, media["media"]), media)


def take_file(call: Call, kind: str, given: Upload | str) -> StoredFile:
    """The file of an argument: an upload, an address, or an id that is known.

    Raises:
        Refusal: It is none of these.
    """
    if isinstance(given, str) and given.startswith("attach://"):
        attached = call.uploads.get(given.removeprefix("attach://"))
        if attached is None:
            raise bad_request("can't parse InputMedia: media not found")
        given = attached
    if isinstance(given, Upload):
        if kind == "photo" and len(given.content) > LARGEST_PHOTO_BYTES:
            raise bad_request("too big for a photo")
        return call.bot.files.add(kind, given.content, given.name)
    if given.startswith(("http://", "https://")):
        return call.bot.files.add_address(kind, given)
    return call.bot.files.find(kind, given)


def _show(stored: StoredFile, given: Json) -> Json:
    described: Any = describe_file(stored, given)
    content: Json = {stored.kind: described}
    if stored.kind == "animation":
        plain = ("file_id", "file_unique_id", "file_name", "mime_type", "file_size")
        content["document"] = {name: described[name] for name in plain if name in described}
    if given.get("has_spoiler"):
        content["has_media_spoiler"] = True
    return content if stored.kind in NO_CAPTION else content | read_caption(given)
