"""Files of chats over both databases: the oldest go by age and by size, and what may still be sent keeps its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update
from tests.contract.journal.world import NOW, SCOPE

from tapbot.inbox import files, store
from tapbot.inbox.file_retention import GONE, forget_files
from tapbot.inbox.files import NewFile, keep_file
from tapbot.inbox.outbox import queue_reply
from tapbot.inbox.tables import file_parts, messages, outbox
from tapbot.inbox.types import Arrival, Chat
from tapbot.storage.database import OpenDatabase
from tapbot.storage.types import Scope

OTHER = Scope("flats", "dev")
SIZE = 1_500_000
DAY = timedelta(days=1)


async def send(database: OpenDatabase, chat_id: str, at: datetime, scope: Scope = SCOPE) -> str:
    """A customer sends a file; gives its id."""
    chat = Chat("taxi", "webchat", chat_id)
    file_id = await keep_file(database, scope, chat, NewFile(b"x" * SIZE, "image/png", f"{chat_id}.png"), now=at)
    said = Arrival(
        "taxi",
        "webchat",
        chat_id,
        f"m-{file_id}",
        "look",
        None,
        chat_id,
        None,
        None,
        attachments=({"kind": "photo", "file_id": file_id},),
    )
    await database.write("test", lambda db: store.accept(db, scope, said, now=at))
    return file_id


async def forget(database: OpenDatabase, *, before: datetime | None = None, most_bytes: int | None = None) -> int:
    return await database.write(
        "test", lambda db: forget_files(db, SCOPE, before=before, most_bytes=most_bytes, limit=10, now=NOW)
    )


async def attachments(database: OpenDatabase) -> dict[str, Any]:
    """What each message says of its file, by the file's name."""

    def read(db: Connection) -> dict[str, Any]:
        rows = db.execute(select(messages.c.attachments).where(messages.c.attachments.is_not(None))).scalars()
        return {one["name"]: one.get("file_id") or one.get("failed") for row in rows for one in row or ()}

    return await database.read(read)


async def parts(database: OpenDatabase) -> set[str]:
    return set(await database.read(lambda db: list(db.execute(select(file_parts.c.file_id)).scalars())))


async def test_what_is_too_old_goes_and_its_message_says_so(database: OpenDatabase) -> None:
    await send(database, "old", NOW - 40 * DAY)
    young = await send(database, "young", NOW - 20 * DAY)
    others = await send(database, "others", NOW - 40 * DAY, OTHER)
    assert await forget(database, before=NOW - 30 * DAY) == 1
    assert await forget(database, before=NOW - 30 * DAY) == 0
    assert await attachments(database) == {"old.png": GONE, "young.png": young, "others.png": others}
    assert await parts(database) == {young, others}
    [shown] = files.show_attachments([{"kind": "photo", "file_id": None, "source": None, "failed": GONE}])
    assert shown == {"kind": "photo", "failed": GONE}, "nobody waits for it"


async def test_the_oldest_go_while_there_is_too_much(database: OpenDatabase) -> None:
    kept = [await send(database, f"c{days}", NOW - days * DAY) for days in (4, 3, 2, 1)]
    assert await forget(database, most_bytes=4 * SIZE) == 0
    assert await forget(database, most_bytes=2 * SIZE + 1) == 2
    assert await parts(database) == set(kept[2:])


async def test_a_chat_with_something_to_send_keeps_its_files_until_that_is_over(database: OpenDatabase) -> None:
    file_id = await send(database, "c1", NOW - 40 * DAY)

    def answer(db: Connection) -> None:
        conversation_id = db.execute(select(messages.c.conversation_id)).scalar_one()
        more: dict[str, Any] = {"text": "hi", "buttons": [], "run_id": None, "now": NOW}
        queue_reply(db, SCOPE, conversation_id=conversation_id, send_key="k", **more)

    await database.write("test", answer)

    def put_into(state: str) -> Callable[[Connection], None]:
        return lambda db: db.execute(update(outbox).values(status=state)) and None

    for state in ("queued", "held", "in_doubt"):
        await database.write("test", put_into(state))
        assert await forget(database, before=NOW) == 0
    assert await parts(database) == {file_id}
    await database.write("test", put_into("sent"))
    assert await forget(database, before=NOW) == 1
