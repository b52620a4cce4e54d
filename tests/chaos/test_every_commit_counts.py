"""Each call site of the writer has a test here that fails when its commits are dropped (see `make prove-first`)."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from tests.chaos.dialogues import DIALOGUES, check_ride
from tests.chaos.process import ROOT, TAPBOT
from tests.chaos.rooms import BOT, Room, make_project, open_room, workflow

from tapbot.access.first_admin import issue_link, prepare_admin
from tapbot.channels.limits import Limits
from tapbot.channels.types import Delivered, Inbound, Outgoing, Sender
from tapbot.errors import UpstreamRejected, UpstreamUnavailable
from tapbot.inbox import outbox, store
from tapbot.inbox.types import Arrival
from tapbot.project.snapshot import snapshot_of
from tapbot.project.store import save_release
from tapbot.storage.types import Scope
from tapbot.worker.polling import Poller
from tapbot.workflow import journal

TAXI = ROOT / "examples/taxi"
HOOK = {"name": "Hook", "type": "n8n-nodes-base.webhook", "typeVersion": 2}
SET = {
    "name": "Set",
    "type": "n8n-nodes-base.set",
    "typeVersion": 3.4,
    "parameters": {"assignments": {"assignments": [{"name": "ok", "value": True, "type": "boolean"}]}},
}
NOTES = {"collections/notes.yaml": "name: notes\nfields:\n  - {name: note, type: string}\nunique: [[note]]\n"}
ADD_NOTE = {
    "name": "Add",
    "type": "tapbot.record",
    "parameters": {"collection": "notes", "operation": "insert", "values": {"note": "one"}},
}
PASSWORD = "correct horse battery"
PATIENCE_SECONDS = 40.0


def hook(path: str, mode: str = "lastNode") -> dict[str, Any]:
    return {**HOOK, "parameters": {"path": path, "httpMethod": "POST", "responseMode": mode}}


@asynccontextmanager
async def small(tmp_path: Path, *workflows: dict[str, Any], **overrides: Any) -> AsyncIterator[Room]:
    folder = make_project(tmp_path / "project", list(workflows), {**NOTES, "bots/helper.md": BOT})
    async with open_room(folder, tmp_path / "data", **overrides) as room:
        yield room


async def until(room: Room, query: str, wanted: list[tuple[Any, ...]]) -> None:
    """Wait until the database says what is wanted."""
    found: list[tuple[Any, ...]] = []
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        found = await room.rows(query)
        if found == wanted:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{query}: {found}, wanted {wanted}")


async def test_the_schema_is_there_after_the_first_start(tmp_path: Path) -> None:
    async with small(tmp_path):
        pass
    with sqlite3.connect(tmp_path / "data" / "tapbot.db") as db:
        assert db.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)


async def test_a_release_is_kept_before_it_is_served(tmp_path: Path) -> None:
    async with small(tmp_path) as room:
        assert await room.rows("SELECT release FROM releases") == [(room.served.project.release,)]


async def test_a_chat_that_was_issued_is_known_and_its_message_is_kept(tmp_path: Path) -> None:
    async with small(tmp_path) as room:
        token = (await room.http.post("/chat/helper/token", json={})).json()["token"]
        said = {"id": "1", "text": "hello"}
        answer = await room.http.post("/chat/helper/messages", headers={"X-Chat-Token": token}, json=said)
        assert answer.status_code == 202, answer.text
        assert await room.rows("SELECT text, status FROM inbound") == [("hello", "new")]


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


async def test_an_accepted_webhook_is_kept_and_ends(tmp_path: Path) -> None:
    async with small(tmp_path, workflow("add", [hook("add", "onReceived"), ADD_NOTE])) as room:
        async with room.app.working():
            assert (await room.http.post("/webhook/add", json={})).status_code == 200
            assert await room.rows("SELECT count(*) FROM runs") == [(1,)], "kept before it was acknowledged"
            await until(room, "SELECT status FROM runs", [("succeeded",)])
        assert await room.rows("SELECT status, kind FROM steps") == [("done", "stored")]


async def test_a_webhook_without_effects_is_kept_as_one_finished_row(tmp_path: Path) -> None:
    async with small(tmp_path, workflow("fast", [hook("fast"), SET])) as room:
        assert (await room.http.post("/webhook/fast", json={})).json() == {"ok": True}
        assert await room.rows("SELECT status, attempt FROM runs") == [("succeeded", 1)]


async def test_a_request_with_an_idempotency_key_counts_once(tmp_path: Path) -> None:
    flow = workflow(
        "add", [hook("add"), {**ADD_NOTE, "parameters": {**ADD_NOTE["parameters"], "values": {"note": "=n"}}}]
    )
    async with small(tmp_path, flow) as room, room.app.working():
        answers = await asyncio.gather(
            *(room.http.post("/webhook/add", json={"a": 1}, headers={"Idempotency-Key": "k1"}) for _ in range(5))
        )
        assert [answer.status_code for answer in answers] == [200] * 5
        assert len({answer.text for answer in answers}) == 1
        assert await room.rows("SELECT status FROM runs") == [("succeeded",)]
        other = await room.http.post("/webhook/add", json={"a": 2}, headers={"Idempotency-Key": "k1"})
        assert other.json()["code"] == "webhook.key_reused"


async def begin_abandoned(room: Room, name: str) -> str:
    """A run that a process began and left behind."""
    flow = room.served.workflow(name)
    trigger = flow.first_trigger
    assert trigger is not None
    new = room.app.engine.new_run(room.served.scope, room.served.project.release, flow, trigger, [], mode="webhook")

    def change(db: Connection) -> None:
        journal.begin_run(db, new, holder="a process that is gone")

    await room.app.database.write("test.abandon", change)
    return new.run_id


async def test_a_run_that_was_left_behind_is_taken_up(tmp_path: Path) -> None:
    async with small(tmp_path, workflow("add", [hook("add", "onReceived"), ADD_NOTE])) as room:
        await begin_abandoned(room, "add")
        async with room.app.working():
            await until(room, "SELECT status, attempt FROM runs", [("succeeded", 2)])


async def test_a_run_whose_workflow_is_gone_is_given_up(tmp_path: Path) -> None:
    async with small(tmp_path, workflow("add", [hook("add", "onReceived"), ADD_NOTE])) as room:
        run_id = await begin_abandoned(room, "add")
        await room.app.database.write(
            "test.forget",
            lambda db: db.exec_driver_sql("UPDATE runs SET workflow_id = 'gone' WHERE run_id = ?", (run_id,)) and None,
        )
        async with room.app.working():
            await until(
                room, "SELECT status, json_extract(error, '$.code') FROM runs", [("failed", "workflow.not_found")]
            )


class Service:
    """An HTTP service on loopback that looks into the journal while it is being called."""

    def __init__(self, database: Path, status: int) -> None:
        self.database = database
        self.status = status
        self.seen: list[tuple[str, str]] = []
        self.port = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        with sqlite3.connect(self.database) as db:
            self.seen = db.execute("SELECT status, kind FROM steps").fetchall()
        body = b'{"ok": true}'
        head = f"HTTP/1.1 {self.status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        writer.write(head.encode() + b"Connection: close\r\n\r\n" + body)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def calling(tmp_path: Path, status: int) -> AsyncIterator[tuple[Room, Service]]:
    service = Service(tmp_path / "data" / "tapbot.db", status)
    server = await asyncio.start_server(service, "127.0.0.1", 0)
    service.port = server.sockets[0].getsockname()[1]
    call = {
        "name": "Call",
        "type": "n8n-nodes-base.httpRequest",
        "typeVersion": 4.2,
        "parameters": {"method": "POST", "url": f"http://127.0.0.1:{service.port}/"},
    }
    async with server, small(tmp_path, workflow("call", [hook("call"), call])) as room, room.app.working():
        yield room, service


async def test_a_call_that_may_not_be_repeated_is_in_the_journal_before_it_is_made(tmp_path: Path) -> None:
    async with calling(tmp_path, 200) as (room, service):
        await room.http.post("/webhook/call", json={})
        assert service.seen == [("started", "never")]
        assert await room.rows("SELECT status, kind FROM steps") == [("done", "never")]
        assert await room.rows("SELECT status FROM runs") == [("succeeded",)]


async def test_a_call_that_was_refused_is_recorded_as_failed(tmp_path: Path) -> None:
    async with calling(tmp_path, 400) as (room, _service):
        assert (await room.http.post("/webhook/call", json={})).status_code == 500
        assert await room.rows("SELECT status FROM steps") == [("failed",)]


async def test_a_stored_step_that_was_refused_is_recorded_as_failed(tmp_path: Path) -> None:
    async with small(tmp_path, workflow("add", [hook("add"), ADD_NOTE])) as room, room.app.working():
        await room.http.post("/webhook/add", json={})
        await room.http.post("/webhook/add", json={})
        assert await room.rows("SELECT status FROM steps ORDER BY status") == [("done",), ("failed",)]


EVERY_MINUTE = {
    "name": "Clock",
    "type": "n8n-nodes-base.scheduleTrigger",
    "typeVersion": 1.2,
    "parameters": {"rule": {"interval": [{"field": "minutes", "minutesInterval": 1}]}},
}


async def test_a_due_schedule_begins_one_run(tmp_path: Path) -> None:
    async with small(tmp_path, workflow("tick", [EVERY_MINUTE, SET])) as room:
        scheduler, start = room.app.scheduler, room.app.clock()
        async with room.app.working():
            await until(room, "SELECT count(*) FROM schedules", [(1,)])
            scheduler._clock = lambda: start + timedelta(minutes=1)  # the only clock of this part
            await scheduler.fire_due()
            await scheduler.fire_due()
            await until(room, "SELECT status FROM runs WHERE mode = 'schedule'", [("succeeded",)])


async def test_what_is_older_than_its_retention_goes_and_the_rest_stays(tmp_path: Path) -> None:
    async with small(tmp_path, workflow("fast", [hook("fast"), SET])) as room:
        for _ in range(3):
            await room.http.post("/webhook/fast", json={})
        await room.app.database.write(
            "test.age",
            lambda db: (
                db.exec_driver_sql(
                    "UPDATE runs SET finished_at = '2020-01-01T00:00:00.000000Z' WHERE run_id IN "
                    "(SELECT run_id FROM runs LIMIT 2)"
                )
                and None
            ),
        )
        assert await room.app.sweeper.sweep() == 2
        assert await room.rows("SELECT count(*) FROM runs") == [(1,)]
        await room.app.database.write("test.age", forget_the_release)
        assert await room.app.sweeper.sweep() == 1


def forget_the_release(db: Connection) -> None:
    """A release of long ago that nothing refers to."""
    scope = Scope(*db.exec_driver_sql("SELECT project_id, environment FROM releases").one())
    save_release(db, scope, snapshot_of({"old.txt": b"old"}), now=datetime(2020, 1, 1, tzinfo=UTC))


UPDATE = {
    "update_id": 7,
    "message": {
        "message_id": 1,
        "date": 1_700_000_000,
        "text": "hello",
        "chat": {"id": 5, "type": "private", "first_name": "Aru"},
        "from": {"id": 5, "is_bot": False, "first_name": "Aru"},
    },
}
TELEGRAM = {"token": "123456:" + "a" * 35, "mode": "webhook", "secret": "a-secret-of-some-length"}


async def test_a_telegram_update_is_kept_before_it_is_acknowledged(tmp_path: Path) -> None:
    async with small(tmp_path, channels={"telegram": {"helper": TELEGRAM}}) as room:
        headers = {"X-Telegram-Bot-Api-Secret-Token": TELEGRAM["secret"]}
        answer = await room.http.post("/telegram/helper", json=UPDATE, headers=headers)
        assert answer.status_code == 200, answer.text
        assert await room.rows("SELECT text FROM inbound") == [("hello",)]


class Listened:
    """What a poll of Telegram brings, once."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self.offsets: list[int | None] = []

    async def poll(self, offset: int | None) -> Any:
        self.offsets.append(offset)
        if len(self.offsets) > 2:
            await asyncio.Event().wait()
        brought = type("Poll", (), {})()
        brought.updates = (json.dumps(UPDATE).encode(),) if offset is None else ()
        brought.next_offset = 8
        return brought

    def parse(self, raw: bytes) -> list[Inbound]:
        found: list[Inbound] = self._channel.parse(raw)
        return found


