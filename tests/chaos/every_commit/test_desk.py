"""Commits of what people do with conversations, and of what happens there by itself."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.chaos.every_commit.world import ADMIN, hook, log_in, small, until
from tests.chaos.rooms import workflow

from tapbot.access.first_admin import prepare_admin
from tapbot.inbox import holding, store
from tapbot.inbox.types import Actor, Arrival, Handover


async def test_what_an_operator_does_is_kept_and_the_bot_is_silent(tmp_path: Path) -> None:
    async with small(tmp_path, admin=ADMIN) as room:
        app, now = room.app, room.app.clock()
        arrival = Arrival("helper", "webchat", "1", "1", "hello", None, "1", None, None)
        kept = await app.database.write("test.accept", lambda db: store.accept(db, room.served.scope, arrival, now=now))
        await prepare_admin(app.database, room.served.scope, app.settings.admin, new_id=app.engine.new_id, now=now)
        path = f"/api/v1/conversations/{kept.conversation_id}/claim"
        claimed = await room.http.post(path, json={}, headers=await log_in(room))
        assert claimed.status_code == 200, claimed.text
        assert await room.rows("SELECT holder FROM conversations") == [("human",)]
        async with app.working():
            await until(room, "SELECT status FROM inbound", [("held",)])
        assert await room.rows("SELECT count(*) FROM messages WHERE author = 'bot'") == [(0,)]


async def test_a_conversation_that_was_left_alone_goes_back_to_the_bot(tmp_path: Path) -> None:
    async with small(tmp_path) as room:
        app, scope = room.app, room.served.scope
        long_ago = app.clock() - timedelta(hours=1)
        arrival = Arrival("helper", "webchat", "1", "1", "hello", None, "1", None, None)
        kept = await app.database.write("test.accept", lambda db: store.accept(db, scope, arrival, now=long_ago))
        handover = Handover("asked", return_minutes=5)
        await app.database.write(
            "test.hand_over",
            lambda db: holding.hand_over(
                db, scope, kept.conversation_id, handover, actor=Actor("workflow"), now=long_ago
            ),
        )
        async with app.working():
            await until(room, "SELECT holder FROM conversations", [("bot",)])


async def test_a_conversation_that_a_workflow_hands_over_is_a_persons(tmp_path: Path) -> None:
    handoff = {"name": "Hand", "type": "tapbot.handoff", "parameters": {"conversationId": "={{ $json.body.id }}"}}
    async with small(tmp_path, workflow("hand", [hook("hand"), handoff])) as room, room.app.working():
        app, now = room.app, room.app.clock()
        arrival = Arrival("helper", "webchat", "1", "1", "hello", None, "1", None, None)
        kept = await app.database.write("test.accept", lambda db: store.accept(db, room.served.scope, arrival, now=now))
        answer = await room.http.post("/webhook/hand", json={"id": kept.conversation_id})
        assert answer.status_code == 200, answer.text
        assert await room.rows("SELECT holder FROM conversations") == [("human",)]


async def test_what_a_workflow_does_with_a_conversation_is_done_once(tmp_path: Path) -> None:
    about = {"conversationId": "={{ $('Hook').item.json.body.id }}"}
    steps = [
        {"name": "Hand", "type": "tapbot.handoff", "parameters": {**about, "summary": "wants a refund"}},
        {"name": "Tag", "type": "tapbot.conversation", "parameters": {**about, "operation": "addTags", "tags": "vip"}},
        {"name": "Back", "type": "tapbot.conversation", "parameters": {**about, "operation": "returnToBot"}},
    ]
    async with small(tmp_path, workflow("desk", [hook("desk"), *steps])) as room, room.app.working():
        app, now = room.app, room.app.clock()
        arrival = Arrival("helper", "webchat", "1", "1", "hello", None, "1", None, None)
        kept = await app.database.write("test.accept", lambda db: store.accept(db, room.served.scope, arrival, now=now))
        answer = await room.http.post("/webhook/desk", json={"id": kept.conversation_id})
        assert answer.status_code == 200, answer.text
        found = await room.rows("SELECT kind, to_holder FROM conversation_changes ORDER BY change_id")
        assert found == [("holder", "human"), ("note", None), ("tags", None), ("holder", "bot")]
