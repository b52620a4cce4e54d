"""What people do in the emulated world, and the updates that the bot gets of it."""

from __future__ import annotations

from typing import Any

from tapbot.emulators.telegram import businesses
from tapbot.emulators.telegram.chats import INSIDE, Chat, make_member
from tapbot.emulators.telegram.contents import read_contents, read_place
from tapbot.emulators.telegram.facts import bad_request
from tapbot.emulators.telegram.world import Bot, Json, Press, Question, World


def write(world: World, bot: Bot, user_id: int, body: Json) -> list[Json]:
    """A person writes: the bot gets an update for each message.

    Raises:
        Refusal: There is nothing in it, or the person may not write there.
    """
    if "business" in body:
        return businesses.write(world, bot, user_id, body)
    chat = world.chat_of(bot, user_id, body.get("chat_id"))
    _check_may_write(chat, user_id)
    place = read_place(chat.messages, body)
    contents = read_contents(bot, body)
    written = [world.write_message(bot, chat, bot.users[user_id], {**place, **content}) for content in contents]
    return [_tell(world, bot, chat, message) for message in written]


def _tell(world: World, bot: Bot, chat: Chat, message: Json) -> Json:
    if chat.is_private or _hears(bot, chat, message):
        return world.add_update(bot, "message", message)
    return {"update_id": 0, "message": message}


def _hears(bot: Bot, chat: Chat, message: Json) -> bool:
    """In a group a bot that rules nothing hears only what is for it (Telegram's privacy mode)."""
    status = chat.members.get(bot.id, {}).get("status")
    if status in {"creator", "administrator"}:
        return True
    text = message.get("text") or message.get("caption") or ""
    replied = message.get("reply_to_message", {}).get("from", {}).get("id") == bot.id
    return status in INSIDE and (text.startswith("/") or f"@{bot.as_user()['username']}" in text or replied)


def _check_may_write(chat: Chat, user_id: int) -> None:
    if chat.is_private:
        return
    member = chat.members[user_id]
    if not chat.is_inside(user_id) or not member.get("can_send_messages", True):
        raise bad_request("the person may not write in this group")


def edit(world: World, bot: Bot, user_id: int, body: Json) -> Json:
    """A person edits what they wrote: another `text`, `caption` or `location`.

    Raises:
        Refusal: It is not there, or not theirs.
    """
    message = world.chat_of(bot, user_id, body.get("chat_id")).messages.get(body["message_id"])
    if message is None or message["from"]["id"] != user_id:
        raise bad_request("message can't be edited")
    message |= {name: body[name] for name in ("text", "caption", "location") if name in body}
    message["edit_date"] = world.date()
    return world.add_update(bot, "edited_message", message)


def press_button(world: World, bot: Bot, user_id: int, body: Json) -> str:
    """A person presses a button that is there: the bot gets a callback query, whose id is returned.

    Raises:
        Refusal: There is no such button.
    """
    chat = world.chat_of(bot, user_id, body.get("chat_id"))
    message, data = chat.messages.get(body["message_id"]), body["data"]
    rows = (message or {}).get("reply_markup", {}).get("inline_keyboard", [])
    if message is None or not any(button.get("callback_data") == data for row in rows for button in row):
        raise bad_request("there is no such button")
    press_id = bot.new_id()
    bot.presses[press_id] = Press(chat.chat["id"], body["message_id"], data)
    query = {"id": press_id, "from": bot.users[user_id], "message": message, "chat_instance": str(chat.chat["id"])}
    world.add_update(bot, "callback_query", {**query, "data": data})
    return press_id


def react(world: World, bot: Bot, user_id: int, body: Json) -> None:
    """A person reacts with an emoji, or takes it back (`null`).

    Raises:
        Refusal: The message is not there.
    """
    chat = world.chat_of(bot, user_id, body.get("chat_id"))
    if body["message_id"] not in chat.messages:
        raise bad_request("message to react not found")
    of_message = chat.reactions.setdefault(body["message_id"], {})
    old = of_message.pop(user_id, [])
    new = [{"type": "emoji", "emoji": body["emoji"]}] if body.get("emoji") else []
    if new:
        of_message[user_id] = new
    about = {"chat": chat.chat, "message_id": body["message_id"], "user": bot.users[user_id], "date": world.date()}
    world.add_update(bot, "message_reaction", {**about, "old_reaction": old, "new_reaction": new})


