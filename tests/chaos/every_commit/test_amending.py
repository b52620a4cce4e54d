"""What people in Telegram change afterwards: their words, and whether the bot may write to them; and links."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import text as sql
from tests.chaos.every_commit.test_groups import post, working
from tests.chaos.every_commit.world import until
from tests.chaos.rooms import Room
from tests.chaos.telegram import TOKEN, emulated_telegram

from tapbot.channels.types import LinkedChannel
from tapbot.inbox import outbox

PERSON = 501
TEXTS = "SELECT text, earlier FROM messages WHERE author = 'contact' ORDER BY position"
SENT = "SELECT count(*) FROM outbox WHERE status = 'sent'"


@pytest.fixture
def telegram() -> Any:
    with emulated_telegram() as address:
        yield f"{address}/emulator/{TOKEN}"


async def write(telegram: str, text: str) -> int:
    return int((await post(f"{telegram}/users/{PERSON}/messages", text=text))["message_id"])


async def change(room: Room, statement: str) -> None:
    await room.app.database.write("test", lambda db: db.execute(sql(statement)).rowcount)


async def edit(telegram: str, message_id: int, text: str) -> None:
    await post(f"{telegram}/users/{PERSON}/edit", message_id=message_id, text=text)


async def test_an_edit_is_seen_and_is_not_answered_again(tmp_path: Path, telegram: str) -> None:
    async with working(tmp_path, telegram) as room:
        first = await write(telegram, "to Tarz")
        await until(room, SENT, [(1,)])
        await edit(telegram, first, "to Taraz")
        await edit(telegram, first, "to Taraz, two")
        await until(room, TEXTS, [("to Taraz, two", '["to Tarz","to Taraz"]')])
        await write(telegram, "and back")
        await until(room, SENT, [(2,)])
        assert await room.rows("SELECT count(*) FROM runs WHERE kind = 'turn'") == [(2,)]
        assert await room.rows("SELECT last_text FROM conversations WHERE last_text = 'to Taraz, two'") == []


async def test_what_was_not_read_yet_is_read_as_it_is_now(tmp_path: Path, telegram: str) -> None:
    async with working(tmp_path, telegram) as room:
        first = await write(telegram, "hello")
        await until(room, SENT, [(1,)])
        await change(room, "UPDATE conversations SET holder = 'human'")
        second = await write(telegram, "where is my mony")
        await until(room, "SELECT text FROM inbound WHERE status = 'held'", [("where is my mony",)])
        await edit(telegram, second, "where is my money")
        await edit(telegram, first, "hello!")
        await until(room, "SELECT text FROM inbound ORDER BY inbound_id", [("hello",), ("where is my money",)])
        await until(room, "SELECT text FROM messages WHERE text = 'hello!'", [("hello!",)])


async def test_who_blocks_the_bot_is_known_and_coming_back_is_too(tmp_path: Path, telegram: str) -> None:
    blocked = "SELECT count(*) FROM conversations WHERE blocked_at IS NOT NULL"
    async with working(tmp_path, telegram) as room:
        await write(telegram, "hello")
        await until(room, SENT, [(1,)])
        await post(f"{telegram}/users/{PERSON}/block", blocked=True)
        await until(room, blocked, [(1,)])
        await post(f"{telegram}/users/{PERSON}/block", blocked=False)
        await until(room, blocked, [(0,)])


async def test_a_refused_message_tells_that_the_bot_is_blocked(tmp_path: Path, telegram: str) -> None:
    async with working(tmp_path, telegram) as room:
        await write(telegram, "hello")
        await until(room, SENT, [(1,)])
        await post(f"{telegram}/users/{PERSON}/block", blocked=True)
        await until(room, "SELECT count(*) FROM conversations WHERE blocked_at IS NOT NULL", [(1,)])
        await change(room, "UPDATE conversations SET blocked_at = NULL")
        scope, now = room.served.scope, room.app.clock()
        chat = {"bot_id": "helper", "channel": "telegram", "chat_id": str(PERSON)}
        told: dict[str, Any] = {"buttons": [], "author": "bot", "run_id": None, "now": now, **chat}
        await room.app.database.write(
            "test.say", lambda db: outbox.queue_message(db, scope, text="Are you there?", send_key="one", **told)
        )
        await until(room, "SELECT status FROM outbox WHERE send_key = 'one'", [("failed",)])
        await until(room, "SELECT count(*) FROM conversations WHERE blocked_at IS NOT NULL", [(1,)])


async def test_a_link_opens_a_chat_and_brings_its_payload_along(tmp_path: Path, telegram: str) -> None:
    async with working(tmp_path, telegram) as room:
        channel = room.app.channels.by_key[room.served.scope, "helper", "telegram"]
        assert isinstance(channel, LinkedChannel)
        link = await channel.link("autumn_21")
        async with httpx2.AsyncClient() as http:
            me = (await http.post(telegram.replace("/emulator/", "/bot") + "/getMe")).json()["result"]
        assert link == f"https://t.me/{me['username']}?start=autumn_21"
        await write(telegram, "/start autumn_21")
        await until(room, "SELECT text FROM messages WHERE author = 'contact'", [("/start",)])
        assert await room.rows("SELECT link FROM conversations") == [("autumn_21",)]
        await write(telegram, "/start")
        await until(room, "SELECT count(*) FROM messages WHERE author = 'contact'", [(2,)])
        assert await room.rows("SELECT link FROM conversations") == [("autumn_21",)]
