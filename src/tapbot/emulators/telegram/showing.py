"""A chat as the person in it sees it."""

from __future__ import annotations

from typing import Any

from tapbot.emulators.telegram.chats import Chat
from tapbot.emulators.telegram.files import MIME_TYPES
from tapbot.emulators.telegram.world import Bot, Json

KINDS = (
    *(kind for kind in MIME_TYPES if kind != "document"),
    *("document", "venue", "location", "contact", "poll", "dice", "invoice", "successful_payment", "pinned_message"),
    *("new_chat_members", "left_chat_member", "new_chat_title", "new_chat_photo", "delete_chat_photo"),
    "forum_topic_created",
)
"""What a message may be besides a text, the more telling first: an animation is a document as well."""


def show_chat(bot: Bot, chat: Chat) -> Json:
    """The chat, its messages and what was pressed."""
    presses = [
        {
            "id": press_id,
            "message_id": press.message_id,
            "answered": press.answered,
            "text": press.text,
            "show_alert": press.show_alert,
        }
        for press_id, press in bot.presses.items()
        if press.chat_id == chat.chat["id"]
    ]
    return {
        "chat": chat.chat,
        "blocked": chat.blocked,
        "action": chat.action,
        "reply_keyboard": chat.reply_keyboard,
        "pinned": chat.pinned,
        "members": list(chat.members.values()),
        "messages": [_show_message(bot, chat, message) for message in chat.messages.values()],
        "presses": presses,
    }


def _show_message(bot: Bot, chat: Chat, message: Json) -> Json:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    kind = next((kind for kind in KINDS if kind in message), "text")
    reactions = chat.reactions.get(message["message_id"], {})
    return {
        "message_id": message["message_id"],
        "author": "bot"
        if bot.id in {message["from"]["id"], message.get("sender_business_bot", {}).get("id")}
        else "user",
        "name": message["from"]["first_name"],
        "text": message.get("text") or message.get("caption") or "",
        "entities": message.get("entities") or message.get("caption_entities") or [],
        "kind": kind,
        "read": message["message_id"] in chat.read,
        "content": message.get(kind) if kind != "text" else None,
        "file": _file_id(message.get(kind)),
        "location": message.get("location"),
        "reply_to": message.get("reply_to_message", {}).get("message_id"),
        "thread": message.get("message_thread_id"),
        "album": message.get("media_group_id"),
        "forwarded": "forward_origin" in message,
        "reactions": [one["emoji"] for given in reactions.values() for one in given if "emoji" in one],
        "buttons": [[_show_button(button) for button in row] for row in rows],
        "edited": "edit_date" in message,
        "date": message["date"],
    }


def _file_id(content: Any) -> str | None:
    """The file to show: of a photo the largest size."""
    shown = content[-1] if isinstance(content, list) and content else content
    return shown.get("file_id") if isinstance(shown, dict) else None


def _show_button(button: Json) -> Json:
    return {"label": button["text"], "data": button.get("callback_data"), "url": button.get("url")}
