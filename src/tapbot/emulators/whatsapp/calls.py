"""The Graph API's calls beside sending: files, templates, profile and settings. Bodies come checked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tapbot.emulators.whatsapp.facts import Refusal, bad_parameter, load_facts
from tapbot.emulators.whatsapp.messages import read_number, send_message
from tapbot.emulators.whatsapp.templates import check_template
from tapbot.emulators.whatsapp.world import Account, World, unknown_object

Json = dict[str, Any]
SUCCESS: Json = {"success": True}
MEDIA_LIMITS = {"audio": 16_000_000, "image": 5_000_000, "video": 16_000_000, "application": 100_000_000,
                "text": 100_000_000}  # fmt: skip
ABOUT_TEMPLATE = ("id", "name", "language", "category", "status", "components", "parameter_format")


@dataclass(frozen=True)
class Upload:
    """A file that came with a multipart request."""

    name: str
    mime_type: str
    content: bytes


@dataclass(frozen=True)
class Call:
    """One call about an object.

    Args:
        object_id: The id that the path begins with.
        rest: What follows the named part of the path, such as a code; empty when nothing does.
        body: The JSON body or the form's fields.
        base: Address of the emulator, for addresses that it gives.
    """

    world: World
    account: Account
    object_id: str
    rest: str
    query: Json
    body: Any
    base: str


Handler = Callable[[Call], Awaitable[Any]]
HANDLERS: dict[tuple[str, str, str], Handler] = {}


def answers(method: str, kind: str, part: str = "") -> Callable[[Handler], Handler]:
    """Register the answer to calls such as `GET /{phone}/settings`: method, kind of object, part of the path."""

    def register(handler: Handler) -> Handler:
        HANDLERS[method, kind, part] = handler
        return handler

    return register


@answers("POST", "phone", "messages")
async def post_message(call: Call) -> Json:
    """Send, or mark as read."""
    if not call.account.registered:
        raise Refusal(133010, "Account not registered")
    return send_message(call.world, load_facts(), call.account, call.body)


@answers("POST", "phone", "media")
async def upload_media(call: Call) -> Json:
    """Keep a file for messages."""
    file, mime = call.body.get("file"), call.body.get("type")
    if call.body.get("messaging_product") != "whatsapp" or not isinstance(file, Upload):
        raise bad_parameter("The parameters messaging_product and file are required.")
    mime_type = str(mime or file.mime_type).partition(";")[0]
    most = MEDIA_LIMITS.get(mime_type.partition("/")[0])
    if most is None or len(file.content) > most:
        raise Refusal(131053, "Media upload error", details=f"{mime_type} of {len(file.content)} bytes is not taken")
    return {"id": call.world.add_media(call.account, file.content, mime_type, file.name)}


@answers("GET", "media")
async def get_media(call: Call) -> Json:
    """Where a file can be loaded, for five minutes."""
    media = call.world.give_address(call.account, call.object_id)
    return {
        "messaging_product": "whatsapp",
        "url": f"{call.base}/media-download/{call.account.identity.phone_number_id}/{call.object_id}",
        "mime_type": media.mime_type,
        "sha256": media.sha256,
        "file_size": str(len(media.content)),
        "id": call.object_id,
    }


@answers("DELETE", "media")
async def delete_media(call: Call) -> Json:
    """Forget a file."""
    del call.account.media[call.object_id]
    return SUCCESS


@answers("GET", "business", "message_templates")
async def list_templates(call: Call) -> Json:
    """Templates by name, status and so on, a page at a time: `after` is the last id of the page before."""
    found = list(call.account.templates.values())
    for name in ("name", "status", "language", "category"):
        if name in call.query:
            found = [one for one in found if one[name] == call.query[name]]
    after = call.query.get("after")
    begin = next((at + 1 for at, one in enumerate(found) if one["id"] == after), 0)
    page = found[begin : begin + int(call.query.get("limit", 25))]
    paging: Json = {"cursors": {"before": page[0]["id"], "after": page[-1]["id"]}} if page else {}
    if begin + len(page) < len(found):
        paging["next"] = f"{call.base}/more"
    wanted = set(call.query.get("fields", ",".join(ABOUT_TEMPLATE)).split(",")) | {"id"}
    answer = {"data": [{name: one[name] for name in one if name in wanted} for one in page], "paging": paging}
    return answer | {"summary": _summary(call.account)} if "summary" in call.query else answer


def _summary(account: Account) -> Json:
    total = len(account.templates)
    return {"total_count": total, "message_template_count": total, "message_template_limit": 250,
            "are_translations_complete": False}  # fmt: skip


@answers("POST", "business", "message_templates")
async def create_template(call: Call) -> Json:
    """Hand a template in; what the review says comes by webhook."""
    check_template(call.account, call.body)
    template_id = call.world.new_id()
    call.account.templates[template_id] = {"parameter_format": "POSITIONAL", **call.body, "id": template_id}
    call.account.templates[template_id]["status"] = "PENDING"
    if call.account.moderation != "PENDING":
        moderate(call.world, call.account, template_id, call.account.moderation)
    return {"id": template_id, "status": "PENDING", "category": call.body["category"]}


def moderate(world: World, account: Account, template_id: str, status: str) -> None:
    """The review's word about a template."""
    template = account.templates[template_id]
    template["status"] = status
    told = {
        "event": status,
        "message_template_id": int(template_id),
        "message_template_name": template["name"],
        "message_template_language": template["language"],
        "reason": "NONE" if status == "APPROVED" else "INCORRECT_CATEGORY",
    }
    world.tell(account, "message_template_status_update", told)


