"""Our own Telegram channel against the emulator, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tests.integration.emulators.serving import run_app

from tapbot.channels.telegram.channel import TelegramChannel, create
from tapbot.channels.types import Button, Inbound, Outgoing
from tapbot.emulators.telegram.server import create_app
from tapbot.errors import NotAllowed, UpstreamRejected, UpstreamUnavailable
from tapbot.inbox.types import Turn
from tapbot.settings import TelegramSection
from tapbot.storage.types import Scope
from tapbot.upstream import OutgoingPolicy, guarded_client
from tapbot.worker.typing_shown import TypingShown

TOKEN = "515151:a-token-for-our-own-channel"
SECRET = "our-webhook-secret-0001"


@pytest.fixture
async def address() -> AsyncIterator[str]:
    async with run_app(create_app()) as running:
        yield running


@pytest.fixture
async def people(address: str) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=f"{address}/emulator/{TOKEN}/") as http:
        yield http


@asynccontextmanager
async def open_channel(address: str, mode: str) -> AsyncIterator[TelegramChannel]:
    section = TelegramSection(token=SecretStr(TOKEN), mode=mode, secret=SecretStr(SECRET), api_url=address)  # type: ignore[arg-type]
    async with guarded_client(OutgoingPolicy(allow_private_network=True)) as http:
        yield create(section, http, bot_id="taxi", now=lambda: datetime.now(UTC))


@pytest.fixture
async def channel(address: str) -> AsyncIterator[TelegramChannel]:
    async with open_channel(address, "polling") as opened:
        yield opened


async def look(people: httpx2.AsyncClient) -> dict[str, Any]:
    chat: dict[str, Any] = (await people.get("chats/7")).json()
    return chat


def say(text: str, *buttons: Button) -> Outgoing:
    return Outgoing(chat_id="7", text=text, buttons=buttons, send_key="k")


async def test_a_conversation_by_polling(channel: TelegramChannel, people: httpx2.AsyncClient) -> None:
    await channel.start(None)
    waiting = asyncio.create_task(channel.poll(None, wait_seconds=5))
    await asyncio.sleep(0.1)
    await people.post("users/7/messages", json={"text": "/start", "first_name": "Айгүл", "language_code": "kk"})
    first = await waiting
    [hello] = [inbound for update in first.updates for inbound in channel.parse(update)]
    assert (hello.text, hello.sender.name, hello.sender.language, hello.chat_id) == ("/start", "Айгүл", "kk", "7")
    sent = await channel.send(say("Брондаймыз ба?", Button("Иә", "yes"), Button("Жоқ", "no")))
    await people.post("users/7/press", json={"message_id": int(sent.external_id), "data": "yes"})
    again = await channel.poll(None, wait_seconds=1)
    assert again.updates[0] == first.updates[0]
    rest = await channel.poll(first.next_offset, wait_seconds=1)
    [press] = [inbound for update in rest.updates for inbound in channel.parse(update)]
    assert (press.value, press.text) == ("yes", None)
    await channel.acknowledge(press)
    await channel.acknowledge(press)
    assert [one["answered"] for one in (await look(people))["presses"]] == [True]
    assert (await channel.poll(rest.next_offset, wait_seconds=0)).updates == ()


async def test_a_conversation_by_webhook(address: str, people: httpx2.AsyncClient) -> None:
    heard: list[Inbound] = []
    async with open_channel(address, "webhook") as channel:

        async def hook(request: Request) -> Response:
            body = await request.body()
            try:
                channel.verify(request.headers, body)
            except NotAllowed:
                return Response(status_code=403)
            heard.extend(channel.parse(body))
            return Response()

        async with run_app(Starlette(routes=[Route("/telegram/taxi", hook, methods=["POST"])])) as server:
            await channel.start(f"{server}/telegram/taxi")
            await people.post("users/7/messages", json={"text": "привет"})
            async with asyncio.timeout(5):
                while not heard:
                    await asyncio.sleep(0.02)
    assert heard[0].text == "привет"


async def test_faults_come_as_the_errors_of_the_contract(
    channel: TelegramChannel, people: httpx2.AsyncClient, address: str
) -> None:
    await people.post("users/7/messages", json={"text": "hi"})

    async def order(**fault: Any) -> None:
        await people.post(f"{address}/emulator/faults", json=fault)

    await order(kind="429", seconds=3)
    with pytest.raises(UpstreamUnavailable) as caught:
        await channel.send(say("x"))
    assert caught.value.retry_after_seconds == 3
    await order(kind="500")
    with pytest.raises(UpstreamUnavailable):
        await channel.send(say("x"))
    await order(kind="lost_answer")
    with pytest.raises(UpstreamUnavailable) as lost:
        await channel.send(say("arrived"))
    assert lost.value.code == "upstream.no_reply"
    assert "arrived" in [message["text"] for message in (await look(people))["messages"]]
    await people.post("users/7/block", json={})
    with pytest.raises(UpstreamRejected) as blocked:
        await channel.send(say("x"))
    assert blocked.value.code == "telegram.blocked"


async def test_a_long_text_arrives_whole(channel: TelegramChannel, people: httpx2.AsyncClient) -> None:
    await people.post("users/7/messages", json={"text": "hi"})
    await channel.send(say("Бір сөз. " * 1500))
    texts = [message["text"] for message in (await look(people))["messages"] if message["author"] == "bot"]
    assert len(texts) == 4
    assert " ".join(texts).split() == ("Бір сөз. " * 1500).split()


TURN = Turn(Scope("p", "dev"), "c", "taxi", "telegram", 1, None, {}, {}, [], [], chat_id="7")


async def action(people: httpx2.AsyncClient) -> str | None:
    found: str | None = (await look(people))["action"]
    return found


async def test_typing_is_shown_while_a_turn_takes_longer_than_a_moment(
    channel: TelegramChannel, people: httpx2.AsyncClient
) -> None:
    await people.post("users/7/messages", json={"text": "hi"})
    channels = {(TURN.scope, "taxi", "telegram"): channel}
    with TypingShown(channels).during(TURN):
        await asyncio.sleep(0.1)
    assert await action(people) is None, "a quick answer needs no sign"
    with TypingShown(channels, after_seconds=0.01, again_seconds=0.05).during(TURN):
        for _ in range(2):  # an answer ends the sign, and the turn goes on
            async with asyncio.timeout(5):
                while await action(people) != "typing":
                    await asyncio.sleep(0.01)
            await channel.send(say("one moment"))
    await channel.send(say("here it is"))
    await asyncio.sleep(0.2)
    assert await action(people) is None


async def test_typing_that_is_refused_harms_no_turn(channel: TelegramChannel) -> None:
    channels = {(TURN.scope, "taxi", "telegram"): channel}
    with TypingShown(channels, after_seconds=0).during(replace(TURN, chat_id="404")):
        await asyncio.sleep(0.2)
    with TypingShown({}).during(TURN):
        await asyncio.sleep(0)
