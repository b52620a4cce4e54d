"""What every message of a bot shares: where it goes, what it answers, its keyboard, its texts and their limits."""

from __future__ import annotations

import copy

from tapbot.emulators.telegram.calls import Call, check_business_right, check_writable
from tapbot.emulators.telegram.chats import Chat
from tapbot.emulators.telegram.facts import Refusal, bad_request
from tapbot.emulators.telegram.formatting import read_marked
from tapbot.emulators.telegram.world import Json

TEXT_UNITS = 4096
CAPTION_UNITS = 1024
DATA_BYTES = 64
BUTTON_DEEDS = {
    "callback_data",
    "url",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "pay",
    "callback_game",
    "copy_text",
}


def send(call: Call, content: Json) -> Json:
    """Write a message of the bot into the chat that the arguments name.

    Raises:
        Refusal: The bot may not write there, or what the message refers to is not there.
    """
    chat = call.chat()
    business = check_business_right(call, "can_reply")
    inline = read_inline_keyboard(call.arguments)
    check_writable(chat, call.bot)
    place = {**_read_topic(call, chat), **_read_reply(call, chat)}
    if call.arguments.get("protect_content"):
        place["has_protected_content"] = True
    if "message_effect_id" in call.arguments:
        place["effect_id"] = call.arguments["message_effect_id"]
    _change_reply_keyboard(chat, call.arguments.get("reply_markup", {}))
    chat.action = None
    author = call.bot.as_user()
    if business is not None:
        place |= {"business_connection_id": business.about["id"], "sender_business_bot": author}
        author = business.about["user"]
    below = {"reply_markup": inline} if inline else {}
    return call.world.write_message(call.bot, chat, author, {**place, **content, **below})


def read_text(call: Call) -> Json:
    """The text of the arguments with what is marked in it.

    Raises:
        Refusal: It is empty or too long.
    """
    text, entities = read_marked(call.arguments.get("text", ""), call.arguments.get("parse_mode"))
    if not text.strip():
        raise bad_request("message text is empty")
    if count_units(text) > TEXT_UNITS:
        raise bad_request("message is too long")
    return {"text": text, **call.chosen("entities"), **({"entities": entities} if entities else {})}


def read_caption(given: Json) -> Json:
    """The caption of the arguments, or of a file of an album, with what is marked in it.

    Raises:
        Refusal: It is too long.
    """
    caption, entities = read_marked(given.get("caption", ""), given.get("parse_mode"))
    if count_units(caption) > CAPTION_UNITS:
        raise bad_request("message caption is too long")
    if not caption:
        return {}
    told: Json = {name: given[name] for name in ("caption_entities", "show_caption_above_media") if name in given}
    return {"caption": caption, **told, **({"caption_entities": entities} if entities else {})}


def read_inline_keyboard(arguments: Json) -> Json | None:
    """The keyboard below a message, if it is one and not empty.

    Raises:
        Refusal: A button of it is wrong.
    """
    rows = arguments.get("reply_markup", {}).get("inline_keyboard", [])
    for button in (button for row in rows for button in row):
        if not button["text"].strip():
            raise bad_request("inline keyboard button text must be non-empty")
        if not BUTTON_DEEDS & button.keys():
            raise bad_request("text buttons are unallowed in the inline keyboard")
        if not 1 <= len(button.get("callback_data", "-").encode()) <= DATA_BYTES:
            raise bad_request("BUTTON_DATA_INVALID")
    return {"inline_keyboard": rows} if any(rows) else None


def count_units(text: str) -> int:
    """Telegram counts UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def not_modified() -> Refusal:
    """The refusal of an edit that edits nothing."""
    return bad_request(
        "message is not modified: specified new message content and reply markup are exactly the same "
        "as a current content and reply markup of the message"
    )


def _read_topic(call: Call, chat: Chat) -> Json:
    thread = call.arguments.get("message_thread_id")
    if thread is None:
        return {}
    if thread not in chat.topics:
        raise bad_request("message thread not found")
    if not chat.topics[thread]["open"] and not chat.may(call.bot.id, "can_manage_topics"):
        raise bad_request("TOPIC_CLOSED")
    return {"message_thread_id": thread, "is_topic_message": True}


def _read_reply(call: Call, chat: Chat) -> Json:
    given = call.arguments
    older = {"message_id": given.get("reply_to_message_id")} | call.chosen("allow_sending_without_reply")
    wanted = given.get("reply_parameters", older)
    if not wanted["message_id"]:
        return {}
    answered = chat.messages.get(wanted["message_id"])
    if answered is None:
        if wanted.get("allow_sending_without_reply"):
            return {}
        raise bad_request("message to be replied not found")
    return {"reply_to_message": without_reply(answered)}


def without_reply(message: Json) -> Json:
    """A message as another one shows it: further replies are left out."""
    return copy.deepcopy({name: value for name, value in message.items() if name != "reply_to_message"})


def _change_reply_keyboard(chat: Chat, markup: Json) -> None:
    if "keyboard" in markup:
        chat.reply_keyboard = markup
    elif markup.get("remove_keyboard"):
        chat.reply_keyboard = None
