"""Where a queue has formed, the run with the highest priority goes first."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace
from sqlalchemy import Connection
from tests.chaos.rooms import make_project, open_room, workflow
from tests.contract.workflow.test_waiting import NOTES, START, final, record

from tapbot.workflow import journal
from tapbot.workflow.types import Item


async def test_an_urgent_run_overtakes_those_that_came_before_it(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project", [workflow("w", [START, record("Note", "x")])], NOTES)
    async with open_room(folder, tmp_path / "data", worker={"runs_at_once": 1}) as room, room.app.working():
        flow, engine = room.served.workflow("w"), room.app.engine
        release, start = room.served.project.release, flow.nodes["Start"]
        made = [
            engine.new_run(room.served.scope, release, flow, start, [Item(json={})], mode="production")
            for _ in range(5)
        ]
        made[-1] = replace(made[-1], priority=1)

        def accept(db: Connection) -> None:
            for new in made:
                journal.accept_run(db, new)

        await room.app.database.write("test.accept", accept)
        for new in made:
            assert (await final(room, new.run_id))["status"] == "succeeded"
        order = [run_id for (run_id,) in await room.rows("SELECT run_id FROM steps ORDER BY started_at")]
    assert order == [made[4].run_id, *[new.run_id for new in made[:4]]]
