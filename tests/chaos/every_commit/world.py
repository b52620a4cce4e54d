"""A small project in an open app, and how to wait for what its database must say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from tests.chaos.rooms import BOT, Room, make_project, open_room

from tapbot.workflow import journal
from tapbot.workflow.journal import NewRun
from tapbot.workflow.release import PreparedWorkflow
from tapbot.workflow.types import Item

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


ADMIN = {"email": "owner@example.com", "password": "correct horse battery"}
PATIENCE_SECONDS = 15.0


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


def new_run(room: Room, name: str) -> tuple[NewRun, PreparedWorkflow]:
    """A run of a webhook's workflow that nobody has kept yet."""
    flow = room.served.workflow(name)
    trigger = flow.first_trigger
    assert trigger is not None
    project = room.served.project
    return room.app.engine.new_run(room.served.scope, project.release, flow, trigger, [Item({})], mode="webhook"), flow


async def begin_abandoned(room: Room, name: str) -> str:
    """A run that a process began and left behind."""
    new, _flow = new_run(room, name)

    def change(db: Connection) -> None:
        journal.begin_run(db, new, holder="a process that is gone")

    await room.app.database.write("test.abandon", change)
    return new.run_id


async def log_in(room: Room) -> dict[str, str]:
    """Log in the person of `ADMIN`; gives the headers with which the client may change things."""
    answer = await room.http.post("/api/v1/login", json=ADMIN)
    assert answer.status_code == 200, answer.text
    return {"X-CSRF-Token": answer.json()["csrf_token"], "Origin": "http://localhost"}
