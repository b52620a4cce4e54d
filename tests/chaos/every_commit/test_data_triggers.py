"""Commits of data triggers: a change of a record begins its run once, also when a process ends in between."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.chaos.every_commit.world import SET, small, until
from tests.chaos.rooms import Room, make_project, workflow

from tapbot.data import store
from tapbot.data.types import Condition
from tapbot.project.load import load_project

ON_NOTE = {
    "name": "On note",
    "type": "tapbot.dataTrigger",
    "typeVersion": 1,
    "parameters": {"collection": "notes", "events": ["created", "updated"], "fields": ["note"]},
}
BEGUN = "SELECT count(*) FROM runs WHERE mode = 'data'"


def listening(*, active: bool = True) -> dict[str, Any]:
    return {**workflow("listens", [ON_NOTE, SET]), "active": active}


async def add(room: Room, *notes: str) -> None:
    scope, now = room.served.scope, room.app.clock()

    def insert(db: Any) -> None:
        for note in notes:
            store.insert(db, scope, "notes", {"note": note}, now=now)

    await room.app.database.write("test.note", insert)


async def change(room: Room, old: str, new: str) -> None:
    scope, now, which = room.served.scope, room.app.clock(), [Condition("note", "eq", old)]
    values = {"note": new}
    await room.app.database.write(
        "test.note", lambda db: store.update(db, scope, "notes", where=which, values=values, now=now) and None
    )


async def test_a_change_of_a_record_begins_one_run_with_the_record(tmp_path: Path) -> None:
    async with small(tmp_path, listening()) as room:
        await add(room, "before")
        await room.app.watchers.facts.look()
        async with room.app.working():
            await add(room, "one")
            await until(room, "SELECT status FROM runs WHERE mode = 'data'", [("succeeded",)])
            await change(room, "one", "two")
            await until(room, BEGUN + " AND status = 'succeeded'", [(2,)])
        found = await room.rows("SELECT input FROM runs WHERE mode = 'data' ORDER BY created_at")
        given = [json.loads(text)[0]["json"] for (text,) in found]
        assert [(one["event"], one["changed"], one["record"]["note"]) for one in given] == [
            ("created", [], "one"),
            ("updated", ["note"], "two"),
        ]


async def test_a_trigger_hears_of_what_happened_while_nothing_ran(tmp_path: Path) -> None:
    async with small(tmp_path, listening()) as room:
        await room.app.watchers.facts.look()
        await add(room, "one")
    async with small(tmp_path, listening()) as room:
        for _ in range(3):
            await room.app.watchers.facts.look()
        assert await room.rows(BEGUN) == [(1,)]
    async with small(tmp_path, listening()) as room:
        await room.app.watchers.facts.look()
        assert await room.rows(BEGUN) == [(1,)], "what was taken is not taken again"


async def test_many_changes_at_once_begin_a_run_each(tmp_path: Path) -> None:
    async with small(tmp_path, listening()) as room:
        await room.app.watchers.facts.look()
        await add(room, *map(str, range(130)))
        while await room.app.watchers.facts.look():
            pass
        assert await room.rows(BEGUN) == [(130,)]


async def test_a_trigger_that_was_switched_off_begins_anew(tmp_path: Path) -> None:
    async with small(tmp_path, listening()) as room:
        await room.app.watchers.facts.look()
        assert await room.rows("SELECT count(*) FROM cursors") == [(1,)]
        await serve(room, tmp_path, listening(active=False))
        await add(room, "meanwhile")
        await room.app.watchers.facts.look()
        assert await room.rows("SELECT count(*) FROM cursors") == [(0,)]
        await serve(room, tmp_path, listening())
        await room.app.watchers.facts.look()
        assert await room.rows(BEGUN) == [(0,)]
        await add(room, "after")
        await room.app.watchers.facts.look()
        assert await room.rows(BEGUN) == [(1,)]


async def serve(room: Room, tmp_path: Path, raw: dict[str, Any]) -> None:
    """Take in another release of the project."""
    folder = make_project(tmp_path / "project", [raw])
    await room.app.add_project(load_project(folder, {}))
