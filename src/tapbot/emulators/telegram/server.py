"""The emulator's HTTP: the Bot API itself, its files, and the faults that are ordered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tapbot.emulators.faults import Fault, HangUp, Quiet
from tapbot.emulators.telegram.calls import Call
from tapbot.emulators.telegram.chats import Chat
from tapbot.emulators.telegram.delivery import Deliverer
from tapbot.emulators.telegram.facts import Refusal, Upload, bad_request, check_arguments, load_facts
from tapbot.emulators.telegram.faults import KINDS
from tapbot.emulators.telegram.methods import METHODS
from tapbot.emulators.telegram.pace import is_counted
from tapbot.emulators.telegram.people import People
from tapbot.emulators.telegram.world import Bot, Json, World
from tapbot.upstream import OutgoingPolicy, guarded_client

DOWNLOAD = "file_download"
"""The name by which faults befall loading a file."""


def now_utc() -> datetime:
    """The clock of the machine."""
    return datetime.now(UTC)


def create_app(*, tokens: frozenset[str] | None = None, now: Callable[[], datetime] = now_utc) -> Starlette:
    """Make the emulator; its world is at `state.world`, for a crowd that lives in the same process.

    Args:
        tokens: The bots that exist; `None` lets every well-formed token (`123456:secret…`) be a bot.
        now: The clock.
    """
    world = World(now, tokens)
    emulator = Emulator(world)
    application = Starlette(
        routes=[
            Route("/bot{token}/{method}", emulator.call, methods=["GET", "POST"]),
            Route("/file/bot{token}/{path:path}", emulator.download),
            Route("/emulator/faults", emulator.order_faults, methods=["POST", "DELETE"]),
            *People(world).routes(),
        ],
        middleware=[Middleware(Quiet)],
        lifespan=emulator.run,
        exception_handlers={Refusal: _answer_refusal, json.JSONDecodeError: _answer_no_json},
    )
    application.state.world = world
    return application


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
            raise _too_many(max(1, round(fault.seconds)))
        if fault is not None and fault.kind == "500":
            raise Refusal(500, "Internal Server Error")
        if fault is not None and fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        result = await self._invoke(bot, name, await _read_arguments(request))
        lost = fault is not None and fault.kind == "lost_answer"
        return HangUp() if lost else JSONResponse({"ok": True, "result": result})

    async def _invoke(self, bot: Bot, name: str, given: Json) -> Any:
        given, uploads = _part_uploads(name, given)
        arguments = check_arguments(load_facts(), name, given)
        if name not in METHODS:
            raise Refusal(501, f"Not Implemented: the emulator checks the arguments of {name} and does no more")
        call = Call(self._world, bot, arguments, uploads)
        if is_counted(name):
            self._keep_pace(bot, call.chat())
        result = await METHODS[name](call)
        if self._deliverer is not None:
            self._deliverer.attend(bot)
        return result

    def _keep_pace(self, bot: Bot, chat: Chat) -> None:
        """Count a message, and refuse one that comes too early if that was asked for."""
        at = self._world.now().timestamp()
        wait = bot.pace.take(at, chat.chat["id"], is_group=not chat.is_private)
        if wait:
            raise _too_many(wait)

    async def download(self, request: Request) -> Response:
        """A file, at the path that getFile gave."""
        fault = self._world.faults.take_for_call(DOWNLOAD)
        if fault is not None and fault.kind == "500":
            raise Refusal(500, "Internal Server Error")
        stored = self._find_bot(request).files.at_path(request.path_params["path"])
        if stored is None:
            raise Refusal(404, "Not Found")
        return Response(stored.content, media_type="application/octet-stream")

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

    def _find_bot(self, request: Request) -> Bot:
        bot = self._world.find_bot(request.path_params["token"])
        if bot is None:
            raise Refusal(401, "Unauthorized")
        return bot


async def _read_arguments(request: Request) -> Json:
    """Arguments come in the query, as a form, as multipart or as JSON."""
    given: Json = dict(request.query_params)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        body = await request.json()
        if not isinstance(body, dict):
            raise bad_request("the body must be an object")
        return given | body
    if kind in {"multipart/form-data", "application/x-www-form-urlencoded"}:
        async with request.form() as form:
            for name, value in form.multi_items():
                given[name] = (
                    Upload(value.filename or "", await value.read()) if isinstance(value, UploadFile) else value
                )
    return given


def _part_uploads(name: str, given: Json) -> tuple[Json, dict[str, Upload]]:
    """Part files that arguments name (`attach://…`) from files that are arguments."""
    named = load_facts().methods.get(name, {}).keys()
    uploads = {part: value for part, value in given.items() if isinstance(value, Upload) and part not in named}
    return {part: value for part, value in given.items() if part not in uploads}, uploads


def _too_many(wait_seconds: int) -> Refusal:
    return Refusal(429, f"Too Many Requests: retry after {wait_seconds}", retry_after=wait_seconds)


def _method_name(written: str) -> str:
    """Method names are not case-sensitive."""
    return next((name for name in load_facts().methods if name.lower() == written.lower()), written)


async def _answer_refusal(_request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)  # noqa: S101  # Starlette's type is wider than its promise
    return JSONResponse(refusal.body, status_code=refusal.error_code)


async def _answer_no_json(_request: Request, _error: Exception) -> Response:
    return JSONResponse(bad_request("can't parse JSON object").body, status_code=400)
