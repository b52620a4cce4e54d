"""Business accounts: people let the bot answer in their name, in chats that are theirs."""

from __future__ import annotations

from tapbot.emulators.telegram.calls import find_business
from tapbot.emulators.telegram.chats import Chat
from tapbot.emulators.telegram.contents import read_contents, read_place
from tapbot.emulators.telegram.facts import bad_request, load_facts, read_value
from tapbot.emulators.telegram.world import Bot, Business, Json, World

USUAL_RIGHTS = {"can_reply": True, "can_read_messages": True, "can_delete_sent_messages": True}


def connect(world: World, bot: Bot, user_id: int, body: Json) -> str:
    """A person connects the bot to their account, or changes what it may do there; gives the connection's id.

    Raises:
        Refusal: The rights are none.
    """
    rights = read_value(load_facts(), "BusinessBotRights", body.get("rights", USUAL_RIGHTS), "rights")
    known = next((one for one in bot.businesses.values() if one.about["user"]["id"] == user_id), None)
    connection_id = str(known.about["id"]) if known else f"business-{bot.new_id()}"
    about = {
        "id": connection_id,
        "user": bot.users[user_id],
        "user_chat_id": user_id,
        "date": world.date(),
        "rights": rights,
        "is_enabled": bool(body.get("enabled", True)),
    }
    bot.businesses[connection_id] = Business(about, known.chats if known else {})
    world.add_update(bot, "business_connection", about)
    return connection_id


def write(world: World, bot: Bot, user_id: int, body: Json) -> list[Json]:
    """A customer writes to the account, or its owner writes to a customer (`chat_id`): the bot reads along.

    Raises:
        Refusal: There is no such account or chat, or nothing in the message.
    """
    business = find_business(bot, str(body["business"]))
    user = bot.users[user_id]
    if business.about["user"]["id"] == user_id:
        chat = business.chats.get(body.get("chat_id", 0))
        if chat is None:
            raise bad_request("chat not found")
    else:
        names: Json = {name: user[name] for name in ("first_name", "last_name", "username") if name in user}
        chat = business.chats.setdefault(user_id, Chat({"id": user_id, "type": "private", **names}))
    place = {"business_connection_id": business.about["id"], **read_place(chat.messages, body)}
    written = [world.write_message(bot, chat, user, {**place, **one}) for one in read_contents(bot, body)]
    if not business.about["is_enabled"]:
        return [{"update_id": 0, "message": message} for message in written]
    updates = [world.add_update(bot, "business_message", message) for message in written]
    return [{"update_id": one["update_id"], "message": one["business_message"]} for one in updates]
