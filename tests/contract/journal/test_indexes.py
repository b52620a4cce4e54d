"""However many runs wait or ended, looking for the next one to work on reads an index."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, event
from tests.contract.journal.world import NOW, SCOPE, new_run

from tapbot.storage.database import sqlite_engine
from tapbot.storage.schema import bring_up_to_date
from tapbot.workflow import journal, store

LOOKING: dict[str, tuple[str, Callable[[Connection], Any]]] = {
    "the next timer": ("ix_runs_waking", journal.next_wake),
    "due timers": ("ix_runs_waking", lambda db: journal.due_waits(db, NOW, 9)),
    "waking": ("ix_runs_waking", lambda db: journal.wake_due(db, NOW, 9)),
    "ready runs": ("ix_runs_ready", lambda db: journal.ready_runs(db, 9, [SCOPE])),
    "projects with ready runs": ("ix_runs_ready", lambda db: journal.ready_runs(db, 9)),
    "lapsed leases": ("ix_runs_leased", journal.free_lapsed),
    "renewing": ("ix_runs_leased", lambda db: journal.renew_leases(db, "one")),
    "how many wait": ("ix_runs_waking", journal.count_waiting),
    "children": ("ix_runs_parent", lambda db: store.list_runs(db, SCOPE, parent_run_id="a")),
    "old runs": ("ix_runs_finished", lambda db: journal.forget_finished(db, NOW, limit=9)),
}


@pytest.fixture
def db() -> Iterator[Connection]:
    engine = sqlite_engine(None)
    with engine.connect() as connection:
        bring_up_to_date(connection)
        new = new_run()
        journal.accept_run(connection, new)
        yield connection
    engine.dispose()


@pytest.mark.parametrize(("index", "look"), LOOKING.values(), ids=LOOKING)
def test_looking_for_work_reads_an_index(db: Connection, index: str, look: Callable[[Connection], Any]) -> None:
    said: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        said.append((statement, parameters))

    event.listen(db, "before_cursor_execute", note)
    look(db)
    event.remove(db, "before_cursor_execute", note)
    statement, parameters = next(one for one in said if "runs" in one[0])
    plan = [row[3] for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    assert any(index in line for line in plan), plan
    assert not any(line.startswith("SCAN runs") and "INDEX" not in line for line in plan), plan
