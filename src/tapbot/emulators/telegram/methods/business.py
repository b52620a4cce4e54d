"""What a bot does in the name of a business account, beside writing."""

from __future__ import annotations

from tapbot.emulators.telegram.calls import Call, check_business_right, find_business, find_message, method
from tapbot.emulators.telegram.facts import bad_request
from tapbot.emulators.telegram.world import Json


@method
async def get_business_connection(call: Call) -> Json:
    """Whose account it is, and what the bot may do there."""
    return find_business(call.bot, call.arguments["business_connection_id"]).about


@method
async def read_business_message(call: Call) -> bool:
    """A customer's message counts as read."""
    check_business_right(call, "can_read_messages")
    chat = call.chat()
    chat.read.add(find_message(chat, call.arguments["message_id"], "read")["message_id"])
    return True


@method
async def delete_business_messages(call: Call) -> bool:
    """Away with messages of one chat."""
    business = find_business(call.bot, call.arguments["business_connection_id"])
    wanted = set(call.arguments["message_ids"])
    chat = next((chat for chat in business.chats.values() if wanted <= chat.messages.keys()), None)
    if chat is None or not wanted:
        raise bad_request("message to delete not found")
    own = all("sender_business_bot" in chat.messages[number] for number in wanted)
    rights = business.about["rights"]
    if not rights.get("can_delete_all_messages") and not (own and rights.get("can_delete_sent_messages")):
        raise bad_request("BUSINESS_CONNECTION_NOT_ALLOWED")
    for number in wanted:
        del chat.messages[number]
    return True
