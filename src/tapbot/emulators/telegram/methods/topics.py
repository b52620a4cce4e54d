"""Topics of a forum."""

from __future__ import annotations

from tapbot.emulators.telegram.calls import Call, find_group, method
from tapbot.emulators.telegram.chats import Chat
from tapbot.emulators.telegram.facts import bad_request
from tapbot.emulators.telegram.world import Json

COLOURS = (0x6FB9F0, 0xFFD67E, 0xCB86DB, 0x8EEE98, 0xFF93B2, 0xFB6F5F)
LONGEST_NAME = 128


@method
async def create_forum_topic(call: Call) -> Json:
    """A topic; its number is that of the message that tells of it."""
    chat = _find_forum(call)
    shown = _read_name(call) | {"icon_color": call.arguments.get("icon_color", COLOURS[0])}
    if shown["icon_color"] not in COLOURS:
        raise bad_request("TOPIC_ICON_COLOR_INVALID")
    told = call.world.write_message(call.bot, chat, call.bot.as_user(), {"forum_topic_created": shown})
    told |= {"message_thread_id": told["message_id"], "is_topic_message": True}
    topic = {"message_thread_id": told["message_id"], **shown}
    chat.topics[told["message_id"]] = {**topic, "open": True}
    return topic


@method
async def edit_forum_topic(call: Call) -> bool:
    """Another name."""
    chat = _find_forum(call)
    topic = _find_topic(call, chat)
    if "name" in call.arguments:
        topic |= _read_name(call)
    _tell(call, chat, {"forum_topic_edited": call.chosen("name", "icon_custom_emoji_id")})
    return True


@method
async def close_forum_topic(call: Call) -> bool:
    """Only administrators write there."""
    return _set_open(call, wanted=False)


@method
async def reopen_forum_topic(call: Call) -> bool:
    """Everybody writes there again."""
    return _set_open(call, wanted=True)


@method
async def delete_forum_topic(call: Call) -> bool:
    """Away with it, and with its messages."""
    chat = _find_forum(call)
    thread = _find_topic(call, chat)["message_thread_id"]
    for number in [number for number, one in chat.messages.items() if one.get("message_thread_id") == thread]:
        del chat.messages[number]
    del chat.topics[thread]
    return True


@method
async def unpin_all_forum_topic_messages(call: Call) -> bool:
    """All of the topic from the top."""
    chat = _find_forum(call)
    thread = _find_topic(call, chat)["message_thread_id"]
    chat.pinned = [one for one in chat.pinned if chat.messages[one].get("message_thread_id") != thread]
    return True


def _set_open(call: Call, *, wanted: bool) -> bool:
    chat = _find_forum(call)
    topic = _find_topic(call, chat)
    if topic["open"] == wanted:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic["open"] = wanted
    _tell(call, chat, {"forum_topic_reopened" if wanted else "forum_topic_closed": {}})
    return True


def _find_forum(call: Call) -> Chat:
    chat = find_group(call, "can_manage_topics", "not enough rights to create a topic")
    if not chat.chat.get("is_forum"):
        raise bad_request("the chat is not a forum")
    return chat


def _find_topic(call: Call, chat: Chat) -> Json:
    topic: Json | None = chat.topics.get(call.arguments["message_thread_id"])
    if topic is None:
        raise bad_request("message thread not found")
    return topic


def _read_name(call: Call) -> Json:
    name = call.arguments["name"].strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise bad_request("TOPIC_TITLE_EMPTY")
    return {"name": name, **call.chosen("icon_custom_emoji_id")}


def _tell(call: Call, chat: Chat, content: Json) -> None:
    thread = {"message_thread_id": call.arguments["message_thread_id"], "is_topic_message": True}
    call.world.write_message(call.bot, chat, call.bot.as_user(), {**thread, **content})
