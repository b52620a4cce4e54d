"""A message in several parts, and a process that is killed between two of them."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr
from sqlalchemy import Connection
from tests.architecture.tree import ROOT
from tests.chaos.every_commit.world import small, until
from tests.chaos.rooms import Room

from tapbot.channels.telegram.channel import create
from tapbot.inbox import outbox, settling
from tapbot.settings import TelegramSection
from tapbot.upstream import HttpClient

TEXT = "\n\n".join(letter * 4000 for letter in "abc")
CHILD = """
import asyncio, json, pathlib, sys
from tests.chaos.every_commit.test_parts import live_and_die
asyncio.run(live_and_die(pathlib.Path(sys.argv[1]), json.loads(sys.argv[2])))
"""
STATE = "SELECT status, parts_sent FROM outbox"


class Telegram:
    """Takes messages, and writes down what it took where a killed process cannot take it along."""

    def __init__(self, taken: Path, *answers: httpx2.Response) -> None:
        self._taken = taken
        self._answers = list(answers)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if not request.url.path.endswith("/sendMessage"):
            return httpx2.Response(200, json={"ok": True, "result": True})
        if self._answers and self._answers[0].status_code == 200:
            self._answers.pop(0)
        elif self._answers:
            return self._answers.pop(0)
        with self._taken.open("a") as file:
            file.write(json.loads(request.content)["text"][0])
        message = {"message_id": 1, "date": 0, "chat": {"id": 7, "type": "private"}}
        return httpx2.Response(200, json={"ok": True, "result": message})


def put_channel(room: Room, telegram: Telegram) -> None:
    section = TelegramSection(token=SecretStr("123456:" + "a" * 35))
    http = HttpClient(httpx2.MockTransport(telegram))
    room.app.channels.by_key[room.served.scope, "helper", "telegram"] = create(
        section, http, bot_id="helper", now=room.app.clock
    )


async def say(room: Room) -> None:
    now = room.app.clock()
    chat = {"bot_id": "helper", "channel": "telegram", "chat_id": "7"}

    def change(db: Connection) -> str:
        return outbox.queue_message(
            db, room.served.scope, text=TEXT, buttons=[], send_key="k", author="bot", run_id=None, now=now, **chat
        )

    await room.app.database.write("test.say", change)


async def live_and_die(home: Path, point: dict[str, Any]) -> None:
    """What the child process does."""
    async with small(home, faults=point) as room:
        put_channel(room, Telegram(home / "taken"))
        await say(room)
        async with room.app.working():
            await asyncio.sleep(60)


@pytest.mark.parametrize(
    ("point", "noted", "taken"),
    [
        ({"kill_after": "outbox.note_part#1"}, 1, "abc"),
        ({"kill_after": "outbox.note_part#2"}, 2, "abc"),
        ({"kill_before": "outbox.note_part#2"}, 1, "abbc"),  # taken, and nobody could say so any more
    ],
    ids=str,
)
async def test_a_kill_between_parts_repeats_none_that_was_noted(
    tmp_path: Path, point: dict[str, Any], noted: int, taken: str
) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, str(tmp_path), json.dumps(point), cwd=ROOT
    )
    assert await asyncio.wait_for(child.wait(), 60) == -signal.SIGKILL
    async with small(tmp_path) as room:
        put_channel(room, Telegram(tmp_path / "taken"))
        async with room.app.working():
            await until(room, STATE, [("in_doubt", noted)])  # the next part may have been on its way: a person decides
        [(message_id,)] = await room.rows("SELECT message_id FROM outbox")
        scope, now = room.served.scope, room.app.clock()
        await room.app.database.write(
            "test.settle", lambda db: settling.settle(db, scope, message_id, arrived=False, now=now)
        )
        async with room.app.working():
            await until(room, "SELECT status FROM outbox", [("sent",)])
    assert (tmp_path / "taken").read_text() == taken


async def test_a_part_that_was_refused_for_now_goes_on_in_another_process(tmp_path: Path) -> None:
    busy = httpx2.Response(429, json={"ok": False, "error_code": 429, "parameters": {"retry_after": 1}})
    async with small(tmp_path) as room:
        put_channel(room, Telegram(tmp_path / "taken", httpx2.Response(200), busy))
        await say(room)
        async with room.app.working():
            await until(room, "SELECT status, parts_sent, attempts FROM outbox", [("queued", 1, 1)])
    async with small(tmp_path) as room:
        put_channel(room, Telegram(tmp_path / "taken"))
        async with room.app.working():
            await until(room, "SELECT status FROM outbox", [("sent",)])
    assert (tmp_path / "taken").read_text() == "abc"
