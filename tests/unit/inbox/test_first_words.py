"""Chats that we write to first, such as a group of drivers, and what happens when somebody answers there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, func, select

from tapbot.inbox import outbox, store
from tapbot.inbox.tables import contacts, conversations
from tapbot.inbox.types import Arrival
from tapbot.storage.database import sqlite_engine
from tapbot.storage.schema import bring_up_to_date
from tapbot.storage.types import Scope

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SCOPE = Scope("taxi", "dev")


@pytest.fixture
def db() -> Iterator[Connection]:
    engine = sqlite_engine(None)
    with engine.connect() as connection:
        bring_up_to_date(connection)
        yield connection
    engine.dispose()


def write_first(db: Connection, chat_id: str, send_key: str) -> None:
    where = {"bot_id": "taxi", "channel": "telegram", "chat_id": chat_id}
    what = {"text": "A new ride", "buttons": [], "author": "bot", "run_id": None}
    outbox.queue_message(db, SCOPE, send_key=send_key, now=NOW, **where, **what)  # type: ignore[arg-type]


def answer_in(db: Connection, chat_id: str, sender_id: str) -> str:
    arrival = Arrival("taxi", "telegram", chat_id, f"m-{sender_id}", "I take it", None, sender_id, "Aliya", None)
    return store.accept(db, SCOPE, arrival, now=NOW).conversation_id


def test_an_answer_in_a_chat_that_we_wrote_to_first_gets_a_turn(db: Connection) -> None:
    write_first(db, "-100200", "run/1")
    turn = store.take_turn(db, answer_in(db, "-100200", "7"), "run-1")
    assert turn is not None
    assert turn.messages == [{"text": "I take it", "value": None}]
    assert turn.contact["id"]


def test_a_private_chat_is_one_conversation_with_one_contact_whoever_writes_first(db: Connection) -> None:
    write_first(db, "7", "run/1")
    write_first(db, "7", "run/2")
    answer_in(db, "7", "7")
    for table in (conversations, contacts):
        assert db.execute(select(func.count()).select_from(table)).scalar_one() == 1
