"""What a method of the Bot API is here, and the register of all methods that do something."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tapbot.emulators.telegram.chats import Chat
from tapbot.emulators.telegram.facts import Refusal, Upload, bad_request
from tapbot.emulators.telegram.world import Bot, Business, Json, World


@dataclass(frozen=True)
class Call:
    """One call of a method, its arguments checked.

    Args:
        uploads: Files that came beside the arguments, which name them `attach://…`.
    """

    world: World
    bot: Bot
    arguments: Json
    uploads: Mapping[str, Upload] = field(default_factory=dict)

    def chosen(self, *names: str) -> Json:
        """The arguments of these names that were given."""
        return {name: self.arguments[name] for name in names if name in self.arguments}

    def chat(self) -> Chat:
        """The chat that the call is about: one of the bot, or one of a business account."""
        if "business_connection_id" not in self.arguments:
            return find_chat(self.bot, self.arguments["chat_id"])
        business = find_business(self.bot, self.arguments["business_connection_id"])
        chat = business.chats.get(self.arguments["chat_id"])
        if chat is None:
            raise bad_request("chat not found")
        return chat


Method = Callable[[Call], Awaitable[Any]]
METHODS: dict[str, Method] = {}


def method(function: Method) -> Method:
    """Register a method under its name in the Bot API: `send_message` is `sendMessage`."""
    first, *rest = function.__name__.split("_")
    METHODS[first + "".join(word.capitalize() for word in rest)] = function
    return function


def find_chat(bot: Bot, chat_id: int | str) -> Chat:
    """A chat by its id or its @name. It exists once the person wrote or the bot was added: a bot cannot write first.

    Raises:
        Refusal: There is none, or it became a supergroup with another id.
    """
    if isinstance(chat_id, str) and chat_id.startswith("@"):
        found = next((chat for chat in bot.chats.values() if chat.chat.get("username") == chat_id[1:]), None)
    else:
        found = bot.chats.get(int(chat_id)) if isinstance(chat_id, int) or chat_id.lstrip("-").isdecimal() else None
    if found is None:
        raise bad_request("chat not found")
    if found.moved_to is not None:
        text = "Bad Request: group chat was upgraded to a supergroup chat"
        raise Refusal(400, text, migrate_to_chat_id=found.moved_to)
    return found


def find_business(bot: Bot, connection_id: str) -> Business:
    """A business account.

    Raises:
        Refusal: There is none.
    """
    found = bot.businesses.get(connection_id)
    if found is None:
        raise bad_request("BUSINESS_CONNECTION_INVALID")
    return found


def check_business_right(call: Call, right: str) -> Business | None:
    """The business account that the call names, if any, where the bot must have a right.

    Raises:
        Refusal: It has not, or the account was disconnected.
    """
    if "business_connection_id" not in call.arguments:
        return None
    business = find_business(call.bot, call.arguments["business_connection_id"])
    if not business.about["is_enabled"] or not business.about["rights"].get(right):
        raise bad_request("BUSINESS_CONNECTION_NOT_ALLOWED")
    return business


def find_message(chat: Chat, message_id: int, deed: str) -> Json:
    """A message of a chat.

    Raises:
        Refusal: There is none, so nothing can be done (`deed`) with it.
    """
    message = chat.messages.get(message_id)
    if message is None:
        raise bad_request(f"message to {deed} not found")
    return message


def find_group(call: Call, right: str, refused: str) -> Chat:
    """The group that the call is about, where the bot must have a right.

    Args:
        refused: Telegram's words when it has not.

    Raises:
        Refusal: It is no group, or the bot may not.
    """
    chat = call.chat()
    if chat.is_private:
        raise bad_request("method is available only for supergroups and channel chats")
    _check_inside(chat, call.bot)
    if not chat.may(call.bot.id, right):
        raise bad_request(refused)
    return chat


def check_writable(chat: Chat, bot: Bot) -> None:
    """The bot may write into the chat.

    Raises:
        Refusal: The person blocked it, or the group threw it out.
    """
    if chat.is_private and chat.blocked:
        raise Refusal(403, "Forbidden: bot was blocked by the user")
    if not chat.is_private:
        _check_inside(chat, bot)


def _check_inside(chat: Chat, bot: Bot) -> None:
    if not chat.is_inside(bot.id):
        raise Refusal(403, f"Forbidden: bot was kicked from the {chat.chat['type']} chat")
