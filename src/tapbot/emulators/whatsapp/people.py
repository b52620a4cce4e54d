"""The people of the emulated world, by HTTP: write, press, read, block, and look at a chat; and the page for it."""

from __future__ import annotations

import base64
import binascii
import json
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from tapbot.emulators.whatsapp.calls import moderate
from tapbot.emulators.whatsapp.facts import Refusal, bad_parameter
from tapbot.emulators.whatsapp.world import RANKS, Account, Chat, World, unknown_object

Json = dict[str, Any]
BROWSER = Path(__file__).parent / "browser"
PAGE_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
MEDIA_KINDS = {
    "image": "image/png",
    "audio": "audio/ogg",
    "video": "video/mp4",
    "document": "application/pdf",
    "sticker": "image/webp",
}
PLAIN_KINDS = ("location", "contacts", "reaction")


class People:
    """The endpoints below `/emulator/{phone}`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/emulator", self.page),
            Route("/emulator/businesses", self.list_businesses),
            Route("/emulator/static/{name}", self.static),
            Route("/emulator/{phone}/webhook", self.point, methods=["POST"]),
            Route("/emulator/{phone}/chats/{wa_id}", self.look),
            Route("/emulator/{phone}/users/{wa_id}/messages", self.write, methods=["POST"]),
            Route("/emulator/{phone}/users/{wa_id}/press", self.press, methods=["POST"]),
            Route("/emulator/{phone}/users/{wa_id}/complete", self.complete, methods=["POST"]),
            Route("/emulator/{phone}/users/{wa_id}/read", self.read, methods=["POST"]),
            Route("/emulator/{phone}/users/{wa_id}/block", self.block, methods=["POST"]),
            Route("/emulator/{phone}/echoes", self.echo, methods=["POST"]),
            Route("/emulator/{phone}/templates/{template}", self.review, methods=["POST"]),
            Route("/emulator/{phone}/moderation", self.set_moderation, methods=["POST"]),
        ]

    async def list_businesses(self, _request: Request) -> Response:
        """The businesses with their chats and counts: for the page and for checks."""
        shown = [
            {
                "phone_number_id": phone,
                "name": account.identity.name,
                "chats": sorted(account.chats),
                "counts": account.counts,
                "pending_webhooks": len(account.pending),
                "last_error": account.last_error,
            }
            for phone, account in self._world.accounts.items()
        ]
        return JSONResponse({"businesses": shown})

    async def write(self, request: Request) -> Response:
        """A person writes: `{"text"}`, or an image, audio, video, document, sticker, location or contacts; `name`."""
        account, wa_id, body = await self._act(request)
        message = self._world.receive(account, wa_id, self._content(account, body), body.get("name"))
        return JSONResponse({"id": message["id"]})

    def _content(self, account: Account, body: Json) -> Json:
        """What a person wrote, as webhooks have it."""
        content: Json = {"context": {"from": account.identity.number, "id": body["to"]}} if "to" in body else {}
        if isinstance(body.get("text"), str) and body["text"]:
            return {**content, "type": "text", "text": {"body": body["text"]}}
        for kind, mime_type in MEDIA_KINDS.items():
            if kind in body:
                return {**content, "type": kind, kind: self._media(account, kind, mime_type, body[kind])}
        for kind in PLAIN_KINDS:
            if kind in body:
                return {**content, "type": kind, kind: body[kind]}
        raise bad_parameter("a message needs a text, or one of " + ", ".join((*MEDIA_KINDS, *PLAIN_KINDS)))

    def _media(self, account: Account, kind: str, mime_type: str, given: Any) -> Json:
        given = given if isinstance(given, dict) else {}
        try:
            content = base64.b64decode(given["base64"], validate=True) if "base64" in given else PIXEL
        except (binascii.Error, TypeError) as error:
            raise bad_parameter("base64 cannot be read") from error
        mime_type = given.get("mime_type", mime_type)
        media_id = self._world.add_media(account, content, mime_type, given.get("filename"))
        media: Json = {"id": media_id, "mime_type": mime_type, "sha256": account.media[media_id].sha256}
        if kind == "audio":
            media["voice"] = bool(given.get("voice", True))
        return media | {name: given[name] for name in ("caption", "filename") if name in given}

    async def press(self, request: Request) -> Response:
        """A person presses a button or a row of a list: `{"message_id", "id"}`."""
        account, wa_id, body = await self._act(request)
        offered = account.chats[wa_id].messages.get(body.get("message_id", "")) if wa_id in account.chats else None
        button = next((one for one in (offered or {}).get("buttons", []) if one["id"] == body.get("id")), None)
        if offered is None or button is None:
            raise bad_parameter("there is no such button")
        content: Json = {"context": {"from": account.identity.number, "id": offered["id"]}}
        if offered["type"] == "template":
            content |= {"type": "button", "button": {"payload": button["id"], "text": button["title"]}}
        else:
            kind = "list_reply" if offered.get("interactive") == "list" else "button_reply"
            reply = {"id": button["id"], "title": button["title"]}
            if kind == "list_reply":
                reply["description"] = button.get("description", "")
            content |= {"type": "interactive", "interactive": {"type": kind, kind: reply}}
        message = self._world.receive(account, wa_id, content)
        return JSONResponse({"id": message["id"]})

    async def complete(self, request: Request) -> Response:
        """A person fills a flow in: `{"message_id", "response": {…}}`."""
        account, wa_id, body = await self._act(request)
        chat = account.chats.get(wa_id)
        offered = chat.messages.get(body.get("message_id", "")) if chat else None
        if offered is None or offered.get("interactive") != "flow" or not isinstance(body.get("response"), dict):
            raise bad_parameter("there is no such flow, or no response")
        response = {"flow_token": offered["buttons"][0]["id"], **body["response"]}
        reply = {"name": "flow", "body": "Sent", "response_json": json.dumps(response, ensure_ascii=False)}
        content: Json = {"context": {"from": account.identity.number, "id": offered["id"]}, "type": "interactive"}
        content["interactive"] = {"type": "nfm_reply", "nfm_reply": reply}
        return JSONResponse({"id": self._world.receive(account, wa_id, content)["id"]})

    async def read(self, request: Request) -> Response:
        """A person opens the chat: everything that the business wrote is read."""
        account, wa_id, _body = await self._act(request)
        for message in list(self._chat(account, wa_id).messages.values()):
            if message["author"] == "business" and RANKS.get(message.get("status", ""), 0) < RANKS["read"]:
                self._world.set_status(account, wa_id, message["id"], "read")
        return JSONResponse({})

    async def block(self, request: Request) -> Response:
        """A person blocks the business, or takes it back: `{"blocked": true}`."""
        account, wa_id, body = await self._act(request)
        self._world.chat_with(account, wa_id).blocked = bool(body.get("blocked", True))
        return JSONResponse({})

    async def echo(self, request: Request) -> Response:
        """Somebody of the company writes from its phone: `{"to", "text"}`."""
        account, body = self._account(request), await request.json()
        if not isinstance(body.get("text"), str) or not isinstance(body.get("to"), str):
            raise bad_parameter("an echo needs to and text")
        return JSONResponse({"id": self._world.echo(account, body["to"], body["text"])["id"]})

    async def review(self, request: Request) -> Response:
        """The review's word about a template: `{"status": "REJECTED"}`."""
        account, body = self._account(request), await request.json()
        template_id = request.path_params["template"]
        if template_id not in account.templates:
            raise unknown_object(template_id)
        moderate(self._world, account, template_id, str(body["status"]))
        return JSONResponse({})

    async def set_moderation(self, request: Request) -> Response:
        """What becomes of new templates: `{"status": "APPROVED"}`, `REJECTED`, or `PENDING` to leave them waiting."""
        self._account(request).moderation = str((await request.json())["status"])
        return JSONResponse({})

    async def point(self, request: Request) -> Response:
        """Where webhooks go, without a challenge: `{"url"}`."""
        account = self._account(request)
        account.webhook_url = str((await request.json())["url"])
        account.arrived.set()
        return JSONResponse({})

    async def look(self, request: Request) -> Response:
        """The chat as the person in it sees it."""
        account, wa_id = self._account(request), request.path_params["wa_id"]
        chat = self._chat(account, wa_id)
        return JSONResponse({"chat": wa_id, "name": chat.name, "typing": chat.typing, "messages": _show(chat)})

    async def page(self, _request: Request) -> Response:
        """A page to chat with the business."""
        return FileResponse(BROWSER / "page.html", headers={"Content-Security-Policy": PAGE_POLICY})

    async def static(self, request: Request) -> Response:
        """The page's script and style."""
        name = request.path_params["name"]
        if name not in {"page.js", "page.css"}:
            return Response(status_code=404)
        return FileResponse(BROWSER / name)

    def _account(self, request: Request) -> Account:
        account = self._world.accounts.get(request.path_params["phone"])
        if account is None:
            raise unknown_object(request.path_params["phone"])
        return account

    def _chat(self, account: Account, wa_id: str) -> Chat:
        chat = account.chats.get(wa_id)
        if chat is None:
            raise Refusal(100, "There is no such chat", status=404)
        return chat

    async def _act(self, request: Request) -> tuple[Account, str, Json]:
        """Who does something with which business, and the body that says what."""
        account, wa_id, body = self._account(request), request.path_params["wa_id"], await request.json()
        if not isinstance(body, dict) or not wa_id.isdecimal():
            raise bad_parameter("the body must be an object, and a person's number digits")
        return account, wa_id, body


def _show(chat: Chat) -> list[Json]:
    """Messages with their author: the person, the business, or somebody with the business's phone."""
    return [
        {
            "id": message["id"],
            "author": message["author"],
            "kind": message["type"],
            "text": message["text"] if isinstance(message.get("text"), str) else _words(message),
            "buttons": message.get("buttons", []),
            "status": message.get("status"),
            "reaction": message.get("reaction"),
            "template": message.get("template"),
            "read": message.get("read", False),
            "date": message["timestamp"],
        }
        for message in chat.messages.values()
    ]


def _words(message: Json) -> str:
    """The words of what a person did."""
    if message["type"] == "interactive":
        reply = message["interactive"][message["interactive"]["type"]]
        return str(reply.get("title") or reply["body"])
    if message["type"] == "button":
        return str(message["button"]["text"])
    content = message.get(message["type"])
    return str(content.get("body") or content.get("caption") or "") if isinstance(content, dict) else ""
