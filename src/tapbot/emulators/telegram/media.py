"""The methods of the Bot API that send and give out files."""

from __future__ import annotations

from typing import Any

from tapbot.emulators.telegram.facts import Upload, bad_request
from tapbot.emulators.telegram.files import KINDS, MOST_GIVEN_OUT_BYTES, describe
from tapbot.emulators.telegram.methods import METHODS, Call, Method, check_caption, method, send
from tapbot.emulators.telegram.world import Json

MOST_IN_AN_ALBUM = 10
UNCAPTIONED = frozenset({"sticker", "video_note"})
TOGETHER = {"photo": "visual", "video": "visual", "audio": "audio", "document": "document"}
"""Which kinds may stand in one album."""


def _sending(kind: str) -> Method:
    async def send_file(call: Call) -> Json:
        content = {kind: describe(call.bot.files.take(kind, call.arguments[kind]), kind)}
        return send(call, content | _caption(call.arguments, kind))

    send_file.__doc__ = f"A file as {kind.replace('_', ' ')}, by upload, address or id."
    return send_file


for _kind in KINDS:
    METHODS["send" + "".join(word.capitalize() for word in _kind.split("_"))] = _sending(_kind)


def _caption(given: Json, kind: str) -> Json:
    caption = given.get("caption", "")
    check_caption(caption)
    return {"caption": caption} if caption and kind not in UNCAPTIONED else {}


@method
async def send_media_group(call: Call) -> list[Json]:
    """An album of two to ten."""
    given: list[Json] = call.arguments["media"]
    if not 2 <= len(given) <= MOST_IN_AN_ALBUM:
        raise bad_request("there must be 2-10 messages in the album")
    if len({TOGETHER.get(one["type"]) for one in given}) != 1 or given[0]["type"] not in TOGETHER:
        raise bad_request("media of this type can't be mixed with others in the album")
    album = str(next(call.bot.numbers) + 10**16)
    return [send(call, _of_album(call, one) | {"media_group_id": album}) for one in given]


def _of_album(call: Call, one: Json) -> Json:
    kind, source = one["type"], one["media"]
    given: Upload | str = source
    if source.startswith("attach://"):
        named = call.uploads.get(source.removeprefix("attach://"))
        if named is None:
            raise bad_request("can't parse InputMedia: media not found")
        given = named
    return {kind: describe(call.bot.files.take(kind, given), kind)} | _caption(one, kind)


@method
async def get_file(call: Call) -> Json:
    """Where a file can be fetched for an hour."""
    stored = call.bot.files.find(call.arguments["file_id"])
    known: dict[str, Any] = {"file_id": stored.file_id, "file_unique_id": stored.unique_id}
    if len(stored.content) > MOST_GIVEN_OUT_BYTES:
        raise bad_request("file is too big")
    return known | {"file_size": len(stored.content), "file_path": stored.path}
