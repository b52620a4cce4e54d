"""pywa, unmodified, over the WhatsApp emulator, and Aigul, who writes to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx
import httpx2
from pywa import WhatsApp
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from tests.integration.emulators.serving import run_app

from tapbot.emulators.whatsapp.server import Identity

ME = Identity()
AIGUL = "77011234567"
Result = TypeVar("Result")


class Business:
    """pywa over the emulator, its handlers behind a webhook of its own."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.session = httpx.Client(timeout=10)
        self.pywa = WhatsApp(
            ME.phone_number_id,
            ME.access_token,
            session=self.session,
            waba_id=ME.business_account_id,
            app_id=ME.app_id,
            app_secret=ME.app_secret,
            verify_token=ME.verify_token,
            server=None,
        )
        self.session.base_url = httpx.URL(f"{address}/v23.0")  # what a company's proxy would do
        self.seen: list[Any] = []
        self.refused = 0

    async def webhook(self, request: Request) -> Response:
        """What a web framework would do with a call of Meta's."""
        if request.method == "GET":
            query = request.query_params
            challenge, status = self.pywa.webhook_challenge_handler(query["hub.verify_token"], query["hub.challenge"])
            return PlainTextResponse(str(challenge), status)
        raw = await request.body()
        refusal = self.pywa.webhook_update_validator(raw, request.headers["x-hub-signature-256"])
        if refusal is not None:
            self.refused += 1
            return PlainTextResponse(*refusal)
        said, status = await asyncio.to_thread(self.pywa.webhook_update_handler, raw)
        return PlainTextResponse(said, status)

    async def sees(self, kind: type[Result], fits: Callable[[Any], bool] = lambda _one: True) -> Result:
        """Wait for an update of a kind."""
        async with asyncio.timeout(10):
            while True:
                for one in self.seen:
                    if isinstance(one, kind) and fits(one):
                        return one
                await asyncio.sleep(0.01)


@asynccontextmanager
async def open_business(address: str) -> AsyncIterator[Business]:
    """pywa with a handler for everything, its webhook served and told to the emulator."""
    made = Business(address)
    wa = made.pywa
    for decorate in (
        wa.on_message,
        wa.on_callback_button,
        wa.on_callback_selection,
        wa.on_message_status,
        wa.on_flow_completion,
    ):
        decorate(lambda _wa, update: made.seen.append(update))
    app = Starlette(routes=[Route("/hook", made.webhook, methods=["GET", "POST"])])
    with made.session:
        async with run_app(app) as hook:
            await asyncio.to_thread(wa.override_phone_callback_url, f"{hook}/hook", ME.verify_token)
            yield made


async def write(person: httpx2.AsyncClient, **body: Any) -> str:
    """Aigul writes; gives the message's id."""
    reply = await person.post(f"{ME.phone_number_id}/users/{AIGUL}/messages", json={"name": "Айгүл", **body})
    assert reply.status_code == 200, reply.text
    return str(reply.json()["id"])
