"""The emulator's HTTP: the Graph API itself, and `/emulator/…` to act as people, order faults and look."""

from __future__ import annotations

import asyncio
import json
import re
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
from tapbot.emulators.whatsapp import settings
from tapbot.emulators.whatsapp.calls import HANDLERS, Call, Upload
from tapbot.emulators.whatsapp.delivery import Deliverer
from tapbot.emulators.whatsapp.facts import Refusal, bad_parameter, check_body, load_facts, unpack_body
from tapbot.emulators.whatsapp.messages import refuse_outside_window
from tapbot.emulators.whatsapp.people import People
from tapbot.emulators.whatsapp.world import (
    CALL_KINDS,
    UPDATE_KINDS,
    Account,
    Identity,
    World,
    unknown_object,
)
from tapbot.upstream import OutgoingPolicy, guarded_client

Json = dict[str, Any]
VERSION = re.compile(r"v\d{2}\.0")
PLACES = {"phone": "{Phone-Number-ID}", "business": "{WABA-ID}", "template": "{TEMPLATE_ID}"}
RATE_LIMIT = 130429
__all__ = ["Identity", "create_app", "settings"]  # `settings` registers its calls


def now_utc() -> datetime:
    """The clock of the machine."""
    return datetime.now(UTC)


def create_app(
    *,
    identities: tuple[Identity, ...] = (Identity(),),
    webhook_url: str = "",
    now: Callable[[], datetime] = now_utc,
) -> Starlette:
    """Make the emulator.

    Args:
        identities: The businesses that exist.
        webhook_url: Where the first one's webhooks go, until the API says otherwise.
        now: The clock.
    """
    world = World(now, identities)
    world.accounts[identities[0].phone_number_id].webhook_url = webhook_url
    emulator = Emulator(world)
    return Starlette(
        routes=[
            Route("/emulator/faults", emulator.order_faults, methods=["POST", "DELETE"]),
            *People(world).routes(),
            Route("/media-download/{phone}/{media}", emulator.download),
            Route("/{version}/oauth/access_token", emulator.app_token),
            Route("/{version}/{object}", emulator.call, methods=["GET", "POST", "DELETE"]),
            Route("/{version}/{object}/", emulator.call, methods=["GET", "POST", "DELETE"]),
            Route("/{version}/{object}/{part}", emulator.call, methods=["GET", "POST", "DELETE"]),
            Route("/{version}/{object}/{part}/{rest}", emulator.call, methods=["GET", "POST", "DELETE"]),
        ],
        middleware=[Middleware(Quiet)],
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
        """A call of the Graph API, with what was ordered to go wrong."""
        path = request.path_params
        if not VERSION.fullmatch(path["version"]):
            raise Refusal(2635, f"(#2635) Unknown path components: /{path['version']}", status=400)
        account, kind = self._find(path["object"])
        _check_token(account, request)
        part = path.get("part", "")
        handler = HANDLERS.get((request.method, kind, part))
        if handler is None:
            raise unknown_object(path["object"])
        fault = self._world.faults.take_for_call(part or kind)
        await _go_wrong(fault)
        body = await _read_body(request)
        if kind in PLACES and isinstance(body, dict) and part not in {"messages", "media"}:
            body = _check(request.method, kind, part, body)
        call = Call(
            self._world,
            account,
            path["object"],
            path.get("rest", ""),
            dict(request.query_params),
            body,
            str(request.base_url).rstrip("/"),
        )
        await self._challenge(account, call)
        answer = await handler(call)
        return HangUp() if fault is not None and fault.kind == "lost_answer" else JSONResponse(answer)

    async def _challenge(self, account: Account, call: Call) -> None:
        """An address for webhooks is asked first whether it wants them."""
        given: Json = {**call.query, **(call.body if isinstance(call.body, dict) else {})}
        given |= given.get("webhook_configuration") or {}
        address = given.get("callback_url") or given.get("override_callback_uri")
        if address and self._deliverer is not None:
            await self._deliverer.challenge(address, given.get("verify_token") or account.identity.verify_token)

    def _find(self, object_id: str) -> tuple[Account, str]:
        for account in self._world.accounts.values():
            identity = account.identity
            named = {
                identity.phone_number_id: "phone",
                identity.business_account_id: "business",
                identity.app_id: "app",
            }
            if object_id in named:
                return account, named[object_id]
            if object_id in account.media:
                return account, "media"
            if object_id in account.templates:
                return account, "template"
        raise unknown_object(object_id)

    async def app_token(self, request: Request) -> Response:
        """A token of the app itself, for its secret."""
        query = request.query_params
        for account in self._world.accounts.values():
            identity = account.identity
            if (query.get("client_id"), query.get("client_secret")) == (identity.app_id, identity.app_secret):
                return JSONResponse({"access_token": _app_token(identity), "token_type": "bearer"})
        raise Refusal(101, "Error validating client secret.")

    async def download(self, request: Request) -> Response:
        """A file, while its address works."""
        account = self._world.accounts.get(request.path_params["phone"])
        media = account.media.get(request.path_params["media"]) if account else None
        if account is None or media is None:
            return Response(status_code=404)
        _check_token(account, request)
        fault = self._world.faults.take_for_call("media_download")
        await _go_wrong(fault if fault and fault.method else None)
        if media.expires_at is None or self._world.now() >= media.expires_at:
            return Response("URL signature expired", status_code=404)
        return Response(media.content, media_type=media.mime_type)

    async def order_faults(self, request: Request) -> Response:
        """Order a fault, or with DELETE take all orders back."""
        if request.method == "DELETE":
            self._world.faults.orders.clear()
            return JSONResponse({})
        body = await request.json()
        kinds = (*CALL_KINDS, *UPDATE_KINDS)
        if sorted(body.keys() - {field.name for field in fields(Fault)}) or body.get("kind") not in kinds:
            raise bad_parameter(f"a fault has a kind of {', '.join(kinds)}, and may have count, method and seconds")
        self._world.faults.orders.append(Fault(**body))
        return JSONResponse({})


async def _go_wrong(fault: Fault | None) -> None:
    """What an ordered fault does before a call is looked at."""
    if fault is None or fault.kind == "lost_answer":
        return
    if fault.kind == "429":
        raise Refusal(RATE_LIMIT, "Rate limit hit", status=429, details="Cloud API message throughput was reached.")
    if fault.kind == "500":
        raise Refusal(131000, "Something went wrong", status=500)
    if fault.kind == "131047":
        raise refuse_outside_window()
    await asyncio.sleep(fault.seconds)


def _check(method: str, kind: str, part: str, body: Json) -> Json:
    operation = f"{method} /{PLACES[kind]}" + (f"/{part}" if part else "")
    facts = load_facts()
    if operation not in facts.operations:
        return body
    unpacked = unpack_body(facts, operation, body)
    check_body(facts, operation, unpacked)
    return unpacked


def _app_token(identity: Identity) -> str:
    return f"{identity.app_id}|{identity.app_secret}"


def _check_token(account: Account, request: Request) -> None:
    """The token comes as a header; the app's own also in the query."""
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    identity = account.identity
    app_token = _app_token(identity)
    if given != identity.access_token and app_token not in {given, request.query_params.get("access_token")}:
        raise Refusal(190, "Invalid OAuth access token - Cannot parse access token", status=401)


async def _read_body(request: Request) -> Any:
    """JSON, a form or a multipart body; `None` when there is none."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in {"multipart/form-data", "application/x-www-form-urlencoded"}:
        async with request.form() as form:
            return {
                name: Upload(value.filename or "", value.content_type or "", await value.read())
                if isinstance(value, UploadFile)
                else value
                for name, value in form.multi_items()
            }
    raw = await request.body()
    if not raw:
        return None
    body = json.loads(raw)
    if not isinstance(body, dict):
        raise bad_parameter("The body must be an object.")
    return body


async def _answer_refusal(_request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)  # noqa: S101  # Starlette's type is wider than its promise
    return JSONResponse(refusal.body, status_code=refusal.status)


async def _answer_no_json(_request: Request, _error: Exception) -> Response:
    return JSONResponse(bad_parameter("The body is not JSON.").body, status_code=400)
