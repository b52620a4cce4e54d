"""Facts are written, heard of and read again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, create_engine

from tapbot.events.store import TOLD, forget_before, newest_id, since, tell
from tapbot.events.tables import events
from tapbot.storage.types import Scope

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TAXI = Scope("taxi", "dev")
OTHER = Scope("flats", "dev")


@pytest.fixture
def db() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        events.create(connection)
        yield connection
    engine.dispose()


def test_a_told_fact_waits_for_the_commit_in_the_connection(db: Connection) -> None:
    told = tell(db, TAXI, "record.created", "r1", {"collection": "rides"}, now=NOW)
    assert db.info[TOLD] == [told]
    assert told.topic == "record"


def test_a_reader_gets_what_it_missed_of_its_own_scope(db: Connection) -> None:
    first = tell(db, TAXI, "run.finished", "a", {}, now=NOW)
    tell(db, OTHER, "run.finished", "b", {}, now=NOW)
    third = tell(db, TAXI, "run.finished", "c", {"status": "succeeded"}, now=NOW)
    assert since(db, TAXI, first.event_id) == [third]
    assert newest_id(db) == third.event_id


def test_a_reader_who_missed_too_much_starts_over(db: Connection) -> None:
    for number in range(4):
        tell(db, TAXI, "run.finished", str(number), {}, now=NOW)
    assert since(db, TAXI, 0, limit=3) is None
    assert len(since(db, TAXI, 1, limit=3) or []) == 3


def test_a_reader_from_another_database_starts_over(db: Connection) -> None:
    assert since(db, TAXI, 99) is None
    assert since(db, TAXI, 0) == []


def test_a_reader_whose_events_were_deleted_starts_over(db: Connection) -> None:
    for number in range(3):
        tell(db, TAXI, "run.finished", str(number), {}, now=NOW + timedelta(days=number))
    assert forget_before(db, NOW + timedelta(days=9)) == 2
    assert since(db, TAXI, 1) is None
    assert len(since(db, TAXI, 2) or []) == 1
    assert since(db, TAXI, 3) == []
