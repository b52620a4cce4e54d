"""Row changes that share one statement come out as if each had been written by itself."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.exc import IntegrityError
from tests.servers.databases import Place

from tapbot.events.tables import events
from tapbot.storage.database import OpenDatabase
from tapbot.storage.faults import Faults
from tapbot.storage.types import Scope
from tapbot.workflow import journal
from tapbot.workflow.journal import Fence, NewRun, StaleAttempt
from tapbot.workflow.journal.runs import MOST_HISTORY_BYTES
from tapbot.workflow.tables import run_blobs, runs, steps

NOW = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)
TAXI = Scope("taxi", "prod")


def new_run(run_id: str) -> NewRun:
    return NewRun(
        run_id=run_id, scope=TAXI, release="r", kind="workflow", workflow_id="w", name="w", trigger_node="t",
        mode="manual", input=[{"json": {"text": "тест"}}], clock=NOW, seed=1, created_at=NOW,
    )  # fmt: skip


def step(run_id: str, key: str = "s") -> dict[str, Any]:
    return {
        "project_id": "taxi", "environment": "prod", "run_id": run_id, "step_key": key, "position": 1, "node": "n",
        "kind": "safe", "status": "done", "input_hash": "h", "output": {"of": run_id}, "error": None, "attempt": 1,
        "started_at": NOW, "finished_at": NOW,
    }  # fmt: skip


async def begin(database: OpenDatabase, count: int) -> list[bool]:
    return await asyncio.gather(
        *(
            database.write("journal.begin_run", journal.run_begun(new_run(f"r{number}"), holder="x"))
            for number in range(count)
        )
    )


def finish(run_id: str, attempt: int = 1, **more: Any) -> Any:
    given = {"status": "succeeded", "output": [run_id], "history": {"order": []}, "error": None, "now": NOW} | more
    return journal.run_finished(run_id, Fence(run_id, attempt), **given)


def kept(run_id: str) -> Any:
    return journal.keep_finished_run(
        new_run(run_id), status="succeeded", output=[run_id], history={"order": []}, error=None, finished_at=NOW
    )


async def test_each_row_gets_its_own_outcome_and_its_fact_is_told(place: Place) -> None:
    heard: list[Any] = []
    database = await place.open(told=heard.extend)
    assert all(await begin(database, 30))
    again = await asyncio.gather(
        *(database.write("t", journal.run_begun(new_run(f"r{number % 35}"), holder="y")) for number in range(60))
    )
    assert again.count(True) == 5, "known runs stay as they are, new ones are begun once"
    written = await asyncio.gather(
        *(
            database.write("t", journal.step_finished(Fence(f"r{number}", 1 if number % 3 else 9), step(f"r{number}")))
            for number in range(30)
        ),
        return_exceptions=True,
    )
    assert [isinstance(one, StaleAttempt) for one in written] == [number % 3 == 0 for number in range(30)]
    outputs = await database.read(lambda db: dict(db.execute(select(steps.c.run_id, steps.c.output)).all()))  # type: ignore[arg-type]
    assert outputs == {f"r{number}": {"of": f"r{number}"} for number in range(30) if number % 3}
    ended = await asyncio.gather(
        *(database.write("t", finish(f"r{number}", 1 if number else 2)) for number in range(30)), return_exceptions=True
    )
    assert [type(one) for one in ended if one is not None] == [StaleAttempt]
    kept = await database.read(lambda db: dict(db.execute(select(runs.c.run_id, runs.c.output)).all()))  # type: ignore[arg-type]
    assert kept == {f"r{number}": [f"r{number}"] if 0 < number < 30 else None for number in range(35)}
    facts = [(event.subject, event.data["status"]) for event in heard]
    assert sorted(facts) == sorted(
        [(f"r{number}", "running") for number in range(35)] + [(f"r{number}", "succeeded") for number in range(1, 30)]
    )
    assert len({event.event_id for event in heard}) == len(heard)


async def test_any_number_of_rows_is_written_together(place: Place) -> None:
    heard: list[Any] = []
    database = await place.open(told=heard.extend)
    counts = (1, 2, 3, 5, 7, 8, 9, 15, 17, 64, 65, 71, 130)
    for count in counts:
        names = [f"{count}-{number}" for number in range(count)]
        changes = [journal.run_begun(new_run(name), holder="x") for name in names]
        before = database.figures.commits
        assert all(await asyncio.gather(*(database.write("t", change) for change in changes)))
        assert database.figures.commits == before + 1
    kept = await database.read(lambda db: set(db.execute(select(runs.c.run_id)).scalars()))
    assert len(kept) == sum(counts)
    assert sorted(event.subject for event in heard) == sorted(kept)
    facts = await database.read(lambda db: db.execute(select(events.c.event_id, events.c.subject)).all())
    assert sorted((event.event_id, event.subject) for event in heard) == sorted(map(tuple, facts))


async def test_finished_runs_are_kept_together_with_their_facts(place: Place) -> None:
    heard: list[Any] = []
    database = await place.open(told=heard.extend)
    for count in (1, 3, 70):
        await asyncio.gather(*(database.write("t", kept(f"{count}-{number}")) for number in range(count)))
        await database.write("t", lambda db: db.execute(delete(events).where(events.c.subject.like("%-2"))))
    again = await asyncio.gather(*(database.write("t", kept(name)) for name in ("3-1", "new")), return_exceptions=True)
    assert [type(one) for one in again] == [IntegrityError, type(None)], "a run is kept once, and spares its neighbour"
    rows = await database.read(lambda db: db.execute(select(events.c.event_id, events.c.subject)).all())
    told = {(event.event_id, event.subject) for event in heard if not event.subject.endswith("-2")}
    assert told == set(map(tuple, rows)), "each listener hears the number that its fact has, also after some went"
    found = await database.read(lambda db: dict(db.execute(select(runs.c.run_id, runs.c.output)).all()))  # type: ignore[arg-type]
    assert len(found) == 75
    assert all(output == [run_id] for run_id, output in found.items())


async def test_one_that_cannot_be_written_spares_its_neighbours(database: OpenDatabase) -> None:
    await begin(database, 20)
    await database.write("t", journal.step_finished(Fence("r7", 1), step("r7")))
    written = await asyncio.gather(
        *(
            database.write("t", journal.step_finished(Fence(f"r{number}", 1), step(f"r{number}")))
            for number in range(20)
        ),
        return_exceptions=True,
    )
    assert [number for number, one in enumerate(written) if isinstance(one, IntegrityError)] == [7]
    assert await database.read(lambda db: db.execute(select(func.count()).select_from(steps)).scalar_one()) == 20


async def test_what_belongs_to_a_row_is_written_with_it(database: OpenDatabase) -> None:
    await begin(database, 10)
    large = {"text": "x" * MOST_HISTORY_BYTES}
    await asyncio.gather(
        *(database.write("t", finish(f"r{number}", history=large if number < 3 else {})) for number in range(10))
    )

    def read(db: Connection) -> tuple[int, int]:
        blobs = db.execute(select(func.count()).select_from(run_blobs)).scalar_one()
        return blobs, db.execute(select(func.count()).where(runs.c.status == "succeeded")).scalar_one()

    assert await database.read(read) == (3, 10)


async def test_a_dropped_site_loses_its_rows_alone(place: Place) -> None:
    database = await place.open(faults=Faults(drop="dropped"))
    await asyncio.gather(
        *(
            database.write("dropped" if number % 2 else "kept", journal.run_begun(new_run(f"r{number}"), holder="x"))
            for number in range(20)
        )
    )
    found = await database.read(lambda db: set(db.execute(select(runs.c.run_id)).scalars()))
    assert found == {f"r{number}" for number in range(0, 20, 2)}