async def test_a_polled_update_is_kept_with_how_far_was_read(tmp_path: Path) -> None:
    async with small(tmp_path, channels={"telegram": {"helper": TELEGRAM}}) as room:
        channel = Listened(room.app.channels.by_key[room.served.scope, "helper", "telegram"])
        listener: Any = channel
        poller = Poller(
            room.app.database, room.served.scope, "helper", listener, room.app.presses, arrival_of, room.app.clock
        )
        task = asyncio.create_task(poller.poll_forever())
        await until(room, "SELECT text FROM inbound", [("hello",)])
        await until(room, "SELECT next_offset FROM channel_cursors", [(8,)])
        task.cancel()
        assert channel.offsets[1:2] in ([8], [])


def arrival_of(inbound: Inbound) -> Arrival:
    sender: Sender = inbound.sender
    return Arrival(
        inbound.bot_id,
        inbound.channel,
        inbound.chat_id,
        inbound.message_id,
        inbound.text,
        inbound.value,
        sender.external_id,
        sender.name,
        sender.language,
    )


class BrokenChannel:
    """A channel that fails."""

    limits = Limits(text_units=4096, inbound_text_units=4096, buttons=8, label_units=64, value_bytes=64)

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def send(self, outgoing: Outgoing) -> Delivered:
        raise self.error


