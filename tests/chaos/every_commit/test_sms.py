"""Text messages in the real app: sent once, a lost answer is a doubt, statuses are kept, quiet hours hold."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from pydantic import SecretStr
from sqlalchemy import Connection
from tests.chaos.every_commit.world import small, until
from tests.chaos.rooms import Room
from tests.servers.sms_services import API_ID, SmsServices

from tapbot.channels.sms.channel import create
from tapbot.inbox import outbox
from tapbot.settings import SmsSection
from tapbot.upstream import HttpClient

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def put_channel(room: Room, services: SmsServices) -> None:
    """The bot's channel, with the services behind it."""
    section = SmsSection(service="sms.ru", secret=SecretStr(API_ID))
    http = HttpClient(httpx2.MockTransport(services))
    made = create(section, http, bot_id="helper", now=room.app.clock)
    room.app.channels.by_key[room.served.scope, "helper", "sms"] = made


async def say(room: Room, text: str, **more: Any) -> None:
    now = room.app.clock()

    def change(db: Connection) -> str:
        chat = {"bot_id": "helper", "channel": "sms", "chat_id": "+77011234567"}
        return outbox.queue_message(
            db,
            room.served.scope,
            text=text,
            buttons=[],
            send_key=text,
            author="bot",
            run_id=None,
            now=now,
            **chat,
            **more,
        )

    await room.app.database.write("test.say", change)


async def test_a_status_of_a_message_is_kept_once_and_nobody_else_is_believed(tmp_path: Path) -> None:
    services = SmsServices()
    async with small(tmp_path) as room:
        put_channel(room, services)
        await say(room, "Your ride is here")
        async with room.app.working():
            await until(room, "SELECT status, external_id FROM outbox", [("sent", "000000-1")])
        entry = "sms_status\n000000-1\n103\n1690000000"
        digest = hashlib.sha256((API_ID + entry).encode()).hexdigest()
        for _ in range(2):
            body = urlencode({"data[0]": entry, "hash": digest})
            answer = await room.http.post("/channel/sms/helper", content=body, headers=FORM)
            assert (answer.status_code, answer.text) == (200, "100")
        assert await room.rows("SELECT external_id, status FROM channel_receipts") == [("000000-1", "delivered")]
        forged = urlencode({"data[0]": entry.replace("103", "105"), "hash": digest})
        for content in (forged, "hello", ""):
            answer = await room.http.post("/channel/sms/helper", content=content, headers=FORM)
            assert answer.status_code == 403, answer.text
        assert await room.rows("SELECT status FROM channel_receipts") == [("delivered",)]
        for path in ("/channel/sms/nobody", "/channel/webchat/helper", "/channel/nothing/helper"):
            assert (await room.http.post(path, content=forged, headers=FORM)).status_code == 404
    assert [form["msg"] for form in services.taken] == ["Your ride is here"]


@pytest.mark.parametrize(
    ("answer", "status"),
    [(httpx2.ReadError("lost"), "in_doubt"), (httpx2.Response(502), "in_doubt"), (httpx2.Response(429), "queued")],
)
async def test_what_may_have_been_sent_is_never_sent_again(tmp_path: Path, answer: Any, status: str) -> None:
    services = SmsServices(answers=[answer])
    async with small(tmp_path) as room:
        put_channel(room, services)
        await say(room, "Your ride is here")
        async with room.app.working():
            await until(room, "SELECT status, attempts FROM outbox", [(status, 1)])
    assert services.taken == []


async def test_a_text_of_too_many_parts_fails_with_the_count(tmp_path: Path) -> None:
    async with small(tmp_path) as room:
        put_channel(room, SmsServices())
        await say(room, "ж" * 600)
        async with room.app.working():
            await until(room, "SELECT status FROM outbox", [("failed",)])
            [(error,)] = await room.rows("SELECT error FROM outbox")
            assert "9 parts" in error
