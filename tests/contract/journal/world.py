"""Runs over any database, as two processes see them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, select, update

from tapbot.storage.database import OpenDatabase
from tapbot.storage.types import Scope
from tapbot.workflow import journal
from tapbot.workflow.journal import Fence, Group, NewRun, ParkedRun
from tapbot.workflow.run import Run
from tapbot.workflow.tables import runs

SCOPE = Scope("shop", "dev")
OTHER = Scope("taxi", "dev")
NOW = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def new_run(scope: Scope = SCOPE, **values: Any) -> NewRun:
    run = NewRun(
        run_id=str(uuid.uuid4()),
        scope=scope,
        release="r1",
        kind="workflow",
        workflow_id="w",
        name="w",
        trigger_node="t",
        mode="manual",
        input=[],
        clock=NOW,
        seed=1,
        created_at=NOW,
    )
    return replace(run, **values)


async def begin(database: OpenDatabase, holder: str = "one", **values: Any) -> Run:
    new = new_run(**values)
    assert await database.write("test.begin", lambda db: journal.begin_run(db, new, holder=holder))
    return Run(new, Fence(new.run_id, 1), database, {}, lambda: NOW)


async def accept(database: OpenDatabase, *groups: Group, **values: Any) -> NewRun:
    new = new_run(**values)
    assert await database.write("test.accept", lambda db: journal.accept_run(db, new, groups=groups))
    return new


async def claim(database: OpenDatabase, run_id: str, holder: str = "two") -> Run | None:
    def change(db: Connection) -> Run | None:
        claimed = journal.claim_run(db, run_id, holder=holder, now=NOW)
        if claimed is None:
            return None
        new, fence = claimed
        state = journal.load_state(db, run_id)
        return Run(new, fence, database, journal.load_steps(db, run_id), lambda: NOW, state)

    return await database.write("test.claim", change)


async def finish(run: Run, status: str = "succeeded", error: Any = None) -> None:
    await run.database.write(
        "test.finish",
        lambda db: journal.finish_run(
            db, run.new.run_id, run.fence, status=status, output=[], history=None, error=error, now=NOW
        ),
    )


async def park(run: Run, until: datetime | None = None, event: str | None = None, state: Any = None) -> bool:
    parked = ParkedRun(run.new.run_id, state or {"format": 1}, {"order": []})
    return await run.database.write(
        "test.park",
        lambda db: journal.park_run(db, run.fence, run.new.scope, parked, [], wake_at=until, event_key=event, now=NOW),
    )


async def row(database: OpenDatabase, run_id: str) -> dict[str, Any]:
    def read(db: Connection) -> dict[str, Any]:
        return dict(db.execute(select(runs).where(runs.c.run_id == run_id)).mappings().one())

    return await database.read(read)


async def reasons(database: OpenDatabase, run_id: str) -> list[tuple[str, str]]:
    changes = await database.read(lambda db: journal.list_changes(db, run_id))
    return [(change["status"], change["reason"]) for change in changes]


async def let_lapse(database: OpenDatabase, run_id: str) -> None:
    """Its holder fell silent long ago."""
    lapse = update(runs).where(runs.c.run_id == run_id).values(lease_until_ms=1)
    await database.write("test.lapse", lambda db: db.execute(lapse) and None)