def vote(world: World, bot: Bot, user_id: int, body: Json) -> None:
    """A person votes: `options` by number, none to take the vote back.

    Raises:
        Refusal: There is no such poll, it is closed, or it does not take such a vote.
    """
    message = world.chat_of(bot, user_id, body.get("chat_id")).messages.get(body["message_id"], {})
    poll: Json | None = message.get("poll")
    chosen = list(body.get("options", []))
    if poll is None or poll["is_closed"]:
        raise bad_request("there is no open poll")
    if (len(chosen) > 1 and not poll["allows_multiple_answers"]) or any(one >= len(poll["options"]) for one in chosen):
        raise bad_request("this poll takes no such vote")
    votes = bot.votes[poll["id"]]
    votes[user_id] = chosen
    for position, option in enumerate(poll["options"]):
        option["voter_count"] = sum(position in one for one in votes.values())
    poll["total_voter_count"] = sum(bool(one) for one in votes.values())
    world.add_update(bot, "poll", poll)
    if not poll["is_anonymous"]:
        ids = [poll["options"][one]["persistent_id"] for one in chosen]
        answer = {"poll_id": poll["id"], "user": bot.users[user_id], "option_ids": chosen}
        world.add_update(bot, "poll_answer", {**answer, "option_persistent_ids": ids})


def pay(world: World, bot: Bot, user_id: int, body: Json) -> str:
    """A person presses "Pay": the bot is asked once more, and the id of that question is returned.

    Raises:
        Refusal: There is no such bill.
    """
    chat = world.chat_of(bot, user_id, body.get("chat_id"))
    invoice = bot.invoices.get(body["message_id"])
    if invoice is None or body["message_id"] not in chat.messages:
        raise bad_request("there is no such invoice")
    query = {"id": bot.new_id(), "from": bot.users[user_id], "invoice_payload": invoice["payload"]}
    if invoice.get("is_flexible") and "shipping_option_id" not in body:
        query["shipping_address"] = body.get("shipping_address", SOMEWHERE)
        bot.shippings[query["id"]] = Question(query, chat.chat["id"], body["message_id"])
        world.add_update(bot, "shipping_query", query)
        return str(query["id"])
    query |= {"currency": invoice["currency"], "total_amount": sum(one["amount"] for one in invoice["prices"])}
    query |= {name: body[name] for name in ("shipping_option_id", "order_info") if name in body}
    bot.checkouts[query["id"]] = Question(query, chat.chat["id"], body["message_id"])
    world.add_update(bot, "pre_checkout_query", query)
    return str(query["id"])


SOMEWHERE = {
    "country_code": "KZ",
    "state": "",
    "city": "Almaty",
    "street_line1": "Abai 1",
    "street_line2": "",
    "post_code": "050000",
}


def ask_inline(world: World, bot: Bot, user_id: int, body: Json) -> str:
    """A person types the bot's name and something behind it; the id of the query is returned."""
    query = {"id": bot.new_id(), "from": bot.users[user_id], "query": body["query"], "offset": body.get("offset", "")}
    query["chat_type"] = "sender"
    bot.inline_queries[query["id"]] = Question(query, user_id)
    world.add_update(bot, "inline_query", query)
    return str(query["id"])


