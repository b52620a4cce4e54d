"""Commits between a message and its reply."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import jwt
from pydantic import SecretStr
from tests.chaos.dialogues import DIALOGUES, check_ride
from tests.chaos.every_commit.world import ADMIN, hook, log_in, small, until
from tests.chaos.process import ROOT, TAPBOT
from tests.chaos.rooms import Room, open_room, workflow

from tapbot.access.first_admin import prepare_admin
from tapbot.inbox import store
from tapbot.inbox.types import Arrival
from tapbot.settings import WebchatSection

TAXI = ROOT / "examples/taxi"
SECRET = "a secret of the site, for tests alone"


def sign(subject: str, secret: str, **claims: str) -> str:
    return jwt.encode({"sub": subject, "exp": int(time.time()) + 600, **claims}, secret, algorithm="HS256")


async def test_a_chat_that_was_issued_is_known_and_its_message_is_kept(tmp_path: Path) -> None:
    async with small(tmp_path) as room:
        token = (await room.http.post("/chat/helper/token", json={})).json()["token"]
        said = {"id": "1", "text": "hello"}
        answer = await room.http.post("/chat/helper/messages", headers={"X-Chat-Token": token}, json=said)
        assert answer.status_code == 202, answer.text
        assert await room.rows("SELECT text, status FROM inbound") == [("hello", "new")]


async def test_a_visitor_whom_the_site_vouches_for_is_known(tmp_path: Path) -> None:
    async with small(tmp_path) as room:
        section = WebchatSection(identity_secret=SecretStr(SECRET))
        room.served.project.settings.channels.webchat["helper"] = section
        signed = sign("17", SECRET, name="Aigul")
        given = [await room.http.post("/chat/helper/token", json={"identity": signed}) for _twice in range(2)]
        assert given[0].json() == given[1].json(), given[0].text
        assert await room.rows("SELECT first_name FROM contacts") == [("Aigul",)]
        assert await room.rows("SELECT count(*) FROM webchat_chats") == [(1,)]


async def test_a_booking_leaves_nothing_half_done(tmp_path: Path) -> None:
    async with open_room(TAXI, tmp_path / "data") as room, room.app.working():
        token = (await room.http.post("/chat/taxi/token", json={})).json()["token"]
        for number, message in enumerate(DIALOGUES["ru"]):
            url, body = "/chat/taxi/messages?wait=20", {"id": str(number), "text": message}
            answer = await room.http.post(url, headers={"X-Chat-Token": token}, json=body)
            assert answer.json()["messages"], message
        await until(room, "SELECT count(*) FROM outbox WHERE status != 'sent'", [(0,)])
        assert await room.rows("SELECT status, count(*) FROM runs WHERE kind = 'turn' GROUP BY 1") == [("succeeded", 4)]
        assert await room.rows("SELECT count(*) FROM runs WHERE status != 'succeeded'") == [(0,)]
        tools = await room.rows("SELECT count(*) FROM runs WHERE kind = 'tool'")
        assert tools[0][0] >= 2
        recorded = "SELECT count(*) FROM steps WHERE step_key LIKE 'tool/%' AND status = 'done'"
        assert await room.rows(recorded) == tools
    rides = subprocess.run(
        [TAPBOT, "data", "items", "rides", "--project", TAXI, "--data", tmp_path / "data", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    check_ride(json.loads(rides.stdout))


async def test_a_turn_that_cannot_be_taken_is_set_aside(tmp_path: Path) -> None:
    async with small(tmp_path) as room:
        arrival = Arrival("nobody", "webchat", "1", "1", "hello", None, "1", None, None)
        now = room.app.clock()
        await room.app.database.write("test.accept", lambda db: store.accept(db, room.served.scope, arrival, now=now))
        async with room.app.working():
            await until(room, "SELECT status FROM inbound", [("poison",)])
            assert await room.rows("SELECT status FROM runs") == [("failed",)]
            assert await room.rows("SELECT count(*) FROM messages WHERE author = 'bot'") == [(1,)]


async def test_a_message_of_a_workflow_is_in_the_outbox(tmp_path: Path) -> None:
    send = {
        "name": "Send",
        "type": "tapbot.sendMessage",
        "parameters": {"bot": "helper", "channel": "webchat", "chatId": "7", "text": "hello"},
    }
    async with small(tmp_path, workflow("send", [hook("send"), send])) as room, room.app.working():
        answer = await room.http.post("/webhook/send", json={})
        assert answer.status_code == 200, answer.text
        await until(room, "SELECT status, chat_id FROM outbox", [("sent", "7")])


async def test_a_conversation_that_was_read_has_nothing_unread(tmp_path: Path) -> None:
    async with small(tmp_path, admin=ADMIN) as room:
        app, now = room.app, room.app.clock()
        arrival = Arrival("helper", "webchat", "1", "1", "hello", None, "1", None, None)
        await app.database.write("test.accept", lambda db: store.accept(db, room.served.scope, arrival, now=now))
        [(conversation, unread)] = await room.rows("SELECT conversation_id, unread FROM conversations")
        assert unread == 1
        await prepare_admin(app.database, room.served.scope, app.settings.admin, new_id=app.engine.new_id, now=now)
        read = await room.http.post(f"/api/v1/conversations/{conversation}/read", headers=await log_in(room))
        assert read.status_code == 204, read.text
        assert await room.rows("SELECT unread FROM conversations") == [(0,)]


async def test_what_was_set_aside_is_listed_and_answered_once_more_or_let_be(tmp_path: Path) -> None:
    async with small(tmp_path, admin=ADMIN) as room:
        app, now, scope = room.app, room.app.clock(), room.served.scope
        await prepare_admin(app.database, scope, app.settings.admin, new_id=app.engine.new_id, now=now)
        room.http.headers |= await log_in(room)
        arrival = Arrival("nobody", "webchat", "1", "1", "hello", None, "1", "Aru", None)
        await app.database.write("test.accept", lambda db: store.accept(db, scope, arrival, now=now))
        async with app.working():
            await until(room, "SELECT status FROM inbound", [("poison",)])
            trouble = (await troubles_of(room))["set_aside"]
            assert (trouble["text"], trouble["name"]) == ("hello", "Aru")
            assert (await room.http.get(f"/api/v1/runs/{trouble['run_id']}")).json()["status"] == "failed"
            decide = f"/api/v1/conversations/{trouble['conversation_id']}/messages/{trouble['message_id']}/answer"
            assert (await room.http.post(decide, json={"again": True})).status_code == 200
            await until(room, "SELECT count(*) FROM runs WHERE status = 'failed'", [(2,)])
            await until(room, "SELECT status FROM inbound", [("poison",)])
            assert (await room.http.post(decide, json={"again": False})).status_code == 200
            assert "set_aside" not in await troubles_of(room)
            refused = await room.http.post(decide, json={"again": True})
            assert (refused.status_code, refused.json()["code"]) == (409, "inbox.not_set_aside")


async def troubles_of(room: Room) -> dict[str, Any]:
    """What the list of troubles holds, by kind."""
    return {one["kind"]: one for one in (await room.http.get("/api/v1/troubles")).json()["items"]}
