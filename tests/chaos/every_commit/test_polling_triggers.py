"""Commits of polling triggers: what a feed has new begins one run, also when a process ends in between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.chaos.every_commit.world import SET, small, until
from tests.chaos.rooms import Room, workflow

BEGUN = "SELECT count(*) FROM runs WHERE mode = 'poll'"


@dataclass
class Feed:
    """A feed on a real port."""

    address: str = ""
    titles: list[str] = field(default_factory=lambda: ["one"])
    status: str = "200 OK"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        items = "".join(f"<item><title>{title}</title><guid>{title}</guid></item>" for title in self.titles)
        body = f'<rss version="2.0"><channel>{items}</channel></rss>'
        head = f"HTTP/1.1 {self.status}\r\ncontent-type: application/rss+xml\r\ncontent-length: {len(body)}\r\n"
        writer.write(f"{head}connection: close\r\n\r\n{body}".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def open_feed() -> AsyncIterator[Feed]:
    feed = Feed()
    async with await asyncio.start_server(feed.answer, "127.0.0.1", 0) as server:
        feed.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/feed"
        yield feed


def reading(feed: Feed) -> dict[str, Any]:
    node = {"name": "Feed", "type": "n8n-nodes-base.rssFeedReadTrigger", "typeVersion": 1}
    return workflow("news", [{**node, "parameters": {"feedUrl": feed.address}}, SET])


async def look(room: Room, minutes: int) -> None:
    """Look some minutes after the clock of the room."""
    start = room.app.clock()
    room.app.watchers.polls._clock = lambda: start + timedelta(minutes=minutes)  # the only clock of this part
    await room.app.watchers.polls.look_due()


async def test_new_entries_of_a_feed_begin_one_run(tmp_path: Path) -> None:
    async with open_feed() as feed:
        async with small(tmp_path, reading(feed)) as room:
            await look(room, 0)
            assert await room.rows(BEGUN) == [(0,)], "what was there before is no news"
            feed.titles = ["three", "two", "one"]
            await look(room, 0)
            assert await room.rows(BEGUN) == [(0,)], "it is not due yet"
            async with room.app.working():
                await look(room, 2)
                await until(room, BEGUN + " AND status = 'succeeded'", [(1,)])
            ((given,),) = await room.rows("SELECT input FROM runs WHERE mode = 'poll'")
            assert [item["json"]["title"] for item in json.loads(given)] == ["three", "two"]
        async with small(tmp_path, reading(feed)) as room:
            await look(room, 4)
            assert await room.rows(BEGUN) == [(1,)], "what was taken is not taken again"


async def test_a_feed_that_fails_is_looked_at_again_and_nothing_is_lost(tmp_path: Path) -> None:
    async with open_feed() as feed, small(tmp_path, reading(feed)) as room:
        await look(room, 0)
        feed.titles, feed.status = ["two", "one"], "500 Broken"
        await look(room, 2)
        assert await room.rows(BEGUN) == [(0,)]
        feed.titles, feed.status = ["three", "two", "one"], "200 OK"
        await look(room, 4)
        ((given,),) = await room.rows("SELECT input FROM runs WHERE mode = 'poll'")
        assert [item["json"]["title"] for item in json.loads(given)] == ["three", "two"]
