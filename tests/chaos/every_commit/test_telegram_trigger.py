"""Commits of Telegram triggers: each update begins its runs once, also when a process ends in between."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.chaos.every_commit.world import SET, small, until
from tests.chaos.rooms import Room, workflow
from tests.integration.emulators.serving import run_app

from tapbot.api.credentials import CredentialDesk
from tapbot.emulators.telegram.server import create_app
from tapbot.nodes.telegram_trigger.node import TelegramTriggerParams

TOKEN = "123456:" + "a" * 35
BEGUN = "SELECT count(*) FROM runs WHERE mode = 'telegram'"
ENDED = "SELECT count(*) FROM runs WHERE mode = 'telegram' AND status = 'succeeded'"


def listening(name: str = "updates", **parameters: Any) -> dict[str, Any]:
    node = {
        "name": "Telegram",
        "type": "n8n-nodes-base.telegramTrigger",
        "typeVersion": 1.2,
        "credentials": {"telegramApi": {"id": "bot", "name": "Bot"}},
        "parameters": {"updates": ["message"], **parameters},
    }
    return workflow(name, [node, SET])


@dataclass
class Telegram:
    """An emulated Telegram in which person 7 acts."""

    http: httpx2.AsyncClient
    address: str

    async def write(self, **content: Any) -> None:
        (await self.http.post(f"/emulator/{TOKEN}/users/7/messages", json=content)).raise_for_status()

    async def order(self, **fault: Any) -> None:
        (await self.http.post("/emulator/faults", json=fault)).raise_for_status()


@pytest.fixture
async def telegram() -> AsyncIterator[Telegram]:
    async with run_app(create_app()) as address, httpx2.AsyncClient(base_url=address) as http:
        yield Telegram(http, address)


@asynccontextmanager
async def listens(tmp_path: Path, telegram: Telegram, *workflows: dict[str, Any]) -> AsyncIterator[Room]:
    async with small(tmp_path, *workflows, upstream={"allow_private_network": True}) as room:
        fields = {"accessToken": TOKEN, "baseUrl": telegram.address}
        desk = CredentialDesk(room.app.database, room.app.vault.keyring, room.app.clock())
        given = {"kind": "telegramApi", "name": "Bot", "fields": fields, "id": "bot", "replace": True}
        await desk.add(room.served.scope, given, new_id="bot")
        yield room


async def test_each_update_begins_a_run_of_each_workflow_that_wants_it(tmp_path: Path, telegram: Telegram) -> None:
    pressed = listening("pressed", updates=["callback_query"])
    async with listens(tmp_path, telegram, listening(), listening("all", updates=["*"]), pressed) as room:
        async with room.app.working():
            await telegram.write(text="one")
            await telegram.write(text="two")
            await until(room, ENDED, [(4,)])
        names = await room.rows("SELECT name, count(*) FROM runs GROUP BY name ORDER BY name")
        assert names == [("all", 2), ("updates", 2)]
        assert await room.rows("SELECT bot_id FROM channel_cursors") == [("trigger:123456",)]


async def test_an_update_whose_confirmation_was_lost_begins_nothing_again(tmp_path: Path, telegram: Telegram) -> None:
    for _ in range(2):  # the second process asks from where the first one came to
        async with listens(tmp_path, telegram, listening()) as room, room.app.working():
            await telegram.order(kind="duplicate", count=1)
            await telegram.write(text="hello")
            await until(room, "SELECT count(*) > 0 FROM runs", [(1,)])
            await asyncio.sleep(0.3)
    async with listens(tmp_path, telegram, listening()) as room:
        assert await room.rows(BEGUN) == [(2,)]


async def test_a_bot_that_is_down_is_asked_again(tmp_path: Path, telegram: Telegram) -> None:
    await telegram.order(kind="500", count=2, method="getUpdates")
    async with listens(tmp_path, telegram, listening()) as room, room.app.working():
        await telegram.write(text="hello")
        await until(room, BEGUN, [(1,)])


async def test_the_picture_of_a_message_comes_along(tmp_path: Path, telegram: Telegram) -> None:
    wanted = listening(additionalFields={"download": True, "imageSize": "extraLarge"})
    async with listens(tmp_path, telegram, wanted) as room, room.app.working():
        await telegram.write(photo={"base64": base64.b64encode(b"a picture").decode()})
        await until(room, ENDED, [(1,)])
        kept = await room.rows("SELECT output FROM steps")
        assert base64.b64encode(b"a picture").decode() in str(kept)


@pytest.mark.parametrize(
    ("parameters", "update", "wanted"),
    [
        ({"updates": ["message"]}, {"message": {}}, True),
        ({"updates": ["message"]}, {"edited_message": {}}, False),
        ({"updates": ["*"]}, {"edited_message": {}}, True),
        ({"updates": ["*"]}, {"message_reaction": {}}, False),
        ({"updates": ["message_reaction"]}, {"message_reaction": {"user": {"id": 7}}}, True),
        ({"updates": ["*"], "additionalFields": {"chatIds": "-100, 5"}}, {"message": {"chat": {"id": -100}}}, True),
        ({"updates": ["*"], "additionalFields": {"chatIds": "-100"}}, {"message": {"chat": {"id": 5}}}, False),
        (
            {"updates": ["*"], "additionalFields": {"chatIds": "5"}},
            {"callback_query": {"from": {"id": 7}, "message": {"chat": {"id": 5}}}},
            True,
        ),
        ({"updates": ["*"], "additionalFields": {"userIds": "7"}}, {"message": {"from": {"id": 8}}}, False),
        ({"updates": ["*"], "additionalFields": {"userIds": "7"}}, {"poll_answer": {"user": {"id": 7}}}, True),
    ],
)
def test_what_is_wanted(parameters: dict[str, Any], update: dict[str, Any], wanted: bool) -> None:
    assert TelegramTriggerParams.model_validate(parameters).wants({"update_id": 1, **update}) is wanted
