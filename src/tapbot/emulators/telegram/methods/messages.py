"""What happens to messages that are there: forwarded, copied, deleted, pinned, reacted to."""

from __future__ import annotations

import copy

from tapbot.emulators.telegram.calls import Call, find_chat, find_group, find_message, method
from tapbot.emulators.telegram.chats import Chat
from tapbot.emulators.telegram.facts import bad_request
from tapbot.emulators.telegram.sending import read_caption, send, without_reply
from tapbot.emulators.telegram.world import Json

MOST_AT_ONCE = 100
BOUND = frozenset(
    {"message_id", "from", "chat", "date", "edit_date", "reply_markup", "reply_to_message", "effect_id"}
) | {
    "message_thread_id",
    "is_topic_message",
    "has_protected_content",
    "via_bot",
    "media_group_id",
}
"""What a forwarded or copied message does not take along."""
SERVICE = frozenset({"pinned_message", "new_chat_members", "left_chat_member", "new_chat_title", "new_chat_photo"}) | {
    "delete_chat_photo",
    "migrate_to_chat_id",
    "migrate_from_chat_id",
    "successful_payment",
    "forum_topic_created",
    "forum_topic_edited",
    "forum_topic_closed",
    "forum_topic_reopened",
}
"""Messages that Telegram itself writes."""
NOT_COPIED = SERVICE | {"invoice"}
REACTIONS = frozenset(
    "👍👎🔥🥰👏😁🤔🤯😱🤬😢🎉🤩🤮💩🙏👌🕊🤡🥱🥴😍🐳🌚🌭💯🤣⚡🍌🏆💔🤨😐🍓🍾💋🖕😈😴😭🤓👻👀🎃🙈😇😨🤝✍🤗🫡🎅🎄☃💅🤪🗿🆒💘🙉🦄😘💊🙊😎👾😡"
) | {
    "❤",
    "❤️",
    "❤‍🔥",
    "👨‍💻",
    "🤷‍♂",
    "🤷",
    "🤷‍♀",
}
"""Emoji that bots may react with."""


@method
async def forward_message(call: Call) -> Json:
    """The message, with where it comes from."""
    return _forward(call, call.arguments["message_id"])


@method
async def forward_messages(call: Call) -> list[Json]:
    """Several; those that are not there are left out."""
    return [{"message_id": _forward(call, message_id)["message_id"]} for message_id in _those_there(call, SERVICE)]


@method
async def copy_message(call: Call) -> Json:
    """The message without where it comes from, perhaps with another caption."""
    message = _find_source(call, call.arguments["message_id"], "copy")
    content = _content(message)
    if "caption" in call.arguments and "text" not in content:
        content = {name: value for name, value in content.items() if name not in {"caption", "caption_entities"}}
        content |= read_caption(call.arguments)
    return {"message_id": send(call, content)["message_id"]}


@method
async def copy_messages(call: Call) -> list[Json]:
    """Several; those that are not there are left out."""
    dropped = {"caption", "caption_entities"} if call.arguments.get("remove_caption") else set()
    source = find_chat(call.bot, call.arguments["from_chat_id"])
    copies = []
    for message_id in _those_there(call, NOT_COPIED):
        content = _content(source.messages[message_id])
        sent = send(call, {name: value for name, value in content.items() if name not in dropped})
        copies.append({"message_id": sent["message_id"]})
    return copies


def _forward(call: Call, message_id: int) -> Json:
    message = _find_source(call, message_id, "forward")
    origin = message.get("forward_origin") or {
        "type": "user",
        "date": message["date"],
        "sender_user": message["from"],
    }
    return send(call, {"forward_origin": origin, **_content(message)})


def _find_source(call: Call, message_id: int, deed: str) -> Json:
    message = find_message(find_chat(call.bot, call.arguments["from_chat_id"]), message_id, deed)
    refused = {"forward": SERVICE, "copy": NOT_COPIED}[deed]
    if message.get("has_protected_content") or refused & message.keys():
        raise bad_request("message can't be forwarded" if deed == "forward" else "message can't be copied")
    return message


def _those_there(call: Call, refused: frozenset[str]) -> list[int]:
    wanted: list[int] = call.arguments["message_ids"]
    _check_number(wanted)
    messages = find_chat(call.bot, call.arguments["from_chat_id"]).messages
    there = [number for number in wanted if number in messages and not refused & messages[number].keys()]
    if not there:
        raise bad_request("there are no messages to forward")
    return there


def _check_number(wanted: list[int]) -> None:
    if not 1 <= len(wanted) <= MOST_AT_ONCE:
        raise bad_request(
            "too many message identifiers specified" if wanted else "message identifiers are not specified"
        )


def _content(message: Json) -> Json:
    return copy.deepcopy({name: value for name, value in message.items() if name not in BOUND})


@method
async def delete_message(call: Call) -> bool:
    """Away with it."""
    _delete(call, call.chat(), call.arguments["message_id"])
    return True


@method
async def delete_messages(call: Call) -> bool:
    """Away with them; those that are not there are left out."""
    chat = call.chat()
    _check_number(call.arguments["message_ids"])
    for message_id in call.arguments["message_ids"]:
        if message_id in chat.messages:
            _delete(call, chat, message_id)
    return True


def _delete(call: Call, chat: Chat, message_id: int) -> None:
    message = find_message(chat, message_id, "delete")
    foreign = message["from"]["id"] != call.bot.id
    if foreign and not chat.is_private and not chat.may(call.bot.id, "can_delete_messages"):
        raise bad_request("message can't be deleted")
    del chat.messages[message_id]
    if message_id in chat.pinned:
        chat.pinned.remove(message_id)


@method
async def pin_chat_message(call: Call) -> bool:
    """To the top of the chat; everybody is told by a message."""
    chat = _find_where_pins_are(call)
    message = find_message(chat, call.arguments["message_id"], "pin")
    if message["message_id"] in chat.pinned:
        raise bad_request("CHAT_NOT_MODIFIED")
    chat.pinned.append(message["message_id"])
    call.world.write_message(call.bot, chat, call.bot.as_user(), {"pinned_message": without_reply(message)})
    return True


@method
async def unpin_chat_message(call: Call) -> bool:
    """From the top: the named message, or the one that was pinned last."""
    chat = _find_where_pins_are(call)
    number = call.arguments.get("message_id", chat.pinned[-1] if chat.pinned else None)
    if number not in chat.pinned:
        raise bad_request("message to unpin not found")
    chat.pinned.remove(number)
    return True


@method
async def unpin_all_chat_messages(call: Call) -> bool:
    """All from the top."""
    _find_where_pins_are(call).pinned.clear()
    return True


def _find_where_pins_are(call: Call) -> Chat:
    chat = call.chat()
    if chat.is_private:
        return chat
    return find_group(call, "can_pin_messages", "not enough rights to manage pinned messages in the chat")


@method
async def set_message_reaction(call: Call) -> bool:
    """The bot's reaction, or none; bots have one at most."""
    chat = call.chat()
    message = find_message(chat, call.arguments["message_id"], "react")
    reaction = call.arguments.get("reaction", [])
    if len(reaction) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    if any(one["type"] != "emoji" or one["emoji"] not in REACTIONS for one in reaction):
        raise bad_request("REACTION_INVALID")
    mine = chat.reactions.setdefault(message["message_id"], {})
    mine.pop(call.bot.id, None)
    if reaction:
        mine[call.bot.id] = reaction
    return True
