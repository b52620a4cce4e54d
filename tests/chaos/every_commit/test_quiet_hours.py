"""Quiet hours and messages for later: what waits is put off by a commit, and what answers is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from tests.chaos.every_commit.world import ADMIN, log_in, small, until
from tests.chaos.rooms import Room

from tapbot.access.first_admin import prepare_admin
from tapbot.channels.limits import Limits
from tapbot.channels.types import Delivered, Outgoing
from tapbot.inbox import contacts, outbox, store
from tapbot.inbox.types import Arrival

STATES = "SELECT m.text, o.status FROM outbox o JOIN messages m ON m.message_id = o.message_id ORDER BY m.text"


class Heard:
    """A channel that remembers."""

    name = "heard"
    repeatable = False
    limits = Limits(text_units=4096, inbound_text_units=4096, buttons=8, label_units=64, value_bytes=64)

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def send(self, outgoing: Outgoing) -> Delivered:
        self.texts.append(outgoing.text)
        return Delivered(outgoing.send_key)


def all_day_but_an_hour() -> str:
    """Quiet hours that are now, by UTC."""
    hour = datetime.now(UTC).hour
    return f"{(hour - 2) % 24:02}:00-{(hour + 3) % 24:02}:00"


async def arrive(room: Room, sender: str, *, ago: timedelta = timedelta(0)) -> str:
    """Somebody writes; gives the conversation."""
    now = room.app.clock() - ago
    said = Arrival("helper", "heard", sender, "m1", "hi", None, sender, sender, "en")
    kept = await room.app.database.write("test.say", lambda db: store.accept(db, room.served.scope, said, now=now))
    await room.app.database.write("test.done", lambda db: store.mark_done(db, room.served.scope, kept.inbound_id))
    return kept.conversation_id


async def say(room: Room, conversation_id: str, text: str, **how: Any) -> None:
    """A workflow writes."""

    def change(db: Connection) -> None:
        outbox.queue_message(
            db,
            room.served.scope,
            text=text,
            buttons=[],
            send_key=text,
            author="bot",
            run_id=None,
            now=room.app.clock(),
            conversation_id=conversation_id,
            **how,
        )

    await room.app.database.write("test.queue", change)


async def test_what_nobody_asked_for_waits_and_what_answers_does_not(tmp_path: Path) -> None:
    section = {"quiet_hours": all_day_but_an_hour(), "time_zone": "UTC"}
    async with small(tmp_path, project={"name": "small", **section}) as room:
        heard: Any = Heard()
        room.app.channels.by_key[room.served.scope, "helper", "heard"] = heard
        asleep = await arrive(room, "1", ago=timedelta(hours=3))
        awake = await arrive(room, "2")
        abroad = await arrive(room, "3", ago=timedelta(hours=3))
        group = await arrive(room, "-4", ago=timedelta(hours=3))

        def move(db: Connection) -> None:
            [row] = [one for one in contacts.list_contacts(db, room.served.scope) if one["external_id"] == "3"]
            fields = {"time_zone": "Etc/GMT-12"}
            contacts.change_contact(db, room.served.scope, row["contact_id"], {}, fields=fields, now=room.app.clock())

        await room.app.database.write("test.move", move)
        await say(room, asleep, "a reminder", unasked=True)
        await say(room, asleep, "an urgent one")
        await say(room, awake, "an answer", unasked=True)
        await say(room, abroad, "a word to elsewhere", unasked=True)
        await say(room, group, "to the drivers", unasked=True)
        async with room.app.working():
            sent = [("an answer", "sent"), ("an urgent one", "sent"), ("to the drivers", "sent")]
            waits, elsewhere = ("a reminder", "queued"), ("a word to elsewhere", "sent")
            await until(room, STATES, sorted([*sent, waits, elsewhere]))
            await until(room, "SELECT count(*) FROM outbox WHERE status = 'queued' AND claimed_by IS NULL", [(1,)])
        assert "a reminder" not in heard.texts
        [(due_at,)] = await room.rows("SELECT due_at FROM outbox WHERE status = 'queued'")
        ends_at = datetime.fromisoformat(due_at)
        assert timedelta(hours=2) <= ends_at - room.app.clock() <= timedelta(hours=3), due_at


async def test_a_message_for_later_is_kept_and_may_be_taken_back(tmp_path: Path) -> None:
    async with small(tmp_path, admin=ADMIN) as room:
        app, now = room.app, room.app.clock()
        await prepare_admin(app.database, room.served.scope, app.settings.admin, new_id=app.engine.new_id, now=now)
        conversation = await arrive(room, "1")
        headers = await log_in(room)

        async def post(path: str, body: Any, status: int = 200) -> Any:
            answer = await room.http.post(f"/api/v1/conversations/{conversation}{path}", json=body, headers=headers)
            assert answer.status_code == status, answer.text
            return answer.json()

        later = {"text": "see you", "send_at": (now + timedelta(hours=1)).isoformat(), "key": "k"}
        shown = await post("/schedule", later)
        assert shown["holder"] == "bot"
        await post("/schedule", later)
        assert await room.rows(STATES) == [("see you", "queued")]
        await post("/schedule", {**later, "send_at": now.isoformat(), "key": "past"}, 400)
        [(message_id,)] = await room.rows("SELECT message_id FROM outbox")
        await post(f"/messages/{message_id}/withdraw", {})
        assert await room.rows(STATES) == [("see you", "dropped")]
        await post(f"/messages/{message_id}/withdraw", {}, 409)
        await post("/messages/none/withdraw", {}, 404)
