"""How far triggers have come, and what they read, over both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection
from tests.contract.journal.world import NOW, OTHER, SCOPE
from tests.servers.databases import Place

from tapbot.events.store import newest_id, page_after, tell
from tapbot.storage.database import OpenDatabase
from tapbot.workflow import journal

NAME = (SCOPE, "w", "Trigger")


async def test_a_cursor_is_kept_changed_and_forgotten_with_its_trigger(database: OpenDatabase) -> None:
    def read(db: Connection) -> Any:
        return journal.read_cursor(db, *NAME)

    assert await database.read(read) is None
    for after in (1, 2):
        await database.write("test.keep", lambda db, n=after: journal.keep_cursor(db, *NAME, {"after": n}, now=NOW))
        assert await database.read(read) == {"after": after}
    elsewhere = (OTHER, "w", "Trigger")
    await database.write("test.keep", lambda db: journal.keep_cursor(db, *elsewhere, {"after": 9}, now=NOW))
    await database.write("test.rest", lambda db: journal.rest_cursors(db, SCOPE, {("w", "Trigger")}))
    assert await database.read(read) == {"after": 2}
    await database.write("test.rest", lambda db: journal.rest_cursors(db, SCOPE, set()))
    assert await database.read(read) is None
    assert await database.read(lambda db: journal.read_cursor(db, *elsewhere)) == {"after": 9}, (
        "another project's stays"
    )


async def test_processes_that_move_a_cursor_at_once_lose_nothing(place: Place) -> None:
    databases = [await place.open() for _ in range(3 if place.url else 1)]

    def count(db: Connection) -> None:
        known: Any = journal.lock_cursor(db, *NAME) or {"after": 0}
        journal.keep_cursor(db, *NAME, {"after": known["after"] + 1}, now=NOW)

    await asyncio.gather(*(database.write("test.count", count) for database in databases for _ in range(10)))
    assert await databases[0].read(lambda db: journal.read_cursor(db, *NAME)) == {"after": 10 * len(databases)}
    for database in databases:
        await database.close()


async def test_events_come_in_order_and_again_where_one_may_be_committed_late(database: OpenDatabase) -> None:
    def fill(db: Connection) -> int:
        for seconds in (0, 10, 20, 30):
            tell(db, SCOPE, "record.created", f"r{seconds}", {}, now=NOW + timedelta(seconds=seconds))
        tell(db, OTHER, "record.created", "another's", {}, now=NOW)
        return newest_id(db)

    newest = await database.write("test.fill", fill)

    dialect = await database.read(lambda db: db.dialect.name)

    def page(after: int, *, limit: int = 500) -> Any:
        since = NOW + timedelta(seconds=5)
        return database.read(
            lambda db: [event.subject for event in page_after(db, SCOPE, after, again_since=since, limit=limit)]
        )

    assert await page(newest - 5) == ["r0", "r10", "r20", "r30"]
    assert await page(newest - 5, limit=2) == ["r0", "r10"]
    again = ["r10", "r20"] if dialect == "postgresql" else []
    assert await page(newest - 2) == [*again, "r30"], "what was told before that moment does not come again"
