"""How the bot presents itself: name, descriptions, commands, the menu's button, rights that it asks for."""

from __future__ import annotations

import json
import re

from tapbot.emulators.telegram.calls import Call, method
from tapbot.emulators.telegram.chats import RIGHTS
from tapbot.emulators.telegram.facts import bad_request
from tapbot.emulators.telegram.world import Json

LONGEST = {"name": 64, "description": 512, "short_description": 120}
COMMAND = re.compile(r"[a-z0-9_]{1,32}")
LONGEST_DESCRIPTION = 256
MOST_COMMANDS = 100
LANGUAGE = re.compile(r"([a-z]{2})?")


@method
async def set_my_name(call: Call) -> bool:
    """The name in a language, or none of its own there."""
    return _set_text(call, "name")


@method
async def get_my_name(call: Call) -> Json:
    """The name in a language, or for all others."""
    return {"name": _get_text(call, "name") or call.bot.as_user()["first_name"]}


@method
async def set_my_description(call: Call) -> bool:
    """What an empty chat shows."""
    return _set_text(call, "description")


@method
async def get_my_description(call: Call) -> Json:
    """What an empty chat shows."""
    return {"description": _get_text(call, "description")}


@method
async def set_my_short_description(call: Call) -> bool:
    """What the bot's page shows."""
    return _set_text(call, "short_description")


@method
async def get_my_short_description(call: Call) -> Json:
    """What the bot's page shows."""
    return {"short_description": _get_text(call, "short_description")}


def _set_text(call: Call, field: str) -> bool:
    text = call.arguments.get(field, "")
    if len(text) > LONGEST[field]:
        raise bad_request(f"{field.replace('_', ' ')} is too long")
    texts = call.bot.profile.texts.setdefault(field, {})
    texts.pop(_language(call), None)
    if text:
        texts[_language(call)] = text
    return True


def _get_text(call: Call, field: str) -> str:
    texts = call.bot.profile.texts.get(field, {})
    return texts.get(_language(call)) or texts.get("", "")


def _language(call: Call) -> str:
    code: str = call.arguments.get("language_code", "")
    if not LANGUAGE.fullmatch(code):
        raise bad_request("invalid language code specified")
    return code


@method
async def set_my_commands(call: Call) -> bool:
    """The menu of commands, by scope and language."""
    commands = call.arguments["commands"]
    if len(commands) > MOST_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not COMMAND.fullmatch(command["command"]):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(command["description"]) <= LONGEST_DESCRIPTION:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    _commands(call)[_language(call)] = commands
    return True


@method
async def get_my_commands(call: Call) -> list[Json]:
    """The menu of commands of a scope and language."""
    return _commands(call).get(_language(call), [])


@method
async def delete_my_commands(call: Call) -> bool:
    """No menu of that scope and language."""
    _commands(call).pop(_language(call), None)
    return True


def _commands(call: Call) -> dict[str, list[Json]]:
    scope = call.arguments.get("scope", {"type": "default"})
    return call.bot.profile.commands.setdefault(json.dumps(scope, sort_keys=True), {})


@method
async def set_chat_menu_button(call: Call) -> bool:
    """What stands beside the field for text."""
    button = call.arguments.get("menu_button", {"type": "default"})
    if button["type"] not in {"default", "commands", "web_app"}:
        raise bad_request("can't parse menu button: unsupported type")
    call.bot.profile.menu_buttons[call.arguments.get("chat_id")] = button
    return True


@method
async def get_chat_menu_button(call: Call) -> Json:
    """What stands beside the field for text."""
    buttons = call.bot.profile.menu_buttons
    return buttons.get(call.arguments.get("chat_id")) or buttons.get(None) or {"type": "commands"}


@method
async def set_my_default_administrator_rights(call: Call) -> bool:
    """The rights that are ticked when somebody adds the bot to a group or channel."""
    given = call.arguments.get("rights", {})
    rights = {right: given.get(right, False) for right in RIGHTS}
    call.bot.profile.default_rights[call.arguments.get("for_channels", False)] = rights
    return True


@method
async def get_my_default_administrator_rights(call: Call) -> Json:
    """The rights that are ticked when somebody adds the bot to a group or channel."""
    none = dict.fromkeys(RIGHTS, False)
    return call.bot.profile.default_rights.get(call.arguments.get("for_channels", False), none)
