"""Who is in a group, and what they may do there."""

from __future__ import annotations

from tapbot.emulators.telegram.calls import Call, find_group, method
from tapbot.emulators.telegram.chats import PERMISSIONS, RIGHTS, Chat, make_member
from tapbot.emulators.telegram.facts import bad_request
from tapbot.emulators.telegram.world import Json

CANNOT_RESTRICT = "not enough rights to restrict/unrestrict chat member"
LONGEST_TITLE = 16


@method
async def get_chat_member(call: Call) -> Json:
    """How somebody stands to a chat."""
    chat, user_id = call.chat(), call.arguments["user_id"]
    if chat.is_private:
        if user_id not in {chat.chat["id"], call.bot.id}:
            raise bad_request("user not found")
        user = call.bot.as_user() if user_id == call.bot.id else call.bot.users[user_id]
        return make_member(user, "member")
    return _find_member(call, chat)


@method
async def get_chat_member_count(call: Call) -> int:
    """How many are in."""
    chat = call.chat()
    return 2 if chat.is_private else sum(chat.is_inside(user_id) for user_id in chat.members)


@method
async def get_chat_administrators(call: Call) -> list[Json]:
    """Who rules, without other bots."""
    chat = call.chat()
    if chat.is_private:
        raise bad_request("there are no administrators in the private chat")
    return [member for member in chat.members.values() if member["status"] in {"creator", "administrator"}]


@method
async def ban_chat_member(call: Call) -> bool:
    """Out, and not to come back."""
    chat = find_group(call, "can_restrict_members", CANNOT_RESTRICT)
    member = _find_lesser(call, chat)
    _change(call, chat, make_member(member["user"], "kicked", {"until_date": call.arguments.get("until_date", 0)}))
    if call.arguments.get("revoke_messages"):
        theirs = [number for number, one in chat.messages.items() if one["from"]["id"] == member["user"]["id"]]
        for number in theirs:
            del chat.messages[number]
    return True


@method
async def unban_chat_member(call: Call) -> bool:
    """May come back. Without `only_if_banned` a member is thrown out by it, as at Telegram."""
    chat = find_group(call, "can_restrict_members", CANNOT_RESTRICT)
    member = _find_lesser(call, chat)
    if member["status"] == "kicked" or not call.arguments.get("only_if_banned"):
        _change(call, chat, make_member(member["user"], "left"))
    return True


@method
async def restrict_chat_member(call: Call) -> bool:
    """May do less; with all permissions it is an ordinary member again."""
    chat = find_group(call, "can_restrict_members", CANNOT_RESTRICT)
    member = _find_lesser(call, chat)
    given = call.arguments["permissions"]
    if all(given.get(name) for name in PERMISSIONS):
        _change(call, chat, make_member(member["user"], "member"))
        return True
    known = {"until_date": call.arguments.get("until_date", 0), "is_member": chat.is_inside(member["user"]["id"])}
    _change(call, chat, make_member(member["user"], "restricted", {**given, **known}))
    return True


@method
async def promote_chat_member(call: Call) -> bool:
    """An administrator with the given rights; with none an ordinary member again."""
    chat = find_group(call, "can_promote_members", "not enough rights")
    member = _find_lesser(call, chat)
    rights = {right: call.arguments.get(right, False) for right in RIGHTS}
    if not any(rights.values()):
        _change(call, chat, make_member(member["user"], "member"))
        return True
    if not chat.is_inside(member["user"]["id"]):
        raise bad_request("USER_NOT_PARTICIPANT")
    _change(call, chat, make_member(member["user"], "administrator", {**rights, "can_manage_chat": True}))
    return True


@method
async def set_chat_administrator_custom_title(call: Call) -> bool:
    """What stands beside an administrator's name."""
    chat = find_group(call, "can_promote_members", "not enough rights to change custom title of the user")
    member = _find_member(call, chat)
    if member["status"] != "administrator":
        raise bad_request("user is not an administrator")
    if len(call.arguments["custom_title"]) > LONGEST_TITLE:
        raise bad_request("ADMIN_RANK_INVALID")
    member["custom_title"] = call.arguments["custom_title"]
    return True


@method
async def approve_chat_join_request(call: Call) -> bool:
    """Somebody who asked may come in."""
    chat, user = _take_join_request(call)
    _change(call, chat, make_member(user, "member"))
    return True


@method
async def decline_chat_join_request(call: Call) -> bool:
    """Somebody who asked may not."""
    _take_join_request(call)
    return True


def _take_join_request(call: Call) -> tuple[Chat, Json]:
    chat = find_group(call, "can_invite_users", "not enough rights to manage chat join requests")
    user_id = call.arguments["user_id"]
    if user_id not in chat.join_requests:
        raise bad_request("HIDE_REQUESTER_MISSING")
    chat.join_requests.discard(user_id)
    return chat, call.bot.users[user_id]


def _find_member(call: Call, chat: Chat) -> Json:
    user_id = call.arguments["user_id"]
    member = chat.members.get(user_id)
    if member is not None:
        return member
    if user_id not in call.bot.users:
        raise bad_request("PARTICIPANT_ID_INVALID")
    return make_member(call.bot.users[user_id], "left")


def _find_lesser(call: Call, chat: Chat) -> Json:
    """Somebody over whom an administrator has power."""
    member = _find_member(call, chat)
    if member["user"]["id"] == call.bot.id:
        raise bad_request("can't restrict self")
    if member["status"] == "creator":
        raise bad_request("can't remove chat owner")
    return member


def _change(call: Call, chat: Chat, member: Json) -> None:
    call.world.change_member(call.bot, chat, member, by=call.bot.as_user())
