"""Commits of steps."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.chaos.every_commit.world import ADD_NOTE, PATIENCE_SECONDS, begin_abandoned, hook, small, until
from tests.chaos.rooms import Room, workflow


class Service:
    """An HTTP service on loopback that looks into the journal while it is being called.

    Args:
        answered: Look until the run's own answer is there, which is written beside its steps.
    """

    def __init__(self, database: Path, status: int, *, answered: bool = False) -> None:
        self.database = database
        self.status = status
        self.answered = answered
        self.seen: list[tuple[str, str]] = []
        self.seen_answers: list[tuple[int]] = []
        self.port = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        with sqlite3.connect(self.database) as db:
            self.seen = db.execute("SELECT status, kind FROM steps").fetchall()
        deadline = asyncio.get_running_loop().time() + (PATIENCE_SECONDS if self.answered else 0.0)
        while self.seen_answers != [(1,)] and asyncio.get_running_loop().time() < deadline:
            with sqlite3.connect(self.database) as db:
                self.seen_answers = db.execute("SELECT reply IS NOT NULL FROM runs").fetchall()
            await asyncio.sleep(0.01)
        body = b'{"ok": true}'
        head = f"HTTP/1.1 {self.status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        writer.write(head.encode() + b"Connection: close\r\n\r\n" + body)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def calling(
    tmp_path: Path, status: int, *before: dict[str, Any], mode: str = "lastNode"
) -> AsyncIterator[tuple[Room, Service]]:
    service = Service(tmp_path / "data" / "tapbot.db", status, answered=bool(before))
    server = await asyncio.start_server(service, "127.0.0.1", 0)
    service.port = server.sockets[0].getsockname()[1]
    call = {
        "name": "Call",
        "type": "n8n-nodes-base.httpRequest",
        "typeVersion": 4.2,
        "parameters": {"method": "POST", "url": f"http://127.0.0.1:{service.port}/"},
    }
    flow = workflow("call", [hook("call", mode), *before, call])
    async with server, small(tmp_path, flow) as room:
        yield room, service


async def test_a_call_that_may_not_be_repeated_is_in_the_journal_before_it_is_made(tmp_path: Path) -> None:
    async with calling(tmp_path, 200) as (room, service), room.app.working():
        await room.http.post("/webhook/call", json={})
        assert service.seen == [("started", "never")]
        assert await room.rows("SELECT status, kind FROM steps") == [("done", "never")]
        assert await room.rows("SELECT status FROM runs") == [("succeeded",)]


async def test_a_call_that_was_refused_is_recorded_as_failed(tmp_path: Path) -> None:
    async with calling(tmp_path, 400) as (room, _service), room.app.working():
        assert (await room.http.post("/webhook/call", json={})).status_code == 500
        assert await room.rows("SELECT status FROM steps") == [("failed",)]


async def test_a_stored_step_that_was_refused_is_recorded_as_failed(tmp_path: Path) -> None:
    async with small(tmp_path, workflow("add", [hook("add"), ADD_NOTE])) as room, room.app.working():
        await room.http.post("/webhook/add", json={})
        await room.http.post("/webhook/add", json={})
        assert await room.rows("SELECT status FROM steps ORDER BY status") == [("done",), ("failed",)]


async def test_an_answer_is_kept_for_the_process_in_which_its_caller_waits(tmp_path: Path) -> None:
    respond = {"name": "Answer", "type": "n8n-nodes-base.respondToWebhook", "typeVersion": 1.1}
    async with calling(tmp_path, 200, respond, mode="responseNode") as (room, service):
        await begin_abandoned(room, "call")
        async with room.app.working():
            await until(room, "SELECT status FROM runs", [("succeeded",)])
        assert service.seen_answers == [(1,)], "not only with the end of the run"


async def test_an_event_that_a_workflow_tells_is_kept(tmp_path: Path) -> None:
    tell = {"name": "Tell", "type": "tapbot.emitEvent", "parameters": {"name": "trip.confirmed", "subject": "7"}}
    async with small(tmp_path, workflow("tell", [hook("tell"), tell])) as room, room.app.working():
        assert (await room.http.post("/webhook/tell", json={})).status_code == 200
        told = await room.rows("SELECT subject FROM events WHERE kind = 'workflow.trip.confirmed'")
        assert told == [("7",)]
