"""Commits about contacts: each change is there afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.chaos.every_commit.world import ADMIN, log_in, small
from tests.chaos.rooms import Room

from tapbot.access.first_admin import prepare_admin
from tapbot.api.contact_desk import ContactDesk
from tapbot.inbox import store
from tapbot.inbox.types import Arrival

CONSENTS = "SELECT count(*) FROM contact_consents"
MERGED = "SELECT count(*) FROM contacts WHERE person_id IS NOT NULL"
EXPORTED = "SELECT count(*) FROM audit_log WHERE action = 'contact.exported'"
PHONE = "SELECT max(phone) FROM contacts"


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    """An app in which two people wrote."""
    async with small(tmp_path, admin=ADMIN) as opened:
        app, scope = opened.app, opened.served.scope
        await prepare_admin(app.database, scope, app.settings.admin, new_id=app.engine.new_id, now=app.clock())
        for sender in ("7001", "7002"):
            said = Arrival("helper", "telegram", sender, "m1", "hi", None, sender, sender, "en")
            await app.database.write("test.say", lambda db, said=said: store.accept(db, scope, said, now=app.clock()))
        yield opened


async def two(room: Room) -> list[str]:
    return [contact_id for (contact_id,) in await room.rows("SELECT contact_id FROM contacts ORDER BY external_id")]


async def holds(room: Room, query: str, wanted: Any) -> None:
    assert await room.rows(query) == [(wanted,)], query


async def test_every_change_over_the_api_is_kept(room: Room) -> None:
    [first, second] = await two(room)
    headers = await log_in(room)

    async def call(method: str, path: str, body: Any = None) -> None:
        answer = await room.http.request(method, f"/api/v1/{path}", json=body, headers=headers)
        assert answer.status_code == 200, answer.text

    await call("PATCH", f"contacts/{first}", {"phone": "+77010001122"})
    await holds(room, PHONE, "+77010001122")
    await call("POST", f"contacts/{first}/phone", {"phone": "+77010001133", "source": "call"})
    await holds(room, PHONE, "+77010001133")
    await call("POST", f"contacts/{first}/consents", {"purpose": "ads", "granted": True, "source": "chat"})
    await holds(room, CONSENTS, 1)
    await call("POST", f"contacts/{first}/merge", {"other": second})
    await holds(room, MERGED, 1)
    [(merge_id,)] = await room.rows("SELECT merge_id FROM contact_merges")
    await call("POST", f"contact-merges/{merge_id}/undo")
    await holds(room, MERGED, 0)
    await call("POST", f"contacts/{first}/export")
    await holds(room, EXPORTED, 1)


async def test_every_change_by_a_command_is_kept(room: Room) -> None:
    [first, second] = await two(room)
    desk = ContactDesk(room.app.database, room.served.scope, datetime.now(UTC))
    await desk.consent({"contact": first, "purpose": "ads", "granted": False, "source": "call"})
    await holds(room, CONSENTS, 1)
    await desk.change({"contact": first, "phone": "+77010001144"})
    await holds(room, PHONE, "+77010001144")
    await desk.phone({"contact": first, "phone": "+77010001155", "source": "call"})
    await holds(room, PHONE, "+77010001155")
    done = await desk.merge({"contact": first, "other": second})
    await holds(room, MERGED, 1)
    await desk.unmerge({"merge": done["merge_id"]})
    await holds(room, MERGED, 0)
    await desk.export({"contact": first})
    await holds(room, EXPORTED, 1)
    await desk.erase({"contact": first, "confirm": first})
    await holds(room, "SELECT count(*) FROM contacts", 1)
