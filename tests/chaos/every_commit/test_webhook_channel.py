"""The webhook channel in the real app: kept before it is acknowledged, answered once, its receipts kept."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import httpx2
from pydantic import SecretStr
from tests.chaos.every_commit.world import small, until
from tests.chaos.rooms import Room

from tapbot.channels.webhook.channel import create
from tapbot.settings import WebhookSection
from tapbot.upstream import HttpClient

SECRET = "a-hook-secret-of-32-characters-00"
PATH = "/channel/webhook/helper"


class Service:
    """Takes what the bot says; by the same key, once."""

    def __init__(self) -> None:
        self.said: dict[str, Any] = {}
        self.lose_first = False

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/file":
            return httpx2.Response(200, content=b"%PDF", headers={"Content-Type": "application/pdf"})
        digest = hmac.new(SECRET.encode(), request.content, hashlib.sha256).hexdigest()
        assert request.headers["x-tapbot-signature"] == f"sha256={digest}"
        body = json.loads(request.content)
        assert request.headers["idempotency-key"] == body["idempotency_key"]
        self.said.setdefault(body["idempotency_key"], body)
        if self.lose_first:
            self.lose_first = False
            raise httpx2.ReadError("the answer was lost")
        return httpx2.Response(200, json={"id": f"s{len(self.said)}"})


def put_channel(room: Room, service: Service) -> None:
    section = WebhookSection(
        secret=SecretStr(SECRET),
        url="https://service.example.org/say",
        idempotent=True,
        receipt_id="ref",
        receipt_status="state",
    )
    http = HttpClient(httpx2.MockTransport(service))
    room.app.channels.by_key[room.served.scope, "helper", "webhook"] = create(
        section, http, bot_id="helper", now=room.app.clock
    )


async def post(room: Room, body: Any, secret: str = SECRET) -> int:
    raw = json.dumps(body).encode()
    headers = {"X-Signature": hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()}
    return (await room.http.post(PATH, content=raw, headers=headers)).status_code


async def test_a_message_is_answered_once_although_all_comes_twice_and_an_answer_is_lost(tmp_path: Path) -> None:
    service = Service()
    async with small(tmp_path) as room:
        put_channel(room, service)
        said = {"id": "1", "chat_id": "c1", "text": "hello", "files": ["https://files.example.org/file"]}
        assert [await post(room, said), await post(room, said)] == [200, 200]
        assert await post(room, {**said, "id": "2"}, secret="a guess") == 403
        assert await post(room, {"id": "3"}) == 400
        assert await room.rows("SELECT text, message_id FROM inbound") == [("hello", "1")]
        service.lose_first = True
        async with room.app.working():
            await until(room, "SELECT status, external_id FROM outbox", [("sent", "s1")])
        [answer] = service.said.values()
        assert (answer["chat_id"], bool(answer["text"])) == ("c1", True)
        assert await post(room, {"ref": "s1", "state": "read"}) == 200
        assert await room.rows("SELECT external_id, status FROM channel_receipts") == [("s1", "read")]
        assert await room.rows("SELECT media_type, size_bytes FROM chat_files") == [("application/pdf", 4)]
