"""Chats: what is known of them, their title, picture and rules, and links that invite into them."""

from __future__ import annotations

from tapbot.emulators.telegram.calls import Call, find_group, method
from tapbot.emulators.telegram.chats import PERMISSIONS, Chat
from tapbot.emulators.telegram.facts import Upload, bad_request
from tapbot.emulators.telegram.methods.files import take_file
from tapbot.emulators.telegram.world import Json

LONGEST_TITLE = 128
LONGEST_DESCRIPTION = 255
GIFTS = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
NO_INFO_RIGHT = "not enough rights to change chat title"
NO_INVITE_RIGHT = "not enough rights to manage chat invite link"
LINK_SETTINGS = ("name", "expire_date", "member_limit")


@method
async def get_chat(call: Call) -> Json:
    """What is known of a chat."""
    chat = call.chat()
    pinned = {"pinned_message": chat.messages[chat.pinned[-1]]} if chat.pinned else {}
    rules = {} if chat.is_private else {"permissions": dict.fromkeys(PERMISSIONS, True)}
    gifts = dict.fromkeys(GIFTS, False)
    common = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts}
    return {**chat.chat, **common, **rules, **chat.details, **pinned}


@method
async def leave_chat(call: Call) -> bool:
    """The bot goes."""
    chat = call.chat()
    if chat.is_private:
        raise bad_request("chat not found")
    chat.members[call.bot.id] = {"user": call.bot.as_user(), "status": "left"}
    return True


@method
async def set_chat_title(call: Call) -> bool:
    """Another title; everybody is told by a message."""
    chat = find_group(call, "can_change_info", NO_INFO_RIGHT)
    title = call.arguments["title"].strip()
    if not title:
        raise bad_request("title must be non-empty")
    chat.chat["title"] = title[:LONGEST_TITLE]
    _tell(call, chat, {"new_chat_title": chat.chat["title"]})
    return True


@method
async def set_chat_description(call: Call) -> bool:
    """Another description, or none."""
    chat = find_group(call, "can_change_info", "not enough rights to set chat description")
    description = call.arguments.get("description", "")
    if len(description) > LONGEST_DESCRIPTION:
        raise bad_request("CHAT_ABOUT_TOO_LONG")
    if chat.details.get("description", "") == description:
        raise bad_request("chat description is not modified")
    chat.details["description"] = description
    return True


@method
async def set_chat_photo(call: Call) -> bool:
    """Another picture; everybody is told by a message."""
    chat = find_group(call, "can_change_info", "not enough rights to change chat photo")
    given = call.arguments["photo"]
    if not isinstance(given, Upload) and not given.startswith("attach://"):
        raise bad_request("photo should be uploaded as an InputFile")
    stored = take_file(call, "photo", given)
    ids = {"file_id": stored.file_id, "file_unique_id": stored.facts["file_unique_id"]}
    chat.details["photo"] = {f"{size}_{name}": value for size in ("small", "big") for name, value in ids.items()}
    _tell(call, chat, {"new_chat_photo": [{**stored.facts, "width": 640, "height": 640}]})
    return True


@method
async def delete_chat_photo(call: Call) -> bool:
    """No picture."""
    chat = find_group(call, "can_change_info", "not enough rights to change chat photo")
    if chat.details.pop("photo", None) is None:
        raise bad_request("CHAT_NOT_MODIFIED")
    _tell(call, chat, {"delete_chat_photo": True})
    return True


@method
async def set_chat_permissions(call: Call) -> bool:
    """What ordinary members may do."""
    chat = find_group(call, "can_restrict_members", "not enough rights to change chat permissions")
    chat.details["permissions"] = {name: call.arguments["permissions"].get(name, False) for name in PERMISSIONS}
    return True


@method
async def export_chat_invite_link(call: Call) -> str:
    """A new main link; the old one stops working."""
    chat = find_group(call, "can_invite_users", NO_INVITE_RIGHT)
    for link in chat.invites.values():
        link["is_revoked"] = link["is_revoked"] or link["is_primary"]
    made = _make_link(call, chat, is_primary=True)
    chat.details["invite_link"] = made["invite_link"]
    return str(made["invite_link"])


@method
async def create_chat_invite_link(call: Call) -> Json:
    """One more link."""
    chat = find_group(call, "can_invite_users", NO_INVITE_RIGHT)
    return _make_link(call, chat, is_primary=False)


@method
async def edit_chat_invite_link(call: Call) -> Json:
    """Other rules for a link of the bot."""
    link = _find_link(call)
    for name in LINK_SETTINGS:
        link.pop(name, None)
    return _set_link(call, link)


@method
async def revoke_chat_invite_link(call: Call) -> Json:
    """A link stops working."""
    link = _find_link(call)
    link["is_revoked"] = True
    return link


def _make_link(call: Call, chat: Chat, *, is_primary: bool) -> Json:
    address = f"https://t.me/+{call.bot.new_id()}"
    link = {"invite_link": address, "creator": call.bot.as_user(), "is_primary": is_primary, "is_revoked": False}
    chat.invites[address] = _set_link(call, link)
    return chat.invites[address]


def _set_link(call: Call, link: Json) -> Json:
    link |= {"creates_join_request": call.arguments.get("creates_join_request", False)}
    link |= call.chosen(*LINK_SETTINGS)
    if link["creates_join_request"] and "member_limit" in link:
        raise bad_request("member limit can't be specified for links requiring administrator approval")
    return link


def _find_link(call: Call) -> Json:
    link = find_group(call, "can_invite_users", NO_INVITE_RIGHT).invites.get(call.arguments["invite_link"])
    if link is None:
        raise bad_request("INVITE_HASH_EXPIRED")
    return link


def _tell(call: Call, chat: Chat, content: Json) -> None:
    call.world.write_message(call.bot, chat, call.bot.as_user(), content)
