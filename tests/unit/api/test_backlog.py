"""Whoever has too much waiting is asked to come back later, project by project."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack

import pytest

from tapbot.api.backlog import MOST_IN_FLIGHT, Backlog
from tapbot.errors import TooMany
from tapbot.loader import load
from tapbot.storage.columns import metadata
from tapbot.storage.database import SqliteDatabase
from tapbot.storage.types import Scope

FLOOD, QUIET = Scope("flood", "dev"), Scope("quiet", "dev")


@pytest.fixture
async def database() -> AsyncIterator[SqliteDatabase]:
    for room in ("inbox", "workflow"):
        load(f"tapbot.{room}.tables")
    opened = SqliteDatabase(None)
    await opened.write("test.schema", metadata.create_all)
    yield opened
    await opened.close()


async def test_a_full_project_is_asked_to_come_back_and_others_are_not(database: SqliteDatabase) -> None:
    backlog = Backlog(database, most=3, waiting_here=lambda scope: 0)
    for _ in range(3):
        backlog.check(FLOOD)
    with pytest.raises(TooMany) as caught:
        backlog.check(FLOOD)
    assert caught.value.retry_after_seconds == 2
    backlog.check(QUIET)
    await backlog.count()  # nothing waits in the database: what was accepted is being worked on
    backlog.check(FLOOD)


async def test_what_waits_for_a_slot_here_counts(database: SqliteDatabase) -> None:
    waiting = {FLOOD: 3, QUIET: 2}
    backlog = Backlog(database, most=3, waiting_here=lambda scope: waiting[scope])
    with pytest.raises(TooMany):
        backlog.check(FLOOD)
    backlog.check(QUIET)


async def test_one_project_cannot_have_all_requests_in_flight(database: SqliteDatabase) -> None:
    backlog = Backlog(database, most=3, waiting_here=lambda scope: 0)
    with ExitStack() as held:
        for _ in range(MOST_IN_FLIGHT * 4 // 5):
            held.enter_context(backlog.in_flight(FLOOD))
        with pytest.raises(TooMany), backlog.in_flight(FLOOD):
            pass
        with backlog.in_flight(QUIET):
            pass
    with backlog.in_flight(FLOOD):
        pass
