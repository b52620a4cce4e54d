"""What a person sends, read from the emulator's own HTTP: texts, files, places, phone numbers, albums."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from tapbot.emulators.telegram.facts import bad_request, load_facts, read_value
from tapbot.emulators.telegram.files import MIME_TYPES, describe_file
from tapbot.emulators.telegram.sending import without_reply
from tapbot.emulators.telegram.world import Bot, Json

PLAIN = {
    "text": "String",
    "caption": "String",
    "contact": "Contact",
    "location": "Location",
    "venue": "Venue",
    "dice": "Dice",
    "media_group_id": "String",
}
"""What is no file, and its type."""
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkqPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
"""What a file holds if nothing is said."""
ENTITY = re.compile(r"(?<![\w@/])(?:@[A-Za-z]\w{4,31}|/[A-Za-z0-9_]{1,64}(?:@[A-Za-z]\w{4,31})?)(?!\w)", re.ASCII)
"""A name, or a command with or without the bot that it is for."""


def read_contents(bot: Bot, body: Json) -> list[Json]:
    """One message, or one for each file of an `album`.

    A file is `{"base64", "file_name", "mime_type"}` and whatever its kind tells, for example `duration`.

    Raises:
        Refusal: There is nothing in it.
    """
    album = body.get("album")
    if isinstance(album, list) and album:
        group = {"media_group_id": bot.new_id()}
        contents = [{**group, **_read_content(bot, one)} for one in album]
        if "caption" in body:
            contents[0]["caption"] = body["caption"]
        return contents
    return [_read_content(bot, body)]


def _read_content(bot: Bot, body: Any) -> Json:
    if not isinstance(body, dict):
        raise bad_request("a message must be an object")
    facts = load_facts()
    content: Json = {kind: read_value(facts, PLAIN[kind], body[kind], kind) for kind in PLAIN.keys() & body.keys()}
    for kind in MIME_TYPES:
        if kind in body:
            content[kind] = _read_file(bot, kind, body[kind])
    if not content:
        raise bad_request("a message needs a text")
    for kind, entities in (("text", "entities"), ("caption", "caption_entities")):
        found = _find_entities(str(content.get(kind, "")))
        if found:
            content[entities] = found
    if "venue" in content:
        content["location"] = content["venue"]["location"]
    return content


def _find_entities(text: str) -> list[Json]:
    """Commands and names in what a person wrote, as Telegram finds them by itself; offsets count UTF-16 units."""
    found = []
    for match in ENTITY.finditer(text):
        offset, length = len(text[: match.start()].encode("utf-16-le")) // 2, len(match[0])
        found.append(
            {"type": "mention" if match[0].startswith("@") else "bot_command", "offset": offset, "length": length}
        )
    return found


def _read_file(bot: Bot, kind: str, given: Any) -> Any:
    """The file as updates show it; what is shown as an update already is let be."""
    if isinstance(given, list) or (isinstance(given, dict) and "file_id" in given):
        return given
    given = given if isinstance(given, dict) else {}
    try:
        content = base64.b64decode(given["base64"], validate=True) if "base64" in given else PIXEL
    except (binascii.Error, TypeError, ValueError) as error:
        raise bad_request("base64 cannot be read") from error
    stored = bot.files.add(kind, content, given.get("file_name", ""), given.get("mime_type", ""))
    return describe_file(stored, given)


def read_place(messages: dict[int, Json], body: Json) -> Json:
    """What the message answers (`reply_to`), in which topic it stands, and from whom it was forwarded.

    Raises:
        Refusal: The message that it answers is not there.
    """
    place: Json = {}
    if "reply_to" in body:
        answered = messages.get(body["reply_to"])
        if answered is None:
            raise bad_request("message to be replied not found")
        place["reply_to_message"] = without_reply(answered)
    if "message_thread_id" in body:
        place |= {"message_thread_id": body["message_thread_id"], "is_topic_message": True}
    if "forwarded_from" in body:
        origin = {"type": "hidden_user", "sender_user_name": str(body["forwarded_from"])}
        place["forward_origin"] = {**origin, "date": 1_000_000_000}
    return place
