"""Edits of customers and chats that are blocked, over both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from tests.contract.journal.world import NOW, SCOPE

from tapbot.inbox import store
from tapbot.inbox.amending import MOST_EARLIER, keep_blocking, keep_edit
from tapbot.inbox.tables import conversations, inbound, messages
from tapbot.inbox.types import Arrival, Chat
from tapbot.storage.database import OpenDatabase
from tapbot.storage.types import Scope

CHAT = Chat("taxi", "telegram", "7")
OTHER = Scope("flats", "dev")
LATER = NOW + timedelta(minutes=1)


async def write(database: OpenDatabase, text: str, external_id: str, scope: Scope = SCOPE) -> None:
    said = Arrival("taxi", "telegram", "7", f"u-{external_id}", text, None, "7", "Aigul", None, external_id=external_id)
    await database.write("test", lambda db: store.accept(db, scope, said, now=NOW))


async def edit(database: OpenDatabase, external_id: str, text: str, number: int, scope: Scope = SCOPE) -> bool:
    return await database.write(
        "test", lambda db: keep_edit(db, scope, CHAT, external_id, text, number=number, edited_at=LATER)
    )


async def texts(database: OpenDatabase) -> list[tuple[str, Any]]:
    query = select(messages.c.text, messages.c.earlier).order_by(messages.c.position)
    return [tuple(row) for row in await database.read(lambda db: db.execute(query).all())]


async def test_an_older_edit_that_comes_late_or_again_changes_nothing(database: OpenDatabase) -> None:
    await write(database, "one", "1")
    assert await edit(database, "1", "three", 13)
    assert not await edit(database, "1", "two", 12)
    assert not await edit(database, "1", "three", 13)
    assert await texts(database) == [("three", ["one"])]


async def test_only_the_edited_message_of_this_chat_and_project_changes(database: OpenDatabase) -> None:
    await write(database, "mine", "1")
    await write(database, "next", "2")
    await write(database, "theirs", "1", OTHER)
    assert await edit(database, "1", "mine!", 5)
    assert not await edit(database, "99", "never kept", 6)
    assert await texts(database) == [("mine!", ["mine"]), ("next", None), ("theirs", None)]


async def test_a_message_that_waits_for_its_turn_is_read_as_it_is_now(database: OpenDatabase) -> None:
    await write(database, "to Tarz", "1")
    assert await edit(database, "1", "to Taraz", 5)
    turn = await database.write("test", lambda db: store.take_turn(db, _conversation(db), "run-1"))
    assert turn is not None
    assert [message["text"] for message in turn.messages] == ["to Taraz"]
    assert await edit(database, "1", "to Talas", 6)
    read = await database.read(lambda db: db.execute(select(inbound.c.text)).scalars().all())
    assert list(read) == ["to Taraz"], "what a turn was taken with stays with it"


async def test_of_many_edits_the_first_text_and_the_newest_are_kept(database: OpenDatabase) -> None:
    await write(database, "0", "1")
    for number in range(1, 30):
        assert await edit(database, "1", str(number), number)
    [(text, earlier)] = await texts(database)
    assert (text, len(earlier), earlier[0], earlier[-1]) == ("29", MOST_EARLIER, "0", "28")


async def test_blocking_is_news_once_and_a_message_ends_it(database: OpenDatabase) -> None:
    def block(blocked: bool) -> Any:
        return database.write("test", lambda db: keep_blocking(db, SCOPE, CHAT, blocked=blocked, now=NOW))

    assert not await block(True), "nobody wrote in this chat"
    await write(database, "hi", "1")
    assert await block(True)
    assert not await block(True)
    assert await since(database) == NOW
    await write(database, "here again", "2")
    assert await since(database) is None
    assert not await block(False)


async def since(database: OpenDatabase) -> Any:
    return await database.read(lambda db: db.execute(select(conversations.c.blocked_at)).scalar_one())


def _conversation(db: Any) -> str:
    return str(db.execute(select(conversations.c.conversation_id)).scalar_one())
