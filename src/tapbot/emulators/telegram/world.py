"""The emulated world: bots, people, chats and messages. No HTTP."""

from __future__ import annotations

import asyncio
import copy
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tapbot.emulators.faults import Faults
from tapbot.emulators.telegram.facts import bad_request
from tapbot.emulators.telegram.faults import CALL_KINDS, LONG_POLL
from tapbot.emulators.telegram.files import KINDS, FileShelf

Json = dict[str, Any]
KINDS_NOT_SENT_UNASKED = {"chat_member", "message_reaction", "message_reaction_count"}


@dataclass
class Chat:
    """One chat of a bot: its messages by id, and what the person in it sees besides."""

    chat: Json
    messages: dict[int, Json] = field(default_factory=dict)
    blocked: bool = False
    action: str | None = None
    reply_keyboard: Json | None = None


@dataclass
class Press:
    """A pressed button that the bot should answer."""

    chat_id: int
    message_id: int
    data: str
    answered: bool = False
    text: str | None = None
    show_alert: bool = False


@dataclass
class Webhook:
    """Where a bot's updates go."""

    url: str = ""
    secret_token: str | None = None
    max_connections: int = 40
    last_error: tuple[int, str] | None = None


@dataclass
class Bot:
    """One bot and everything that belongs to it."""

    token: str
    chats: dict[int, Chat] = field(default_factory=dict)
    users: dict[int, Json] = field(default_factory=dict)
    pending: list[Json] = field(default_factory=list)
    held_back: Json | None = None
    webhook: Webhook = field(default_factory=Webhook)
    allowed_updates: list[str] | None = None
    commands: dict[str, list[Json]] = field(default_factory=dict)
    presses: dict[str, Press] = field(default_factory=dict)
    files: FileShelf = field(default_factory=FileShelf)
    polls: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    update_numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(100_000_001))

    @property
    def id(self) -> int:
        """The number before the colon of the token."""
        return int(self.token.partition(":")[0])

    def as_user(self) -> Json:
        """The bot as `User`."""
        return {"id": self.id, "is_bot": True, "first_name": f"Bot {self.id}", "username": f"emulated_{self.id}_bot"}


