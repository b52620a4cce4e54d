"""Commits of what comes from channels and goes to them."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text
from tests.chaos.every_commit.world import small, until
from tests.chaos.rooms import Room

from tapbot.access.rate_limit import in_process_limits
from tapbot.channels.limits import Limits
from tapbot.channels.types import Delivered, Inbound, Outgoing
from tapbot.errors import Conflict, UpstreamRejected, UpstreamUnavailable
from tapbot.inbox import outbox, settling, troubles, views
from tapbot.worker import outbox as sending
from tapbot.worker.polling import Poller
from tapbot.worker.quiet import QuietHours

UPDATE = {
    "update_id": 7,
    "message": {
        "message_id": 1,
        "date": 1_700_000_000,
        "text": "hello",
        "chat": {"id": 5, "type": "private", "first_name": "Aru"},
        "from": {"id": 5, "is_bot": False, "first_name": "Aru"},
    },
}
TELEGRAM = {"token": "123456:" + "a" * 35, "mode": "webhook", "secret": "a-secret-of-some-length"}


async def test_a_telegram_update_is_kept_before_it_is_acknowledged(tmp_path: Path) -> None:
    async with small(tmp_path, channels={"telegram": {"helper": TELEGRAM}}) as room:
        headers = {"X-Telegram-Bot-Api-Secret-Token": TELEGRAM["secret"]}
        answer = await room.http.post("/telegram/helper", json=UPDATE, headers=headers)
        assert answer.status_code == 200, answer.text
        assert await room.rows("SELECT text FROM inbound") == [("hello",)]


class Listened:
    """What a poll of Telegram brings, once."""

    name = "telegram"

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self.offsets: list[int | None] = []

    async def poll(self, offset: int | None) -> Any:
        self.offsets.append(offset)
        if len(self.offsets) > 2:
            await asyncio.Event().wait()
        brought = type("Poll", (), {})()
        brought.updates = (json.dumps(UPDATE).encode(),) if offset is None else ()
        brought.next_offset = 8
        return brought

    def parse(self, raw: bytes) -> list[Inbound]:
        found: list[Inbound] = self._channel.parse(raw)
        return found


async def test_a_polled_update_is_kept_with_how_far_was_read(tmp_path: Path) -> None:
    async with small(tmp_path, channels={"telegram": {"helper": TELEGRAM}}) as room:
        channel = Listened(room.app.channels.by_key[room.served.scope, "helper", "telegram"])
        listener: Any = channel
        poller = Poller(room.app.database, room.served.scope, "helper", listener, room.app.presses, room.app.clock)
        task = asyncio.create_task(poller.poll_forever())
        await until(room, "SELECT text FROM inbound", [("hello",)])
        await until(room, "SELECT next_offset FROM channel_cursors", [(8,)])
        task.cancel()
        assert channel.offsets[1:2] in ([8], [])


class BrokenChannel:
    """A channel that fails."""

    repeatable = False
    limits = Limits(text_units=4096, inbound_text_units=4096, buttons=8, label_units=64, value_bytes=64)

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def send(self, outgoing: Outgoing) -> Delivered:
        raise self.error


async def say_something(room: Room, channel: str = "broken") -> None:
    """Put a message into the outbox."""
    now = room.app.clock()

    def change(db: Connection) -> str:
        return outbox.queue_message(
            db,
            room.served.scope,
            text="hello",
            buttons=[],
            send_key="k",
            author="bot",
            run_id=None,
            now=now,
            bot_id="helper",
            channel=channel,
            chat_id="1",
        )

    await room.app.database.write("test.say", change)


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (UpstreamUnavailable("down", retry_after_seconds=30), ("queued", 1)),
        (UpstreamRejected("blocked"), ("failed", 1)),
        (UpstreamUnavailable("no answer", code="upstream.no_reply"), ("in_doubt", 1)),
    ],
)
async def test_a_failed_sending_is_recorded(tmp_path: Path, error: Exception, wanted: tuple[str, int]) -> None:
    async with small(tmp_path) as room:
        broken: Any = BrokenChannel(error)
        room.app.channels.by_key[room.served.scope, "helper", "broken"] = broken
        await say_something(room)
        async with room.app.working():
            await until(room, "SELECT status, attempts FROM outbox", [wanted])
            retry = await room.rows("SELECT retry_at IS NOT NULL, claimed_by FROM outbox")
            assert retry[0][0] == (1 if wanted[0] == "queued" else 0)
            assert wanted[0] == "failed" or retry[0][1] is None, "the next try is anybody's"


class CuriousChannel(BrokenChannel):
    """A channel that looks, while it sends, who has claimed the message."""

    def __init__(self, room: Room) -> None:
        super().__init__(UpstreamRejected("not used"))
        self.room = room
        self.claimed: list[tuple[Any, ...]] = []

    async def send(self, outgoing: Outgoing) -> Delivered:
        self.claimed = await self.room.rows("SELECT claimed_by, claimed_until_ms IS NOT NULL FROM outbox")
        return Delivered("1")


async def test_a_message_is_claimed_while_it_is_sent_so_that_no_other_process_sends_it(tmp_path: Path) -> None:
    async with small(tmp_path) as room:
        curious = CuriousChannel(room)
        channels: Any = {(room.served.scope, "helper", "broken"): curious}
        limits, quiet = in_process_limits(time.monotonic), QuietHours(room.app.database, room.app.releases)
        sender = sending.Sender(room.app.database, channels, room.app.clock, limits=limits, quiet=quiet, holder="one")
        await say_something(room)
        async with asyncio.TaskGroup() as group:
            sender.lane.open(group)
            await sender.wake_all([room.served.scope])
            await until(room, "SELECT status FROM outbox", [("sent",)])
        assert curious.claimed == [("one", 1)]


WHATSAPP = {
    "phone_number_id": "123456789012345",
    "token": "an-access-token",
    "app_secret": "an-app-secret",
    "verify_token": "a-word-of-ours",
}


def whatsapp_call(**value: Any) -> tuple[bytes, dict[str, str]]:
    """A call of WhatsApp with its signature."""
    metadata = {"display_phone_number": "7", "phone_number_id": WHATSAPP["phone_number_id"]}
    change = {"field": "messages", "value": {"metadata": metadata, **value}}
    raw = json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}).encode()
    signature = hmac.new(WHATSAPP["app_secret"].encode(), raw, hashlib.sha256).hexdigest()
    return raw, {"X-Hub-Signature-256": f"sha256={signature}"}


async def test_a_whatsapp_call_is_kept_before_it_is_acknowledged(tmp_path: Path) -> None:
    said = {
        "from": "77011234567",
        "id": "wamid.1",
        "timestamp": "1700000000",
        "type": "text",
        "text": {"body": "hello"},
    }
    async with small(tmp_path, channels={"whatsapp": {"helper": WHATSAPP}}) as room:
        raw, headers = whatsapp_call(messages=[{**said, "text": {"body": "hello"}}])
        for _ in range(2):  # WhatsApp repeats calls
            answer = await room.http.post("/whatsapp/helper", content=raw, headers=headers)
            assert answer.status_code == 200, answer.text
        assert await room.rows("SELECT text FROM inbound") == [("hello",)]
        [(wrote_at,)] = await room.rows("SELECT customer_wrote_at FROM channel_windows")
        assert str(wrote_at).startswith("2023-11-14")


async def test_receipts_never_go_back_and_settle_what_waits_to_be_sent_again(tmp_path: Path) -> None:
    async with small(tmp_path, channels={"whatsapp": {"helper": WHATSAPP}}) as room:
        await say_something(room, "whatsapp")
        seen = []
        for status in ("delivered", "sent", "read", "delivered"):
            receipt = {"id": "wamid.9", "status": status, "timestamp": "1700000000"}
            raw, headers = whatsapp_call(statuses=[{**receipt, "biz_opaque_callback_data": "1/1 k"}])
            await room.http.post("/whatsapp/helper", content=raw, headers=headers)
            seen += await room.rows("SELECT status FROM channel_receipts")
        assert seen == [("delivered",), ("delivered",), ("read",), ("read",)]
        assert await room.rows("SELECT status, external_id FROM outbox") == [("sent", "wamid.9")]


async def test_a_message_that_failed_after_it_was_taken_is_shown_and_sent_again_by_a_person(tmp_path: Path) -> None:
    refused = {"code": 131026, "title": "Message undeliverable"}
    async with small(tmp_path, channels={"whatsapp": {"helper": WHATSAPP}}) as room:
        await say_something(room, "whatsapp")
        scope, now = room.served.scope, room.app.clock()
        await room.app.database.write(
            "test", lambda db: db.execute(text("UPDATE outbox SET status = 'sent', external_id = 'wamid.9'")).rowcount
        )
        [(message_id,)] = await room.rows("SELECT message_id FROM outbox")
        settle = partial(settling.settle, scope=scope, message_id=message_id, arrived=False, now=now)
        with pytest.raises(Conflict):
            await room.app.database.write("test", settle)
        failed = {"id": "wamid.9", "status": "failed", "timestamp": "1700000000", "errors": [refused]}
        raw, headers = whatsapp_call(statuses=[failed])
        for _ in range(2):  # calls come again
            await room.http.post("/whatsapp/helper", content=raw, headers=headers)
        [trouble] = await room.app.database.read(lambda db: troubles.list_troubles(db, scope, limit=9))
        assert (trouble["kind"], trouble["error_code"]) == ("failed", "whatsapp.undeliverable")
        listed = await room.app.database.read(lambda db: views.list_undelivered(db, scope, ["failed"], limit=9))
        assert [row["message_id"] for row in listed] == [message_id]
        await room.app.database.write("test", settle)
        assert await room.rows("SELECT status, external_id FROM outbox") == [("queued", None)]
        await room.http.post("/whatsapp/helper", content=raw, headers=headers)
        assert await room.rows("SELECT status, external_id FROM outbox") == [("queued", None)]
        assert await room.app.database.read(lambda db: troubles.list_troubles(db, scope, limit=9)) == []


async def test_the_companys_own_words_are_kept_and_a_person_holds_the_chat(tmp_path: Path) -> None:
    echo = {"from": "7", "to": "77011234567", "id": "wamid.7", "timestamp": "1700000000", "type": "text"}
    async with small(tmp_path, channels={"whatsapp": {"helper": WHATSAPP}}) as room:
        raw, headers = whatsapp_call(message_echoes=[{**echo, "text": {"body": "I answer"}}])
        await room.http.post("/whatsapp/helper", content=raw, headers=headers)
        assert await room.rows("SELECT holder FROM conversations") == [("human",)]
        assert await room.rows("SELECT author, text FROM messages WHERE author = 'human'") == [("human", "I answer")]