async def say_something(room: Room) -> None:
    """Put a message into the outbox."""
    now = room.app.clock()

    def change(db: Connection) -> str:
        return outbox.queue_message(
            db,
            room.served.scope,
            text="hello",
            buttons=[],
            send_key="k",
            author="bot",
            run_id=None,
            now=now,
            bot_id="helper",
            channel="broken",
            chat_id="1",
        )

    await room.app.database.write("test.say", change)


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (UpstreamUnavailable("down", retry_after_seconds=30), ("queued", 1)),
        (UpstreamRejected("blocked"), ("failed", 1)),
    ],
)
async def test_a_failed_sending_is_recorded(tmp_path: Path, error: Exception, wanted: tuple[str, int]) -> None:
    async with small(tmp_path) as room:
        broken: Any = BrokenChannel(error)
        room.app.channels.by_key[room.served.scope, "helper", "broken"] = broken
        await say_something(room)
        async with room.app.working():
            await until(room, "SELECT status, attempts FROM outbox", [wanted])
            retry = await room.rows("SELECT retry_at IS NOT NULL FROM outbox")
            assert retry == [(1 if wanted[0] == "queued" else 0,)]


async def test_a_turn_that_cannot_be_taken_is_set_aside(tmp_path: Path) -> None:
    async with small(tmp_path) as room:
        arrival = Arrival("nobody", "webchat", "1", "1", "hello", None, "1", None, None)
        now = room.app.clock()
        await room.app.database.write("test.accept", lambda db: store.accept(db, room.served.scope, arrival, now=now))
        async with room.app.working():
            await until(room, "SELECT status FROM inbound", [("poison",)])
            assert await room.rows("SELECT status FROM runs") == [("failed",)]
            assert await room.rows("SELECT count(*) FROM messages WHERE author = 'bot'") == [(1,)]


