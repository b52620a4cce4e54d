"""Editing a message of the bot: in a chat, or one that came from an inline query, which has an id of its own."""

from __future__ import annotations

from tapbot.emulators.telegram.calls import Call, find_message, method
from tapbot.emulators.telegram.facts import bad_request
from tapbot.emulators.telegram.methods.contents import PLACE, read_place
from tapbot.emulators.telegram.methods.files import read_media
from tapbot.emulators.telegram.sending import not_modified, read_caption, read_inline_keyboard, read_text
from tapbot.emulators.telegram.world import Json

FILES = frozenset({"photo", "video", "animation", "audio", "document"})
CAPTIONED = FILES | {"voice"}
CAPTION = ("caption", "caption_entities", "show_caption_above_media")


@method
async def edit_message_text(call: Call) -> Json | bool:
    """Another text, and another keyboard or none."""
    text = read_text(call)
    message = _find_own(call)
    if "text" not in message:
        raise bad_request("there is no text in the message to edit")
    return _edit(call, message, {"entities": None, **text})


@method
async def edit_message_caption(call: Call) -> Json | bool:
    """Another caption or none, and another keyboard or none."""
    message = _find_own(call)
    if not CAPTIONED & message.keys():
        raise bad_request("there is no caption in the message to edit")
    return _edit(call, message, dict.fromkeys(CAPTION) | read_caption(call.arguments))


@method
async def edit_message_media(call: Call) -> Json | bool:
    """Another file in place of the file or the text."""
    message = _find_own(call)
    if not (FILES | {"text"}) & message.keys():
        raise bad_request("message can't be edited")
    content = read_media(call, call.arguments["media"])
    away = dict.fromkeys([*FILES, *CAPTION, "text", "entities", "has_media_spoiler"])
    return _edit(call, message, away | content)


@method
async def edit_message_live_location(call: Call) -> Json | bool:
    """The point moves."""
    message = _find_live(call)
    given = read_place(call)
    kept = {name: message["location"][name] for name in ("live_period",) if name in message["location"]}
    return _edit(call, message, {"location": kept | given})


@method
async def stop_message_live_location(call: Call) -> Json | bool:
    """The point stands still from now on."""
    message = _find_live(call)
    still = {name: message["location"][name] for name in PLACE[:3] if name in message["location"]}
    return _edit(call, message, {"location": still})


@method
async def edit_message_reply_markup(call: Call) -> Json | bool:
    """Another keyboard, or none."""
    return _edit(call, _find_own(call), {})


def _edit(call: Call, message: Json, content: Json) -> Json | bool:
    """Replace parts of a message (`None` takes one away) and its keyboard."""
    new = {**content, "reply_markup": read_inline_keyboard(call.arguments)}
    if all(message.get(name) == value for name, value in new.items()):
        raise not_modified()
    for name, value in new.items():
        message.pop(name, None)
        if value is not None:
            message[name] = value
    message["edit_date"] = call.world.date()
    return True if "inline_message_id" in call.arguments else message


def _find_own(call: Call) -> Json:
    if "inline_message_id" in call.arguments:
        found = call.bot.inline_messages.get(call.arguments["inline_message_id"])
        if found is None:
            raise bad_request("MESSAGE_ID_INVALID")
        return found
    if "chat_id" not in call.arguments or "message_id" not in call.arguments:
        raise bad_request("message identifier is not specified")
    message = find_message(call.chat(), call.arguments["message_id"], "edit")
    if message["from"]["id"] != call.bot.id and "sender_business_bot" not in message:
        raise bad_request("message can't be edited")
    return message


def _find_live(call: Call) -> Json:
    message = _find_own(call)
    if "live_period" not in message.get("location", {}):
        raise bad_request("there is no live location in the message to edit")
    return message
