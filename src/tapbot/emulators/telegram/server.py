"""The emulator's HTTP: the Bot API itself, and `/emulator/…` to act as people, order faults and look."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from tapbot.emulators.faults import Fault, HangUp
from tapbot.emulators.telegram.delivery import Deliverer
from tapbot.emulators.telegram.every_method import METHODS
from tapbot.emulators.telegram.facts import Refusal, Upload, bad_request, check_arguments, load_facts
from tapbot.emulators.telegram.faults import KINDS
from tapbot.emulators.telegram.files import read_sent
from tapbot.emulators.telegram.methods import Call
from tapbot.emulators.telegram.world import Bot, Json, World, show_chat
from tapbot.upstream import OutgoingPolicy, guarded_client

BROWSER = Path(__file__).parent / "browser"
PAGE_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:"
USER_DETAILS = ("first_name", "last_name", "username", "language_code")
MESSAGE_KINDS = ("text", "contact", "location", "venue", "caption", "media_group_id")


def now_utc() -> datetime:
    """The clock of the machine."""
    return datetime.now(UTC)


def create_app(*, tokens: frozenset[str] | None = None, now: Callable[[], datetime] = now_utc) -> Starlette:
    """Make the emulator.

    Args:
        tokens: The bots that exist; `None` lets every well-formed token (`123456:secret…`) be a bot.
        now: The clock.
    """
    emulator = Emulator(World(now, tokens))
    return Starlette(
        routes=[
            Route("/bot{token}/{method}", emulator.call, methods=["GET", "POST"]),
            Route("/file/bot{token}/{path:path}", emulator.give_file),
            Route("/emulator", emulator.page),
            Route("/emulator/faults", emulator.order_faults, methods=["POST", "DELETE"]),
            Route("/emulator/bots", emulator.list_bots),
            Route("/emulator/static/{name}", emulator.static),
            Route("/emulator/{token}/chats", emulator.add_chat, methods=["POST"]),
            Route("/emulator/{token}/chats/{chat_id}", emulator.look),
            Route("/emulator/{token}/users/{user_id:int}/messages", emulator.write, methods=["POST"]),
            Route("/emulator/{token}/users/{user_id:int}/press", emulator.press, methods=["POST"]),
            Route("/emulator/{token}/users/{user_id:int}/block", emulator.block, methods=["POST"]),
        ],
        lifespan=emulator.run,
        exception_handlers={Refusal: _answer_refusal, json.JSONDecodeError: _answer_no_json},
    )


class Emulator:
    """The endpoints over one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._deliverer: Deliverer | None = None

    @asynccontextmanager
    async def run(self, _app: Starlette) -> AsyncIterator[None]:
        """Deliver webhooks while the server runs."""
        policy = OutgoingPolicy(allow_private_network=True)
        async with guarded_client(policy) as http, asyncio.TaskGroup() as tasks:
            self._deliverer = Deliverer(self._world, http, tasks)
            yield
            self._deliverer.stop()

    async def call(self, request: Request) -> Response:
        """A method of the Bot API, with what was ordered to go wrong."""
        bot, name = self._find_bot(request), _method_name(request.path_params["method"])
        fault = self._world.faults.take_for_call(name)
        if fault is not None and fault.kind == "429":
            wait = max(1, round(fault.seconds))
            raise Refusal(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
        if fault is not None and fault.kind == "500":
            raise Refusal(500, "Internal Server Error")
        if fault is not None and fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        result = await self._invoke(bot, name, *await _read_arguments(request))
        lost = fault is not None and fault.kind == "lost_answer"
        return HangUp() if lost else JSONResponse({"ok": True, "result": result})

    async def give_file(self, request: Request) -> Response:
        """What is in a file, at the path that `getFile` gave."""
        bot = self._find_bot(request)
        fault = self._world.faults.take_for_call("file_download")
        if fault is not None and fault.kind == "500":
            raise Refusal(500, "Internal Server Error")
        stored = bot.files.at(request.path_params["path"])
        if stored is None:
            raise Refusal(404, "Not Found")
        return Response(stored.content, media_type="application/octet-stream")

    async def _invoke(self, bot: Bot, name: str, given: Json, uploads: Mapping[str, Upload]) -> Any:
        arguments = check_arguments(load_facts(), name, given)
        if name not in METHODS:
            raise Refusal(501, f"Not Implemented: the emulator checks the arguments of {name} and does no more")
        result = await METHODS[name](Call(self._world, bot, arguments, uploads))
        if self._deliverer is not None:
            self._deliverer.attend(bot)
        return result

    async def write(self, request: Request) -> Response:
        """A person writes to the bot: `{"text"}` or a file, and optionally `first_name`, `language_code`, `chat_id`."""
        bot, user_id, body = await self._act(request)
        content = {kind: body[kind] for kind in MESSAGE_KINDS if kind in body} | read_sent(bot.files, body)
        if not content:
            raise bad_request("a message needs a text")
        update = self._world.receive_text(bot, user_id, body.get("chat_id"), content)
        return JSONResponse({"update_id": update["update_id"], "message_id": update["message"]["message_id"]})

    async def press(self, request: Request) -> Response:
        """A person presses a button: `{"message_id", "data"}`."""
        bot, user_id, body = await self._act(request)
        if not isinstance(body.get("message_id"), int) or not isinstance(body.get("data"), str):
            raise bad_request("a press needs message_id and data")
        press_id = self._world.press_button(bot, user_id, body.get("chat_id"), body["message_id"], body["data"])
        return JSONResponse({"callback_query_id": press_id})

    async def block(self, request: Request) -> Response:
        """A person blocks the bot, or takes it back: `{"blocked": true}`."""
        bot, user_id, body = await self._act(request)
        self._world.chat_of(bot, user_id, None).blocked = bool(body.get("blocked", True))
        return JSONResponse({})

    async def add_chat(self, request: Request) -> Response:
        """The bot is added to a group: `{"id": -100…, "title"}`."""
        bot, body = self._find_bot(request), await request.json()
        if not isinstance(body.get("id"), int) or body["id"] >= 0:
            raise bad_request("a group has a negative id")
        chat = self._world.open_chat(bot, body["id"], {"type": "supergroup", "title": body.get("title", "Group")})
        return JSONResponse(show_chat(bot, chat))

    async def look(self, request: Request) -> Response:
        """The chat as the person in it sees it."""
        bot = self._find_bot(request)
        written = request.path_params["chat_id"]  # not ":int": that converter knows no negative numbers
        chat = bot.chats.get(int(written)) if written.lstrip("-").isdecimal() else None
        if chat is None:
            raise Refusal(404, "Not Found: chat not found")
        return JSONResponse(show_chat(bot, chat))

    async def list_bots(self, _request: Request) -> Response:
        """The bots that were seen, with their chats: for the page."""
        bots = [
            {"token": bot.token, "chats": [chat.chat for chat in bot.chats.values()]}
            for bot in self._world.bots.values()
        ]
        return JSONResponse({"bots": bots})

    async def order_faults(self, request: Request) -> Response:
        """Order a fault, or with DELETE take all orders back."""
        if request.method == "DELETE":
            self._world.faults.orders.clear()
            return JSONResponse({})
        body = await request.json()
        unknown = sorted(body.keys() - {field.name for field in fields(Fault)})
        if unknown or body.get("kind") not in KINDS:
            raise bad_request(f"a fault has a kind of {', '.join(KINDS)}, and may have count, method and seconds")
        self._world.faults.orders.append(Fault(**body))
        return JSONResponse({})

    async def page(self, _request: Request) -> Response:
        """A page to chat with the bots."""
        return FileResponse(BROWSER / "page.html", headers={"Content-Security-Policy": PAGE_POLICY})

    async def static(self, request: Request) -> Response:
        """The page's script and style."""
        name = request.path_params["name"]
        if name not in {"page.js", "page.css"}:
            raise Refusal(404, "Not Found")
        return FileResponse(BROWSER / name)

    def _find_bot(self, request: Request) -> Bot:
        bot = self._world.find_bot(request.path_params["token"])
        if bot is None:
            raise Refusal(401, "Unauthorized")
        return bot

    async def _act(self, request: Request) -> tuple[Bot, int, Json]:
        """Who does something with which bot, and the body that says what."""
        bot, user_id, body = self._find_bot(request), request.path_params["user_id"], await request.json()
        if not isinstance(body, dict):
            raise bad_request("the body must be an object")
        self._world.meet_user(bot, user_id, {name: body.get(name) for name in USER_DETAILS})
        return bot, user_id, body


async def _read_arguments(request: Request) -> tuple[Json, Mapping[str, Upload]]:
    """Arguments come in the query, as a form, as multipart or as JSON; files may stand beside what refers to them."""
    given: Json = dict(request.query_params)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        body = await request.json()
        if not isinstance(body, dict):
            raise bad_request("the body must be an object")
        return given | body, {}
    if kind in {"multipart/form-data", "application/x-www-form-urlencoded"}:
        async with request.form() as form:
            for name, value in form.multi_items():
                given[name] = (
                    Upload(value.filename or "", await value.read()) if isinstance(value, UploadFile) else value
                )
    return _attach(given)


def _attach(given: Mapping[str, Any]) -> tuple[Json, Mapping[str, Upload]]:
    """Replace `attach://name` by the uploaded part of that name; parts that objects refer to stay beside."""
    uploads = {name: value for name, value in given.items() if isinstance(value, Upload)}
    named = {name for name in uploads if any(_refers(value, name) for value in given.values())}
    read: Json = {}
    for name, value in given.items():
        whole = value.removeprefix("attach://") if isinstance(value, str) else ""
        if name not in named:
            read[name] = uploads[whole] if whole != value and whole in uploads else value
    return read, {name: uploads[name] for name in named}


def _refers(value: Any, name: str) -> bool:
    return isinstance(value, str) and f"attach://{name}" in value


def _method_name(written: str) -> str:
    """Method names are not case-sensitive."""
    return next((name for name in load_facts().methods if name.lower() == written.lower()), written)


async def _answer_refusal(_request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)  # noqa: S101  # Starlette's type is wider than its promise
    return JSONResponse(refusal.body, status_code=refusal.error_code)


async def _answer_no_json(_request: Request, _error: Exception) -> Response:
    return JSONResponse(bad_request("can't parse JSON object").body, status_code=400)