def choose(world: World, bot: Bot, user_id: int, body: Json) -> Json:
    """A person takes one of the results: it stands in their chat, and the bot hears of it.

    Raises:
        Refusal: That was not offered.
    """
    question = bot.inline_queries.get(body["inline_query_id"])
    offered = (question.answer or {}).get("results", []) if question else []
    result = next((one for one in offered if one["id"] == body["result_id"]), None)
    if question is None or result is None:
        raise bad_request("there is no such result")
    chat = world.chat_of(bot, user_id, None)
    said = result.get("input_message_content", {}).get("message_text") or result.get("title") or ""
    below = {"reply_markup": result["reply_markup"]} if "reply_markup" in result else {}
    content = {"via_bot": bot.as_user(), "text": said, **below}
    message = world.write_message(bot, chat, bot.users[user_id], content)
    inline_id = f"inline-{message['message_id']}"
    bot.inline_messages[inline_id] = message
    known: Json = {"inline_message_id": inline_id} if below else {}
    chosen = {"result_id": result["id"], "from": bot.users[user_id], "query": question.about["query"], **known}
    world.add_update(bot, "chosen_inline_result", chosen)
    return {"message_id": message["message_id"], **known}


def block(world: World, bot: Bot, user_id: int, *, blocked: bool) -> None:
    """A person blocks the bot, or takes it back."""
    chat = world.chat_of(bot, user_id, None)
    if chat.blocked == blocked:
        return
    chat.blocked = blocked
    old, new = [
        make_member(bot.as_user(), status) for status in (("member", "kicked") if blocked else ("kicked", "member"))
    ]
    change: Json = {"chat": chat.chat, "from": bot.users[user_id], "date": world.date()}
    world.add_update(bot, "my_chat_member", {**change, "old_chat_member": old, "new_chat_member": new})


def go(world: World, bot: Bot, user_id: int, chat: Chat, *, inside: bool) -> None:
    """A person joins a group or leaves it."""
    user = bot.users[user_id]
    world.change_member(bot, chat, make_member(user, "member" if inside else "left"), by=user)


def ask_to_join(world: World, bot: Bot, user_id: int, chat: Chat) -> None:
    """A person asks to be let into a group."""
    chat.join_requests.add(user_id)
    asked = {"chat": chat.chat, "from": bot.users[user_id], "user_chat_id": user_id, "date": world.date()}
    world.add_update(bot, "chat_join_request", asked)


def add_group(world: World, bot: Bot, body: Json) -> Chat:
    """Somebody adds the bot to a group, as an administrator unless `bot` says `member`.

    Raises:
        Refusal: The id is not a group's.
    """
    if not isinstance(body.get("id"), int) or body["id"] >= 0:
        raise bad_request("a group has a negative id")
    details: Json = {"type": body.get("type", "supergroup"), "title": body.get("title", "Group")}
    details |= {name: body[name] for name in ("username", "is_forum") if name in body}
    chat = world.open_chat(bot, body["id"], details)
    owner = world.meet_user(bot, body.get("owner", 1), {"first_name": "Owner"})
    chat.members.setdefault(owner["id"], make_member(owner, "creator"))
    rights = {"can_promote_members": True, **body.get("rights", {})}
    status: Any = body.get("bot", "administrator")
    old = chat.members.get(bot.id) or make_member(bot.as_user(), "left")
    chat.members[bot.id] = make_member(bot.as_user(), status, rights)
    change: Json = {"chat": chat.chat, "from": owner, "date": world.date()}
    new = chat.members[bot.id]
    world.add_update(bot, "my_chat_member", {**change, "old_chat_member": old, "new_chat_member": new})
    return chat


def migrate(world: World, bot: Bot, chat: Chat, new_id: int) -> Chat:
    """A group becomes a supergroup with another id; its old id is told of in refusals from now on."""
    new = Chat({**chat.chat, "id": new_id, "type": "supergroup"}, members=chat.members, details=chat.details)
    bot.chats[new_id], chat.moved_to = new, new_id
    owner = next(member["user"] for member in chat.members.values() if member["status"] == "creator")
    left = world.write_message(bot, chat, owner, {"migrate_to_chat_id": new_id})
    world.add_update(bot, "message", left)
    came = world.write_message(bot, new, owner, {"migrate_from_chat_id": chat.chat["id"]})
    world.add_update(bot, "message", came)
    return new
