"""Business accounts and several bots in Telegram: in whose name, and in which chat, something is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.chaos.every_commit.test_groups import post, working
from tests.chaos.every_commit.world import until
from tests.chaos.rooms import BOT, make_project, open_room, workflow
from tests.chaos.telegram import TOKEN, emulated_telegram

OWNER, CUSTOMER = 900, 501
OTHER_TOKEN = "919191:the-test-bot-beside-the-production-one"
SENT = "SELECT count(*) FROM outbox WHERE status = 'sent'"
HOLDERS = "SELECT chat_id, holder FROM conversations ORDER BY created_at"


@pytest.fixture
def telegram() -> Any:
    with emulated_telegram() as address:
        yield f"{address}/emulator/{TOKEN}"


async def see(address: str) -> list[tuple[str, str]]:
    """Author and text of each message in a chat."""
    async with httpx2.AsyncClient() as http:
        shown = (await http.get(address)).raise_for_status().json()
    return [(message["author"], message["text"]) for message in shown["messages"]]


async def test_a_bot_answers_in_its_owners_name_and_is_silent_when_the_owner_writes(
    tmp_path: Path, telegram: str
) -> None:
    account = (await post(f"{telegram}/users/{OWNER}/business"))["business_connection_id"]
    customers = f"{telegram}/users/{CUSTOMER}/messages"
    async with working(tmp_path, telegram) as room:
        await post(customers, text="how much?", business=account)
        await until(room, SENT, [(1,)])
        chat = f"{account}:{CUSTOMER}"
        assert await room.rows(HOLDERS) == [(chat, "bot")]
        seen = await see(f"{telegram}/business/{account}/chats/{CUSTOMER}")
        assert [author for author, _ in seen] == ["user", "bot"]
        await post(f"{telegram}/users/{OWNER}/messages", text="I answer myself", business=account, chat_id=CUSTOMER)
        await until(room, HOLDERS, [(chat, "human")])
        await post(customers, text="thanks", business=account)
        await until(room, "SELECT text FROM inbound WHERE status = 'held'", [("thanks",)])
        assert await room.rows("SELECT text FROM messages WHERE author = 'human'") == [("I answer myself",)]
        await post(customers, text="a word with the bot itself")
        await until(room, HOLDERS, [(chat, "human"), (str(CUSTOMER), "bot")])
        await until(room, SENT, [(2,)])
        assert await room.rows("SELECT count(*) FROM contacts") == [(1,)], "it is one person"


async def test_two_bots_and_a_test_bot_keep_their_chats_apart(tmp_path: Path, telegram: str) -> None:
    address = telegram.partition("/emulator")[0]
    others = telegram.replace(TOKEN, OTHER_TOKEN)
    sections = {name: {"token": token, "api_url": address} for name, token in (("a", TOKEN), ("b", OTHER_TOKEN))}
    bots = {f"bots/{name}.md": BOT.replace("helper", name) for name in sections}
    folder = make_project(tmp_path / "project", [workflow("none", [])], bots)
    async with open_room(folder, tmp_path / "data", channels={"telegram": sections}) as room, room.app.working():
        await room.app.channels.start(None, webhooks=False, polling=True)
        for place in (telegram, others):  # the same person, and in both chats the same numbers
            await post(f"{place}/users/{CUSTOMER}/messages", text=f"hello {place[-3:]}")
        await until(room, SENT, [(2,)])
        assert await room.rows("SELECT bot_id, chat_id, last_text IS NOT NULL FROM conversations ORDER BY bot_id") == [
            ("a", str(CUSTOMER), 1),
            ("b", str(CUSTOMER), 1),
        ]
        for place in (telegram, others):
            said = await see(f"{place}/chats/{CUSTOMER}")
            assert [author for author, _ in said] == ["user", "bot"]
            assert said[0][1] == f"hello {place[-3:]}"
        await post(f"{others}/users/{CUSTOMER}/block", blocked=True)
        await until(room, "SELECT bot_id FROM conversations WHERE blocked_at IS NOT NULL", [("b",)])