class World:
    """All bots, and what happens to them.

    Args:
        now: The clock.
        tokens: The bots that exist; `None` lets every well-formed token be a bot.
    """

    def __init__(self, now: Callable[[], datetime], tokens: frozenset[str] | None = None) -> None:
        self.now = now
        self.faults = Faults(CALL_KINDS, LONG_POLL)
        self.bots: dict[str, Bot] = {}
        self._tokens = tokens

    def find_bot(self, token: str) -> Bot | None:
        """The bot of a token; `None` when there is no such bot."""
        number, _, secret = token.partition(":")
        well_formed = number.isdecimal() and len(secret) >= 8
        if not well_formed or (self._tokens is not None and token not in self._tokens):
            return None
        return self.bots.setdefault(token, Bot(token))

    def date(self) -> int:
        """Now, as the Bot API writes it."""
        return int(self.now().timestamp())

    def meet_user(self, bot: Bot, user_id: int, details: Json) -> Json:
        """A person, made at first sight; details that are given now replace older ones."""
        known = bot.users.setdefault(user_id, {"id": user_id, "is_bot": False, "first_name": f"User {user_id}"})
        known.update({name: value for name, value in details.items() if value})
        return known

    def open_chat(self, bot: Bot, chat_id: int, details: Json) -> Chat:
        """A chat, made at first sight."""
        if chat_id not in bot.chats:
            bot.chats[chat_id] = Chat({"id": chat_id, **details})
        return bot.chats[chat_id]

    def chat_of(self, bot: Bot, user_id: int, chat_id: int | None) -> Chat:
        """The chat in which a person writes: their private one, or a group that is named."""
        if chat_id is not None and chat_id != user_id:
            if chat_id not in bot.chats:
                raise bad_request("chat not found")
            return bot.chats[chat_id]
        user = bot.users[user_id]
        names: Json = {name: user[name] for name in ("first_name", "last_name", "username") if name in user}
        return self.open_chat(bot, user_id, {"type": "private", **names})

    def write_message(self, bot: Bot, chat: Chat, author: Json, content: Json) -> Json:
        """Put a message into a chat."""
        message_id = next(bot.numbers)
        message = {"message_id": message_id, "from": author, "chat": chat.chat, "date": self.date(), **content}
        chat.messages[message_id] = message
        return message

    def receive_text(self, bot: Bot, user_id: int, chat_id: int | None, content: Json) -> Json:
        """A person writes: the bot gets an update."""
        chat = self.chat_of(bot, user_id, chat_id)
        text = content.get("text", "")
        if text.startswith("/"):
            command = text.split()[0]
            content = {**content, "entities": [{"type": "bot_command", "offset": 0, "length": len(command)}]}
        message = self.write_message(bot, chat, bot.users[user_id], content)
        return self.add_update(bot, "message", message)

    def press_button(self, bot: Bot, user_id: int, chat_id: int | None, message_id: int, data: str) -> str:
        """A person presses a button that is there: the bot gets a callback query, whose id is returned."""
        chat = self.chat_of(bot, user_id, chat_id)
        message = chat.messages.get(message_id)
        rows = (message or {}).get("reply_markup", {}).get("inline_keyboard", [])
        if message is None or not any(button.get("callback_data") == data for row in rows for button in row):
            raise bad_request("there is no such button")
        press_id = f"{bot.id}{next(bot.numbers):08d}"
        bot.presses[press_id] = Press(chat.chat["id"], message_id, data)
        query = {"id": press_id, "from": bot.users[user_id], "message": message, "chat_instance": str(chat.chat["id"])}
        self.add_update(bot, "callback_query", {**query, "data": data})
        return press_id

    def add_update(self, bot: Bot, kind: str, content: Json) -> Json:
        """Give a bot an update, if it wants that kind; ordered faults double it or let the next one pass it."""
        update = {"update_id": next(bot.update_numbers), kind: copy.deepcopy(content)}
        wanted = kind in bot.allowed_updates if bot.allowed_updates else kind not in KINDS_NOT_SENT_UNASKED
        if not wanted:
            return update
        if bot.held_back is None and self.faults.take("reorder"):
            bot.held_back = update
            return update
        twice = self.faults.take("duplicate")
        bot.pending += [update, update] if twice else [update]
        if bot.held_back is not None:
            bot.pending.append(bot.held_back)
            bot.held_back = None
        bot.arrived.set()
        return update


def show_chat(bot: Bot, chat: Chat) -> Json:
    """The chat as the person in it sees it."""
    presses = [
        {"id": press_id, "message_id": press.message_id, "answered": press.answered, "text": press.text}
        for press_id, press in bot.presses.items()
        if press.chat_id == chat.chat["id"]
    ]
    return {
        "chat": chat.chat,
        "blocked": chat.blocked,
        "action": chat.action,
        "reply_keyboard": chat.reply_keyboard,
        "messages": [_show_message(bot, message) for message in chat.messages.values()],
        "presses": presses,
    }


def _show_message(bot: Bot, message: Json) -> Json:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return {
        "message_id": message["message_id"],
        "author": "bot" if message["from"]["id"] == bot.id else "user",
        "name": message["from"]["first_name"],
        "text": message.get("text") or message.get("caption") or "",
        "kind": next((kind for kind in (*KINDS, "location", "contact") if kind in message), "text"),
        "location": message.get("location"),
        "buttons": [[_show_button(button) for button in row] for row in rows],
        "file": _file_id(message),
        "edited": "edit_date" in message,
        "date": message["date"],
    }


def _file_id(message: Json) -> str | None:
    found = next((message[kind] for kind in KINDS if kind in message), None)
    file_id: str | None = (found[-1] if isinstance(found, list) else found or {}).get("file_id")
    return file_id


def _show_button(button: Json) -> Json:
    return {"label": button["text"], "data": button.get("callback_data"), "url": button.get("url")}
