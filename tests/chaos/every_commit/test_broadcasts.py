"""Commits of broadcasts: a draft, its test, its start, each batch that is written, and its stop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from tests.chaos.every_commit.test_quiet_hours import Heard
from tests.chaos.every_commit.world import ADMIN, log_in, small, until
from tests.chaos.rooms import Room

from tapbot.access.first_admin import prepare_admin
from tapbot.inbox import contacts, store
from tapbot.inbox.types import Arrival

STATUS = "SELECT status FROM broadcasts"
SENT = "SELECT status FROM outbox WHERE broadcast_id IS NOT NULL"
WANTED = {"name": "Spring", "bot": "helper", "purpose": "ads", "texts": {"en": "Hello, {{name}}!"}}


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    """An app in which somebody wrote and agreed, and somebody else only wrote."""
    async with small(tmp_path, admin=ADMIN) as opened:
        app, scope, now = opened.app, opened.served.scope, opened.app.clock()
        heard: Any = Heard()
        app.channels.by_key[scope, "helper", "webchat"] = heard
        await prepare_admin(app.database, scope, app.settings.admin, new_id=app.engine.new_id, now=now)

        def come(db: Connection) -> None:
            for sender in ("7001", "7002"):
                said = Arrival("helper", "webchat", sender, "m1", "hi", None, sender, sender, "en")
                store.mark_done(db, scope, store.accept(db, scope, said, now=now).inbound_id)
            agreeing = next(row for row in contacts.list_contacts(db, scope) if row["external_id"] == "7001")
            said_yes = {"granted": True, "source": "form", "at": now, "now": now}
            contacts.note_consent(db, scope, agreeing["contact_id"], "ads", **said_yes)

        await app.database.write("test.come", come)
        yield opened


async def test_every_change_of_a_broadcast_is_kept_and_it_is_sent_once(room: Room) -> None:
    headers = await log_in(room)

    async def call(method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = await room.http.request(method, f"/api/v1/broadcasts{path}", json=body, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    made = await call("POST", "", WANTED, 201)
    place = f"/{made['id']}"
    assert await room.rows(STATUS) == [("draft",)]
    await call("PATCH", place, {"name": "Summer"})
    assert await room.rows("SELECT name FROM broadcasts") == [("Summer",)]
    previewed = await call("GET", f"{place}/preview")
    assert (previewed["count"], previewed["left_out"]) == (1, {"no_consent": 1})
    assert previewed["examples"][0]["text"] == "Hello, 7001!"
    await call("POST", f"{place}/test", {"contact": previewed["examples"][0]["contact_id"], "key": "k"})
    assert await room.rows("SELECT count(*) FROM outbox") == [(1,)]
    await call("POST", f"{place}/test", {"contact": previewed["who_is_left_out"][0]["contact_id"]}, 400)
    await call("POST", f"{place}/start", {})
    assert await room.rows(STATUS) == [("running",)]
    await call("PATCH", place, {"name": "Autumn"}, 409)
    await call("POST", f"{place}/stop")
    assert await room.rows(STATUS) == [("stopped",)]
    await call("POST", f"{place}/start", {})
    async with room.app.working():
        await until(room, SENT, [("sent",)])
        await until(room, STATUS, [("done",)])
    shown = await call("GET", place)
    assert (shown["messages"], shown["left_out"], shown["counted"]) == ({"sent": 1}, {"no_consent": 1}, 2)
    results = await call("GET", f"{place}/messages")
    assert sorted(one["status"] for one in results["items"]) == ["no_consent", "sent"]
    await call("POST", f"{place}/start", {}, 409)


async def test_whoever_presses_the_button_gets_no_more(room: Room) -> None:
    headers = await log_in(room)
    made = (await room.http.post("/api/v1/broadcasts", json=WANTED, headers=headers)).json()
    pressed = Arrival("helper", "webchat", "7001", "m2", None, "unsubscribe:ads", "7001", "7001", "en")
    scope, now = room.served.scope, room.app.clock()
    await room.app.database.write("test.press", lambda db: store.accept(db, scope, pressed, now=now))
    assert await room.rows("SELECT granted FROM contact_consents ORDER BY consent_id") == [(1,), (0,)]
    said = await room.rows("SELECT text FROM messages WHERE author = 'bot'")
    assert said == [("You have unsubscribed: no more of these messages will come.",)]
    assert await room.rows("SELECT count(*) FROM inbound WHERE status = 'new'") == [(0,)]
    previewed = await room.http.get(f"/api/v1/broadcasts/{made['id']}/preview", headers=headers)
    assert (previewed.json()["count"], previewed.json()["left_out"]) == (0, {"no_consent": 2})