async def test_a_login_its_failures_and_its_end_are_kept(tmp_path: Path) -> None:
    admin = {"email": "owner@example.com", "password": PASSWORD}
    async with small(tmp_path, admin=admin) as room:
        app, now = room.app, room.app.clock()
        person = await prepare_admin(
            app.database, room.served.scope, app.settings.admin, new_id=app.engine.new_id, now=now
        )
        assert await room.rows("SELECT email FROM principals") == [("owner@example.com",)]
        wrong = await room.http.post("/api/v1/login", json={"email": "owner@example.com", "password": "wrong wrong"})
        assert wrong.status_code in {401, 403}
        failures = await room.rows("SELECT count(*) FROM audit_log WHERE action LIKE 'login%fail%'")
        assert failures == [(1,)], await room.rows("SELECT action FROM audit_log")
        answer = await room.http.post("/api/v1/login", json={"email": "owner@example.com", "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        assert (await room.http.get("/api/v1/me")).status_code == 200
        headers = {"X-CSRF-Token": answer.json()["csrf_token"], "Origin": "http://localhost"}
        assert (await room.http.post("/api/v1/logout", headers=headers)).status_code < 300
        assert await room.rows("SELECT count(*) FROM sessions") == [(0,)]
        await issue_link(app.database, person, "a-link-token-of-some-length", now=now)
        first = await room.http.post("/api/v1/login/link", json={"token": "a-link-token-of-some-length"})
        assert first.status_code == 200, first.text
        again = await room.http.post("/api/v1/login/link", json={"token": "a-link-token-of-some-length"})
        assert again.status_code >= 400


async def run_command(*command: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(subprocess.run, [TAPBOT, *command], capture_output=True, text=True, check=False)


async def add_person(folder: Path, data: Path) -> None:
    added = await run_command(
        "user", "add", "aru@example.com", "--name", "Aru", "--role", "operator",
        "--project", str(folder), "--data", str(data), "--json",
    )  # fmt: skip
    assert added.returncode == 0, added.stderr
    with sqlite3.connect(data / "tapbot.db") as db:
        assert db.execute("SELECT email FROM principals").fetchall() == [("aru@example.com",)]


async def test_a_person_who_was_added_without_a_server_is_kept(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project", [])
    async with open_room(folder, tmp_path / "data"):
        pass
    await add_person(folder, tmp_path / "data")


async def test_a_command_without_a_server_brings_the_schema_up_to_date(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "tapbot.db").touch()
    await run_command("runs", "list", "--data", str(tmp_path / "data"), "--json")
    with sqlite3.connect(tmp_path / "data" / "tapbot.db") as db:
        assert db.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)


async def test_an_eval_hears_the_replies_to_its_messages(tmp_path: Path) -> None:
    made = await run_command("new", str(tmp_path / "shop"))
    assert made.returncode == 0, made.stderr
    tested = await run_command("test", str(tmp_path / "shop"), "--json")
    assert tested.returncode == 0, tested.stdout[-2000:] + tested.stderr


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


async def test_a_run_that_ends_the_process_again_and_again_is_given_up(tmp_path: Path) -> None:
    async with small(tmp_path, workflow("add", [hook("add", "onReceived"), ADD_NOTE])) as room:
        run_id = await begin_abandoned(room, "add")
        query = "UPDATE runs SET attempt = 20, begun = 20 WHERE run_id = ?"
        await room.app.database.write("test.age", lambda db: db.exec_driver_sql(query, (run_id,)) and None)
        async with room.app.working():
            wanted = [("failed", "run.too_many_attempts")]
            await until(room, "SELECT status, json_extract(error, '$.code') FROM runs", wanted)