@answers("DELETE", "business", "message_templates")
async def delete_template(call: Call) -> Json:
    """Delete all languages of a name, or one template by `hsm_id`."""
    name, one_id = call.query.get("name"), call.query.get("hsm_id")
    gone = [
        one["id"]
        for one in call.account.templates.values()
        if one["name"] == name and (one_id is None or one["id"] == one_id)
    ]
    if not gone:
        raise Refusal(100, "Invalid parameter", subcode=2593002, details="Message template was not found")
    for template_id in gone:
        del call.account.templates[template_id]
    return SUCCESS


@answers("GET", "template")
async def get_template(call: Call) -> Json:
    """One template."""
    return call.account.templates[call.object_id]


@answers("POST", "template")
async def update_template(call: Call) -> Json:
    """Change a template; the review looks again."""
    changes = {name: call.body[name] for name in ("category", "components") if name in call.body}
    if not changes:
        raise bad_parameter("Nothing to change.")
    call.account.templates[call.object_id].update(changes)
    moderate(call.world, call.account, call.object_id, call.account.moderation)
    template = call.account.templates[call.object_id]
    return {**SUCCESS, **{name: template[name] for name in ("id", "name", "category")}}


def _block(call: Call, *, blocked: bool) -> Json:
    numbers = [read_number(one["user"]) for one in call.body["block_users"]]
    users = call.account.blocked_users
    (users.update if blocked else users.difference_update)(numbers)
    told = [{"input": number, "wa_id": number} for number in numbers]
    name = "added_users" if blocked else "removed_users"
    return {"messaging_product": "whatsapp", "block_users": {name: told}}


@answers("POST", "phone", "block_users")
async def add_blocked(call: Call) -> Json:
    """Hear no more of some people."""
    return _block(call, blocked=True)


@answers("DELETE", "phone", "block_users")
async def remove_blocked(call: Call) -> Json:
    """Hear of them again."""
    return _block(call, blocked=False)


@answers("GET", "phone", "block_users")
async def list_blocked(call: Call) -> Json:
    """Who is blocked."""
    users = [
        {"messaging_product": "whatsapp", "input": number, "wa_id": number}
        for number in sorted(call.account.blocked_users)
    ]
    return {"data": users, "paging": {"cursors": {"before": "", "after": ""}}}


@answers("POST", "phone", "message_qrdls")
async def save_code(call: Call) -> Json:
    """A new short link with a message, or another message for one."""
    code = call.body.get("code") or f"C{call.world.new_id()[-13:]}"
    if "code" in call.body and code not in call.account.qr_codes:
        raise unknown_object(code)
    made = {
        "code": code,
        "prefilled_message": call.body["prefilled_message"],
        "deep_link_url": f"{call.base}/message/{code}",
    }
    if kind := call.body.get("generate_qr_image"):
        made["qr_image_url"] = f"{call.base}/qr/{code}.{kind.lower()}"
    call.account.qr_codes[code] = made
    return made


@answers("GET", "phone", "message_qrdls")
async def list_codes(call: Call) -> Json:
    """All short links, or one of them."""
    if call.rest and call.rest not in call.account.qr_codes:
        raise unknown_object(call.rest)
    codes = [call.account.qr_codes[call.rest]] if call.rest else list(call.account.qr_codes.values())
    return {"data": codes, "paging": {"cursors": {"before": "", "after": ""}}}


@answers("DELETE", "phone", "message_qrdls")
async def delete_code(call: Call) -> Json:
    """Forget a short link."""
    if call.account.qr_codes.pop(call.rest, None) is None:
        raise unknown_object(call.rest)
    return SUCCESS
