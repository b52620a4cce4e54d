"""What is old, too many or too large goes, over both databases."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from tests.contract.journal.world import HOUR, NOW, OTHER, SCOPE, begin, claim, finish, new_run, park, row

from tapbot.storage.database import OpenDatabase
from tapbot.storage.types import Scope
from tapbot.workflow import journal, store
from tapbot.workflow.journal.runs import MOST_HISTORY_BYTES
from tapbot.workflow.tables import run_blobs, run_changes, runs, waits


async def keep(database: OpenDatabase, hours: int, scope: Scope = SCOPE, text: str = "") -> str:
    new = new_run(scope)
    await database.write(
        "test.keep",
        journal.keep_finished_run(
            new, status="succeeded", output=[], history={"text": text}, error=None, finished_at=NOW + hours * HOUR
        ),
    )
    return new.run_id


async def kept(database: OpenDatabase, scope: Scope = SCOPE) -> list[str]:
    query = select(runs.c.run_id).where(runs.c.project_id == scope.project_id).order_by(runs.c.finished_at)
    return await database.read(lambda db: list(db.execute(query).scalars()))


async def forget(database: OpenDatabase, most_runs: int | None = None, most_bytes: int | None = None) -> int:
    return await database.write(
        "test.forget",
        lambda db: journal.forget_beyond(db, SCOPE, most_runs=most_runs, most_bytes=most_bytes, limit=99),
    )


async def test_the_oldest_go_when_there_are_too_many(database: OpenDatabase) -> None:
    run_ids = [await keep(database, hours) for hours in range(4)]
    other = await keep(database, -9, OTHER)
    assert await forget(database, most_runs=3) == 1
    assert await kept(database) == run_ids[1:]
    assert await kept(database, OTHER) == [other]
    assert await forget(database, most_runs=3) == 0


async def test_the_oldest_go_when_they_take_too_much(database: OpenDatabase) -> None:
    run_ids = [await keep(database, hours, text="x" * 1000) for hours in range(4)]
    assert await forget(database, most_bytes=2500) == 2
    assert await kept(database) == run_ids[2:]


async def test_a_run_goes_with_all_that_belongs_to_it(database: OpenDatabase) -> None:
    run = await begin(database)
    await park(run, event="approval 7")
    await database.write("test.deliver", lambda db: journal.deliver(db, SCOPE, "approval 7", 1, now=NOW))
    again = await claim(database, run.new.run_id)
    assert again is not None
    await finish(again)
    await keep(database, 0, text="x" * MOST_HISTORY_BYTES)
    await database.write("test.forget", lambda db: journal.forget_finished(db, NOW + HOUR, limit=99))
    for table in (runs, run_changes, waits, run_blobs):
        count = select(func.count()).select_from(table)
        assert await database.read(lambda db, query=count: db.execute(query).scalar_one()) == 0


async def test_what_is_in_doubt_or_waits_stays(database: OpenDatabase) -> None:
    doubtful, waiting = await begin(database), await begin(database)
    await finish(doubtful, "in_doubt", {"code": "x", "message": "?"})
    await park(waiting, NOW)
    assert await database.write("test.forget", lambda db: journal.forget_finished(db, NOW + HOUR, limit=99)) == 0
    assert await forget(database, most_runs=0, most_bytes=0) == 0


async def test_a_large_history_lies_beside_its_run_and_is_read_with_it(database: OpenDatabase) -> None:
    run_id = await keep(database, 0, text="x" * MOST_HISTORY_BYTES)
    assert (await row(database, run_id))["history"] is None
    shown: Any = await database.read(lambda db: store.get_run(db, SCOPE, run_id))
    assert len(shown["history"]["text"]) == MOST_HISTORY_BYTES
