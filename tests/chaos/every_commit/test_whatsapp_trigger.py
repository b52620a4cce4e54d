"""Commits of WhatsApp triggers: a call is proven, kept before it is acknowledged, and begins one run."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.chaos.every_commit.world import SET, small
from tests.chaos.rooms import Room, workflow

from tapbot.api.credentials import CredentialDesk
from tapbot.nodes.whats_app_trigger.node import WhatsAppTriggerParams

SECRET = "an-app-secret-of-some-length"
PATH = "/whatsapp-trigger/hook-1"
BEGUN = "SELECT count(*) FROM runs WHERE mode = 'whatsapp'"


def call_of(**value: Any) -> bytes:
    change = {"field": "messages", "value": {"messaging_product": "whatsapp", **value}}
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}).encode()


MESSAGE = call_of(messages=[{"id": "wamid.1", "type": "text", "text": {"body": "hi"}}])


@asynccontextmanager
async def listens(tmp_path: Path) -> AsyncIterator[Room]:
    node = {
        "name": "WhatsApp",
        "type": "n8n-nodes-base.whatsAppTrigger",
        "webhookId": "hook-1",
        "credentials": {"whatsAppTriggerApi": {"id": "app", "name": "App"}},
        "parameters": {"updates": ["messages"], "options": {"messageStatusUpdates": ["failed"]}},
    }
    async with small(tmp_path, workflow("updates", [node, SET])) as room, room.app.working():
        desk = CredentialDesk(room.app.database, room.app.vault.keyring, room.app.clock())
        fields = {"clientId": "1", "clientSecret": SECRET}
        given = {"kind": "whatsAppTriggerApi", "name": "App", "fields": fields, "id": "app", "replace": True}
        await desk.add(room.served.scope, given, new_id="app")
        yield room


async def post(room: Room, body: bytes, secret: str = SECRET) -> httpx2.Response:
    signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return await room.http.post(PATH, content=body, headers={"X-Hub-Signature-256": signature})


async def test_a_call_is_kept_before_it_is_acknowledged_and_its_copy_begins_nothing(tmp_path: Path) -> None:
    async with listens(tmp_path) as room:
        for _ in range(2):
            answer = await post(room, MESSAGE)
            assert answer.status_code == 200, answer.text
            assert await room.rows(BEGUN) == [(1,)]


@pytest.mark.parametrize(("status", "runs"), [("sent", 0), ("failed", 1)])
async def test_only_wanted_states_begin_a_run(tmp_path: Path, status: str, runs: int) -> None:
    async with listens(tmp_path) as room:
        assert (await post(room, call_of(statuses=[{"id": "1", "status": status}]))).status_code == 200
        assert await room.rows(BEGUN) == [(runs,)]


async def test_a_forged_call_and_a_wrong_address_are_refused(tmp_path: Path) -> None:
    async with listens(tmp_path) as room:
        assert (await post(room, MESSAGE, "another secret")).status_code == 403
        assert (await room.http.post(PATH, content=MESSAGE)).status_code == 403
        assert (await room.http.post("/whatsapp-trigger/other", content=MESSAGE)).status_code == 404
        assert (await post(room, b"[]")).status_code == 400
        assert (await post(room, b"\xff")).status_code == 400
        assert await room.rows(BEGUN) == [(0,)]


async def test_the_challenge_is_answered_to_whoever_knows_the_trigger(tmp_path: Path) -> None:
    async with listens(tmp_path) as room:
        asked = {"hub.mode": "subscribe", "hub.verify_token": "hook-1", "hub.challenge": "77"}
        right = await room.http.get(PATH, params=asked)
        assert (right.status_code, right.text) == (200, "77")
        assert (await room.http.get(PATH, params=asked | {"hub.verify_token": "x"})).status_code == 403


@pytest.mark.parametrize(
    "call", [{}, {"entry": "x"}, {"entry": [{"changes": [1, {"field": "messages"}]}]}, {"entry": [1]}]
)
def test_what_is_no_change_gives_nothing(call: dict[str, Any]) -> None:
    assert WhatsAppTriggerParams(updates=["messages"]).take(call) == []
