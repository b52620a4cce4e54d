"""Sending: the checks that Meta makes of a message, the 24-hour window, and what the person then sees."""

from __future__ import annotations

from typing import Any

from tapbot.emulators.whatsapp.amendments import READ_RECEIPT
from tapbot.emulators.whatsapp.facts import Facts, Refusal, bad_parameter, check_body
from tapbot.emulators.whatsapp.templates import fill_template
from tapbot.emulators.whatsapp.world import Account, World, number_of, unknown_object

Json = dict[str, Any]
MEDIA = ("audio", "document", "image", "sticker", "video")
MOST_ROWS = 10
REENGAGEMENT = "Re-engagement message"
WINDOW_CLOSED = (
    "Message failed to send because more than 24 hours have passed since the customer last replied to this number."
)


def send_message(world: World, facts: Facts, account: Account, body: Any) -> Json:
    """Take a message, or a read receipt.

    Raises:
        Refusal: The body is not one that the Cloud API takes.
    """
    if not isinstance(body, dict) or body.get("messaging_product") != "whatsapp":
        raise bad_parameter("The parameter messaging_product is required and must be whatsapp.")
    if "status" in body:
        return _mark_read(facts, account, body)
    check_body(facts, "POST /{Phone-Number-ID}/messages", body)
    given = body.get("to") or body.get("recipient") or ""
    wa_id = read_number(given)
    shown = _show(account, body)
    chat = world.chat_with(account, wa_id)
    message_id = world.new_message_id(account, wa_id)
    account.count("taken")
    answer = {
        "messaging_product": "whatsapp",
        "contacts": [{"input": given, "wa_id": wa_id}],
        "messages": [{"id": message_id}],
    }
    problem = _undeliverable(world, account, wa_id, body["type"])
    if problem is not None:
        world.set_status(account, wa_id, message_id, "failed", problem)
        return answer
    chat.typing = False
    if body["type"] == "reaction":
        chat.messages[body["reaction"]["message_id"]]["reaction"] = body["reaction"]["emoji"]
    else:
        kept = {"id": message_id, "timestamp": world.timestamp(), "author": "business", "type": body["type"], **shown}
        opaque = {name: body[name] for name in ("biz_opaque_callback_data", "context") if name in body}
        chat.messages[message_id] = {**kept, **opaque}
    account.count("shown")
    for status in ("sent", "delivered"):
        world.set_status(account, wa_id, message_id, status)
    return answer


def read_number(written: str) -> str:
    """A person's number in digits, from a number or a scoped id.

    Raises:
        Refusal: It is none.
    """
    number = number_of(written) if written.startswith("KZ.") else written
    digits = "".join(letter for letter in number if letter not in "+ -()")
    if not digits.isdecimal() or not 7 <= len(digits) <= 15:
        raise Refusal(131009, "Parameter value is not valid", details="Param to is not a valid phone number.")
    return digits


def _undeliverable(world: World, account: Account, wa_id: str, kind: str) -> Json | None:
    """Why a message that was taken fails later, as a webhook says it."""
    chat = account.chats[wa_id]
    if chat.blocked:
        account.count("undeliverable")
        return _failure(131026, "Message undeliverable", "The person does not take messages of this business.")
    if kind != "template" and not world.window_is_open(chat):
        account.count("outside_window")
        return _failure(131047, REENGAGEMENT, WINDOW_CLOSED)
    return None


def _failure(code: int, title: str, details: str) -> Json:
    return {"code": code, "title": title, "message": title, "error_data": {"details": details}}


def refuse_outside_window() -> Refusal:
    """The same refusal as an answer, which Meta gives now and then."""
    return Refusal(131047, REENGAGEMENT, details=WINDOW_CLOSED)


def _mark_read(facts: Facts, account: Account, body: Json) -> Json:
    check_body(Facts(facts.version, {"": READ_RECEIPT}, facts.schemas), "", body)
    for chat in account.chats.values():
        message = chat.messages.get(body["message_id"])
        if message is not None and message["author"] == "user":
            message["read"] = True
            chat.typing = "typing_indicator" in body
            return {"success": True}
    raise Refusal(131009, "Parameter value is not valid", details="Message ID is not valid")


def _show(account: Account, body: Json) -> Json:
    """What the person sees of a message: text and buttons."""
    kind = body["type"]
    content = body[kind]
    if kind == "text":
        if not content["body"].strip():
            raise bad_parameter("The parameter text['body'] is required.")
        return {"text": content["body"]}
    if kind in MEDIA:
        if "id" in content and content["id"] not in account.media:
            raise unknown_object(content["id"])
        return {"text": content.get("caption", ""), kind: content}
    if kind == "reaction":
        if not any(content["message_id"] in chat.messages for chat in account.chats.values()):
            raise Refusal(131009, "Parameter value is not valid", details="Message ID is not valid")
        return {}
    if kind == "interactive":
        return _show_interactive(content)
    if kind == "template":
        filled = fill_template(account, content)
        lines = [filled[part] for part in ("header", "body", "footer") if part in filled]
        return {"text": "\n".join(lines), "buttons": filled["buttons"], "template": content["name"]}
    return {"text": content.get("name", "") if isinstance(content, dict) else "", kind: content}


def _show_flow(given: Json) -> Json:
    """The button that opens a flow; its id is the flow's token."""
    if ("flow_id" in given) == ("flow_name" in given):
        raise bad_parameter("Exactly one of flow_id and flow_name is required.")
    return {"id": given.get("flow_token") or "unused", "title": given["flow_cta"]}


def _show_interactive(content: Json) -> Json:
    """A message with buttons, a list, an address or a request of a location."""
    if content["type"] in {"button", "list", "cta_url", "flow"} and not content.get("body", {}).get("text", "").strip():
        raise bad_parameter("The parameter interactive['body']['text'] is required.")
    action, buttons = content["action"], []
    if content["type"] == "button":
        buttons = [button["reply"] for button in action.get("buttons", [])]
    elif content["type"] == "list":
        buttons = [row for section in action.get("sections", []) for row in section.get("rows", [])]
        if not 1 <= len(buttons) <= MOST_ROWS:
            details = f"Total row count exceed max allowed count: {MOST_ROWS}"
            raise Refusal(131009, "Parameter value is not valid", details=details)
        if len(action["sections"]) > 1 and not all(section.get("title") for section in action["sections"]):
            raise bad_parameter("Each of several sections needs a title.")
    elif content["type"] == "flow":
        buttons = [_show_flow(action.get("parameters", {}))]
    for name in ("id", "title"):
        values = [button[name] for button in buttons]
        if len(set(values)) != len(values) or not all(value.strip() for value in values):
            raise Refusal(
                131009, "Parameter value is not valid", details=f"Button {name}s must be unique and not empty"
            )
    return {"text": content.get("body", {}).get("text", ""), "buttons": buttons, "interactive": content["type"]}
