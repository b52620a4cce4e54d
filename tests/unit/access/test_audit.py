"""The audit log is a chain: whatever is changed in it later shows."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, delete, update
from sqlalchemy.exc import IntegrityError

from tapbot.access.audit import FIRST, note, verify
from tapbot.access.tables import audit_log
from tapbot.storage.types import Scope


@pytest.fixture
def hashes(db: Connection, scope: Scope, now: datetime) -> list[str]:
    return [
        note(db, scope, actor_id="p1", action="login.password", subject=str(number), data={"n": number}, now=now)
        for number in range(5)
    ]


def test_an_untouched_chain_holds(db: Connection, scope: Scope, hashes: list[str]) -> None:
    verdict = verify(db, scope)
    assert (verdict.entries, verdict.last_hash, verdict.broken_entry_id) == (5, hashes[-1], None)


def test_an_empty_chain_holds(db: Connection, scope: Scope) -> None:
    assert verify(db, scope).last_hash == FIRST


@pytest.mark.parametrize(
    "change",
    [
        {"action": "nothing.happened"},
        {"actor_id": None},
        {"subject": "9"},
        {"data": {}},
        {"at": datetime.fromisoformat("2020-01-01T00:00:00+00:00")},
    ],
)
def test_a_changed_entry_shows(db: Connection, scope: Scope, hashes: list[str], change: dict[str, Any]) -> None:
    db.execute(update(audit_log).where(audit_log.c.entry_id == 3).values(**change))
    assert verify(db, scope).broken_entry_id == 3


def test_a_removed_entry_shows_at_the_next_one(db: Connection, scope: Scope, hashes: list[str]) -> None:
    db.execute(delete(audit_log).where(audit_log.c.entry_id == 3))
    assert verify(db, scope).broken_entry_id == 4


def test_a_cut_off_end_shows_in_the_last_hash(db: Connection, scope: Scope, hashes: list[str]) -> None:
    db.execute(delete(audit_log).where(audit_log.c.entry_id == 5))
    assert verify(db, scope).last_hash != hashes[-1]


def test_the_chain_cannot_fork(db: Connection, hashes: list[str]) -> None:
    with pytest.raises(IntegrityError), db.begin_nested():
        db.execute(update(audit_log).where(audit_log.c.entry_id == 4).values(previous_hash=hashes[3]))


def test_each_project_has_its_own_chain(db: Connection, scope: Scope, now: datetime, hashes: list[str]) -> None:
    other = Scope("flats", "dev")
    note(db, other, actor_id=None, action="a", subject="b", now=now)
    assert verify(db, other).entries == 1
    assert verify(db, scope).entries == 5
