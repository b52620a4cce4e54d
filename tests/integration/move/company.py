"""A taxi company in the middle of its work: a ride, an open conversation, runs that wait and one that was cut off."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Float, Integer, LargeBinary, func, select
from tests.chaos.dialogues import DIALOGUES
from tests.chaos.rooms import Room, open_room, workflow

from tapbot.app.move.tables import room_tables
from tapbot.storage.columns import Json, Utc
from tapbot.storage.database import sqlite_engine
from tapbot.storage.folder import DATABASE
from tapbot.workflow.parking import Waiting
from tapbot.workflow.types import Item

TAXI = Path(__file__).parents[3] / "examples" / "taxi"
FIRST = [
    {"name": "Start", "type": "n8n-nodes-base.manualTrigger"},
    {
        "name": "Wait",
        "type": "n8n-nodes-base.wait",
        "typeVersion": 1.1,
        "parameters": {"amount": 0.5, "unit": "seconds"},
    },
]
CUT = [{"name": "Start", "type": "n8n-nodes-base.manualTrigger"}, {"name": "End", "type": "n8n-nodes-base.noOp"}]


def make_taxi(folder: Path) -> Path:
    """The example with two small workflows more."""
    shutil.copytree(TAXI, folder)
    for raw in (workflow("patient", FIRST), workflow("cut", CUT)):
        (folder / "workflows" / f"{raw['id']}.json").write_text(json.dumps(raw))
    return folder


async def begin(room: Room, workflow_id: str) -> Any:
    """Begin a run, and leave it there."""
    flow = room.served.workflow(workflow_id)
    trigger = flow.first_trigger
    assert trigger is not None
    release = room.served.project.release
    new = room.app.engine.new_run(room.served.scope, release, flow, trigger, [Item(json={"n": 1})], mode="production")
    return await room.app.engine.begin(new), flow


class Passenger:
    """Somebody in the web chat, who remembers the chat's token."""

    def __init__(self, token: str = "") -> None:
        self.token = token
        self.said = 0

    async def say(self, room: Room, *messages: str, wait: int = 20) -> list[Any]:
        """Say something, and give what the bot answered to the last of it."""
        if not self.token:
            self.token = (await room.http.post("/chat/taxi/token", json={})).json()["token"]
        answered: list[Any] = []
        for message in messages:
            self.said += 1
            answer = await room.http.post(
                f"/chat/taxi/messages?wait={wait}",
                headers={"X-Chat-Token": self.token},
                json={"id": str(self.said), "text": message},
            )
            assert answer.is_success, answer.text
            answered = answer.json().get("messages", [])
        return answered


async def work_for_a_while(project: Path, data: Path) -> Passenger:
    """Fill a data folder; gives the passenger whose booking is half done."""
    waiting = Passenger()
    async with open_room(project, data) as room:
        async with room.app.working():
            await Passenger().say(room, *DIALOGUES["ru"])
            await waiting.say(room, *DIALOGUES["ru"][:2])
        run, flow = await begin(room, "patient")
        assert (await room.app.engine.execute(run, flow, waiting=Waiting.PARK)).status == "waiting"
        await begin(room, "cut")
    return waiting


async def go_on(
    project: Path, data: Path, waiting: Passenger, more: Sequence[str] = tuple(DIALOGUES["ru"][2:]), **storage: str
) -> list[tuple[Any, ...]]:
    """Work on where the company is now, until nothing is open; gives the numbers of all rides.

    Args:
        more: What the passenger says.
    """
    async with open_room(project, data, storage=storage) as room, room.app.working():
        if more:
            assert await waiting.say(room, *more)
        while await room.rows("SELECT 1 FROM runs WHERE status IN ('waiting', 'ready', 'running')"):
            await asyncio.sleep(0.02)
        ended = "SELECT workflow_id, status FROM runs WHERE workflow_id IN ('patient', 'cut') ORDER BY 1"
        assert await room.rows(ended) == [("cut", "succeeded"), ("patient", "succeeded")]
        last = await room.rows("SELECT max(position), count(*) FROM messages")
        assert last[0][0] >= last[0][1]
        table = 'data$taxi$dev"."rides' if storage else "data$taxi$dev$rides"
        return await room.rows(f'SELECT number FROM "{table}" ORDER BY 1')  # noqa: S608


def fill_every_table(data: Path) -> None:
    """Put a row into each table that has none, so that a column that a move forgets is missed."""
    engine = sqlite_engine(data / DATABASE)
    with closing(engine.connect()) as db:
        for table in room_tables():
            if db.execute(select(func.count()).select_from(table)).scalar_one() == 0:
                db.execute(table.insert().values({column.name: _some(column) for column in table.columns}))
        db.commit()
    engine.dispose()


def _some(column: Column[Any]) -> Any:
    """A value that a column takes."""
    kind = column.type
    if isinstance(kind, Json):
        return {"text": "ә ü", "numbers": [1, 2.5, None]}
    if isinstance(kind, Utc):
        return datetime(2026, 3, 1, 12, 30, 15, 123456, UTC)
    if isinstance(kind, LargeBinary):
        return b"\x00\xff"
    if isinstance(kind, Integer):
        return 1
    if isinstance(kind, Float):
        return 0.5
    return "x"
