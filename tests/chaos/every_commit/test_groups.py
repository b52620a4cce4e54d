"""Groups in Telegram: the bot hears what is meant for it, a press is kept, and a group that moves keeps its thread."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.chaos.every_commit.world import until
from tests.chaos.rooms import BOT, Room, make_project, open_room, workflow
from tests.chaos.telegram import TOKEN, emulated_telegram

from tapbot.inbox import outbox
from tapbot.inbox.views import list_messages

GROUP, MOVED = -1001, -1002
SAID = "SELECT text FROM messages WHERE author = 'contact' ORDER BY position"
CHATS = "SELECT chat_id FROM conversations"


@pytest.fixture
def telegram() -> Any:
    with emulated_telegram() as address:
        yield f"{address}/emulator/{TOKEN}"


@asynccontextmanager
async def working(tmp_path: Path, telegram: str) -> AsyncIterator[Room]:
    section = {"token": TOKEN, "api_url": telegram.partition("/emulator")[0]}
    folder = make_project(tmp_path / "project", [workflow("none", [])], {"bots/helper.md": BOT})
    async with (
        open_room(folder, tmp_path / "data", channels={"telegram": {"helper": section}}) as room,
        room.app.working(),
    ):
        await room.app.channels.start(None, webhooks=False, polling=True)
        yield room


async def post(address: str, **body: Any) -> Any:
    async with httpx2.AsyncClient() as http:
        answer = await http.post(address, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def write(telegram: str, text: str, *, chat_id: int = GROUP, user: int = 501, **more: Any) -> None:
    await post(f"{telegram}/users/{user}/messages", text=text, chat_id=chat_id, **more)


async def make_group(telegram: str) -> str:
    """A group with two people and the bot; gives the bot's name."""
    await post(f"{telegram}/chats", id=GROUP, title="Drivers")
    for user in (501, 502):
        await post(f"{telegram}/users/{user}/membership", chat_id=GROUP, deed="join")
    me = await post(telegram.replace("/emulator/", "/bot") + "/getMe")
    return str(me["result"]["username"])


async def test_a_group_is_one_thread_in_which_the_bot_answers_when_it_is_meant(tmp_path: Path, telegram: str) -> None:
    name = await make_group(telegram)
    async with working(tmp_path, telegram) as room:
        await write(telegram, "who drives today?")
        await write(telegram, f"@{name} what is the price?", user=502)
        await until(room, "SELECT count(*) FROM outbox WHERE status = 'sent'", [(1,)])
        await write(telegram, f"/help@{name}")
        await until(room, "SELECT count(*) FROM outbox WHERE status = 'sent'", [(2,)])
        assert await room.rows(SAID) == [("what is the price?",), ("/help",)]
        assert await room.rows(CHATS) == [(str(GROUP),)]
        assert await room.rows("SELECT first_name, external_id FROM contacts") == [("Drivers", str(GROUP))]
        [(conversation_id,)] = await room.rows("SELECT conversation_id FROM conversations")
        thread = await room.app.database.read(lambda db: list_messages(db, room.served.scope, conversation_id))
        names = [row["sender"]["name"] for row in thread if row["author"] == "contact"]
        assert names == ["User 502", "User 501"], "each by the name of whoever wrote it"


async def test_a_group_that_becomes_a_supergroup_keeps_its_thread(tmp_path: Path, telegram: str) -> None:
    name = await make_group(telegram)
    async with working(tmp_path, telegram) as room:
        await write(telegram, f"@{name} hello")
        await until(room, "SELECT count(*) FROM outbox WHERE status = 'sent'", [(1,)])
        await post(f"{telegram}/chats/{GROUP}/migrate", to=MOVED)
        await until(room, CHATS, [(str(MOVED),)])
        await write(telegram, f"@{name} are you there?", chat_id=MOVED)
        await until(room, "SELECT count(*) FROM outbox WHERE status = 'sent'", [(2,)])
        assert await room.rows(CHATS) == [(str(MOVED),)]
        assert await room.rows("SELECT external_id FROM contacts") == [(str(MOVED),)]


async def test_the_new_id_is_learned_from_a_refused_call_too(tmp_path: Path, telegram: str) -> None:
    await make_group(telegram)
    async with working(tmp_path, telegram) as room:
        room.app.channels.pollers.clear()
        scope, now = room.served.scope, room.app.clock()
        chat = {"bot_id": "helper", "channel": "telegram", "chat_id": str(GROUP)}

        def say(key: str) -> Any:
            told: dict[str, Any] = {"buttons": [], "author": "bot", "run_id": None, "now": now, **chat}
            return lambda db: outbox.queue_message(db, scope, text=key, send_key=key, **told)

        await room.app.database.write("test.say", say("one"))
        await until(room, "SELECT count(*) FROM outbox WHERE status = 'sent'", [(1,)])
        await post(f"{telegram}/chats/{GROUP}/migrate", to=MOVED)
        await until(room, CHATS, [(str(MOVED),)])
