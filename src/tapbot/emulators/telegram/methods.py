"""The methods of the Bot API that do something here. Arguments come checked."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tapbot.emulators.telegram.facts import Refusal, Upload, bad_request
from tapbot.emulators.telegram.world import Bot, Chat, Json, Webhook, World


@dataclass(frozen=True)
class Call:
    """One call of a method, its arguments checked."""

    world: World
    bot: Bot
    arguments: Json
    uploads: Mapping[str, Upload]
    """Files that the arguments refer to as `attach://name`."""


Method = Callable[[Call], Awaitable[Any]]
METHODS: dict[str, Method] = {}
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
LONGEST_WAIT_SECONDS = 50
TEXT_UNITS = 4096
CAPTION_UNITS = 1024
DATA_BYTES = 64
BUTTON_DEEDS = {
    "callback_data",
    "url",
    "web_app",
    "login_url",
    "switch_inline_query",
    "pay",
    "callback_game",
    "copy_text",
}


def method(function: Method) -> Method:
    """Register a method under its name in the Bot API: `send_message` is `sendMessage`."""
    first, *rest = function.__name__.split("_")
    METHODS[first + "".join(word.capitalize() for word in rest)] = function
    return function


@method
async def get_me(call: Call) -> Json:
    """The bot itself."""
    return {
        **call.bot.as_user(),
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


@method
async def get_updates(call: Call) -> list[Json]:
    """Long polling: confirms what is older than `offset`, then waits for something."""
    if call.bot.webhook.url:
        hint = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
        raise Refusal(409, f"Conflict: {hint}")
    if "allowed_updates" in call.arguments:
        call.bot.allowed_updates = call.arguments["allowed_updates"] or None
    _confirm(call.bot, call.arguments.get("offset", 0))
    call.bot.polls += 1
    number = call.bot.polls
    call.bot.arrived.set()  # an older poll wakes up, and finds that it was replaced
    await asyncio.sleep(0)
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + min(max(call.arguments.get("timeout", 0), 0), LONGEST_WAIT_SECONDS)
    while not call.bot.pending and loop.time() < ends_at:
        call.bot.arrived.clear()
        try:
            async with asyncio.timeout_at(ends_at):
                await call.bot.arrived.wait()
        except TimeoutError:
            break
        if call.bot.polls != number:
            hint = "terminated by other getUpdates request; make sure that only one bot instance is running"
            raise Refusal(409, f"Conflict: {hint}")
    return call.bot.pending[: min(max(call.arguments.get("limit", 100), 1), 100)]


def _confirm(bot: Bot, offset: int) -> None:
    """Forget updates before the offset; a negative one keeps that many of the newest."""
    if offset < 0:
        bot.pending = bot.pending[offset:]
    elif offset > 0:
        bot.pending = [update for update in bot.pending if update["update_id"] >= offset]


@method
async def set_webhook(call: Call) -> bool:
    """Have updates delivered. Plain http is let pass here, unlike at Telegram."""
    url, secret = call.arguments["url"], call.arguments.get("secret_token")
    if url and not url.startswith(("https://", "http://")):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if secret is not None and not SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    if "allowed_updates" in call.arguments:
        call.bot.allowed_updates = call.arguments["allowed_updates"] or None
    if call.arguments.get("drop_pending_updates"):
        call.bot.pending.clear()
    call.bot.webhook = Webhook(url=url, secret_token=secret, max_connections=call.arguments.get("max_connections", 40))
    call.bot.arrived.set()
    return True


@method
async def delete_webhook(call: Call) -> bool:
    """Back to polling."""
    if call.arguments.get("drop_pending_updates"):
        call.bot.pending.clear()
    call.bot.webhook = Webhook()
    return True


@method
async def get_webhook_info(call: Call) -> Json:
    """How delivery goes."""
    hook = call.bot.webhook
    info: Json = {
        "url": hook.url,
        "has_custom_certificate": False,
        "pending_update_count": len(call.bot.pending),
        "max_connections": hook.max_connections,
    }
    if hook.last_error:
        info |= {"last_error_date": hook.last_error[0], "last_error_message": hook.last_error[1]}
    return info | ({"allowed_updates": call.bot.allowed_updates} if call.bot.allowed_updates else {})


@method
async def send_message(call: Call) -> Json:
    """A text, perhaps with a keyboard."""
    _check_text(call.arguments["text"])
    return send(call, {"text": call.arguments["text"]})


@method
async def send_location(call: Call) -> Json:
    """A point on the map."""
    place = {name: call.arguments[name] for name in ("latitude", "longitude")}
    return send(call, {"location": place})


@method
async def send_chat_action(call: Call) -> bool:
    """ "typing…" and the like, until the next message."""
    _find_chat(call.bot, call.arguments["chat_id"]).action = call.arguments["action"]
    return True


@method
async def edit_message_text(call: Call) -> Json:
    """Another text, and another keyboard or none."""
    text = call.arguments.get("text", "")
    _check_text(text)
    message = _find_own_message(call.bot, call.arguments, "edit")
    markup = _inline_keyboard(call.arguments)
    if message.get("text") == text and message.get("reply_markup") == markup:
        raise _not_modified()
    message["text"] = text
    return _edited(call.world, message, markup)


@method
async def edit_message_reply_markup(call: Call) -> Json:
    """Another keyboard, or none."""
    message = _find_own_message(call.bot, call.arguments, "edit")
    markup = _inline_keyboard(call.arguments)
    if message.get("reply_markup") == markup:
        raise _not_modified()
    return _edited(call.world, message, markup)


@method
async def delete_message(call: Call) -> bool:
    """Away with it."""
    chat = _find_chat(call.bot, call.arguments["chat_id"])
    if chat.messages.pop(call.arguments["message_id"], None) is None:
        raise bad_request("message to delete not found")
    return True


@method
async def answer_callback_query(call: Call) -> bool:
    """The pressed button stops waiting, once."""
    press = call.bot.presses.get(call.arguments["callback_query_id"])
    if press is None or press.answered:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    press.answered, press.text = True, call.arguments.get("text")
    press.show_alert = call.arguments.get("show_alert", False)
    return True


@method
async def set_my_commands(call: Call) -> bool:
    """The menu of commands, by language."""
    for command in call.arguments["commands"]:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]):
            raise bad_request("BOT_COMMAND_INVALID")
    call.bot.commands[call.arguments.get("language_code", "")] = call.arguments["commands"]
    return True


@method
async def get_my_commands(call: Call) -> list[Json]:
    """The menu of commands of a language."""
    return call.bot.commands.get(call.arguments.get("language_code", ""), [])


@method
async def get_chat(call: Call) -> Json:
    """What is known of a chat."""
    chat = _find_chat(call.bot, call.arguments["chat_id"])
    gifts = dict.fromkeys(
        ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
    )
    return {**chat.chat, "accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts}


def send(call: Call, content: Json) -> Json:
    """Put a message of the bot into the chat of a call, with its keyboard."""
    chat = _find_chat(call.bot, call.arguments["chat_id"])
    markup = call.arguments.get("reply_markup", {})
    inline = _inline_keyboard(call.arguments)
    if chat.blocked:
        raise Refusal(403, "Forbidden: bot was blocked by the user")
    if "keyboard" in markup:
        chat.reply_keyboard = markup
    elif markup.get("remove_keyboard"):
        chat.reply_keyboard = None
    chat.action = None
    return call.world.write_message(
        call.bot, chat, call.bot.as_user(), {**content, **({"reply_markup": inline} if inline else {})}
    )


def _edited(world: World, message: Json, markup: Json | None) -> Json:
    message.pop("reply_markup", None)
    if markup:
        message["reply_markup"] = markup
    message["edit_date"] = world.date()
    return message


def _find_chat(bot: Bot, chat_id: int | str) -> Chat:
    """A bot cannot write first: a chat exists once the person wrote, or the bot was added."""
    chat = bot.chats.get(int(chat_id)) if isinstance(chat_id, int) or chat_id.lstrip("-").isdecimal() else None
    if chat is None:
        raise bad_request("chat not found")
    return chat


def _find_own_message(bot: Bot, arguments: Json, deed: str) -> Json:
    if "chat_id" not in arguments or "message_id" not in arguments:
        raise bad_request("message identifier is not specified")
    message = _find_chat(bot, arguments["chat_id"]).messages.get(arguments["message_id"])
    if message is None:
        raise bad_request(f"message to {deed} not found")
    if message["from"]["id"] != bot.id:
        raise bad_request(f"message can't be {deed}ed")
    return message


def _inline_keyboard(arguments: Json) -> Json | None:
    """The keyboard below a message, if it is one and not empty."""
    rows = arguments.get("reply_markup", {}).get("inline_keyboard", [])
    for button in (button for row in rows for button in row):
        if not button["text"].strip():
            raise bad_request("inline keyboard button text must be non-empty")
        if not BUTTON_DEEDS & button.keys():
            raise bad_request("text buttons are unallowed in the inline keyboard")
        if not 1 <= len(button.get("callback_data", "-").encode()) <= DATA_BYTES:
            raise bad_request("BUTTON_DATA_INVALID")
    return {"inline_keyboard": rows} if any(rows) else None


def _check_text(text: str) -> None:
    if not text.strip():
        raise bad_request("message text is empty")
    if _units(text) > TEXT_UNITS:
        raise bad_request("message is too long")


def check_caption(caption: str) -> None:
    """Refuse a caption that is too long."""
    if _units(caption) > CAPTION_UNITS:
        raise bad_request("message caption is too long")


def _units(text: str) -> int:
    """Telegram counts UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def _not_modified() -> Refusal:
    return bad_request(
        "message is not modified: specified new message content and reply markup are exactly the same "
        "as a current content and reply markup of the message"
    )
