"""Commits of steps."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.chaos.every_commit.world import ADD_NOTE, hook, small
from tests.chaos.rooms import Room, workflow


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
