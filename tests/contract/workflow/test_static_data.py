"""Static data: what the code of a workflow keeps from run to run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.chaos.rooms import Room, make_project, open_room
from tests.contract.workflow.graphs import code, graph, start

from tapbot.workflow.engine import Outcome
from tapbot.workflow.types import Item

COUNT = """const kept = $getWorkflowStaticData('global'), mine = $getWorkflowStaticData('node');
kept.runs = (kept.runs ?? 0) + 1;
mine.last = kept.runs * 10;
if ($json.fail) throw new Error('no');
return [{ json: { runs: kept.runs, last: mine.last } }];"""
LOOK = "return [{ json: { ...$getWorkflowStaticData('global'), mine: $getWorkflowStaticData('node') } }];"
FLOW = graph([start(), code("Count", COUNT), code("Look", LOOK)], [("Start", "Count"), ("Count", "Look")])


async def run(room: Room, mode: str = "webhook", **record: Any) -> Outcome:
    engine, flow = room.app.engine, room.served.workflow("w")
    new = engine.new_run(
        room.served.scope, room.served.project.release, flow, flow.nodes["Start"], [Item(json=record)], mode=mode
    )
    return await engine.execute(await engine.begin(new), flow)


def given(outcome: Outcome) -> Any:
    assert outcome.error is None, outcome.error
    return outcome.items[0].json


async def test_code_keeps_what_the_next_run_sees(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project", [FLOW])
    async with open_room(folder, tmp_path / "data") as room:
        assert given(await run(room)) == {"runs": 1, "mine": {}}
        assert given(await run(room)) == {"runs": 2, "mine": {}}
    async with open_room(folder, tmp_path / "data") as room:
        assert given(await run(room))["runs"] == 3


async def test_a_run_by_hand_and_a_failed_one_keep_nothing(tmp_path: Path) -> None:
    async with open_room(make_project(tmp_path / "project", [FLOW]), tmp_path / "data") as room:
        assert given(await run(room, "manual"))["runs"] == 1
        assert (await run(room, fail=True)).status == "failed"
        assert given(await run(room))["runs"] == 1


async def test_too_much_is_refused(tmp_path: Path) -> None:
    source = "$getWorkflowStaticData('global').text = 'x'.repeat(2_000_000); return [];"
    flow = graph([start(), code("Code", source)], [("Start", "Code")])
    async with open_room(make_project(tmp_path / "project", [flow]), tmp_path / "data") as room:
        outcome = await run(room)
    assert outcome.error is not None
    assert "static data has" in str(outcome.error["message"])
