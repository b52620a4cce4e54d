"""What a node's settings do to its run, through the real engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.chaos.rooms import make_project, open_room, workflow

from tapbot.workflow.engine import Outcome
from tapbot.workflow.types import Item

THREE = {
    "name": "Three",
    "type": "n8n-nodes-testing.testData",
    "parameters": {"data": '[{"n": 1}, {"n": 2}, {"n": 3}]'},
}
START = {"name": "Start", "type": "n8n-nodes-base.manualTrigger"}
FAIL = {"name": "Fail", "type": "n8n-nodes-base.stopAndError", "parameters": {"errorMessage": "no"}}


def fields(name: str, **values: str) -> dict[str, Any]:
    entries = [{"name": key, "value": value, "type": "number"} for key, value in values.items()]
    parameters = {"assignments": {"assignments": entries}}
    return {"name": name, "type": "n8n-nodes-base.set", "typeVersion": 3.4, "parameters": parameters}


async def run(tmp_path: Path, *nodes: dict[str, Any]) -> Outcome:
    folder = make_project(tmp_path / "project", [workflow("w", list(nodes))])
    async with open_room(folder, tmp_path / "data") as room:
        flow = room.served.workflow("w")
        trigger = flow.first_trigger
        assert trigger is not None
        release = room.served.project.release
        new = room.app.engine.new_run(room.served.scope, release, flow, trigger, [Item(json={})], mode="manual")
        return await room.app.engine.execute(await room.app.engine.begin(new), flow)


def given(outcome: Outcome) -> list[Any]:
    return [item.json for item in outcome.items]


async def test_execute_once_runs_for_one_item_and_still_sees_all(tmp_path: Path) -> None:
    node = {**fields("Count", seen="={{ $input.all().length }}", own="={{ $json.n }}"), "executeOnce": True}
    assert given(await run(tmp_path, START, THREE, node)) == [{"seen": 3, "own": 1}]


async def test_always_output_data_gives_one_empty_item(tmp_path: Path) -> None:
    nothing = {**THREE, "name": "None", "parameters": {"data": "[]"}, "alwaysOutputData": True}
    assert given(await run(tmp_path, START, nothing)) == [{}]


async def test_a_disabled_node_passes_its_items_on(tmp_path: Path) -> None:
    node = {**fields("Double", n="={{ $json.n * 2 }}"), "disabled": True}
    assert given(await run(tmp_path, START, THREE, node)) == [{"n": 1}, {"n": 2}, {"n": 3}]


async def test_an_item_is_found_again_behind_other_nodes(tmp_path: Path) -> None:
    first, second = fields("First", m="={{ $json.n * 10 }}"), fields("Second", n="={{ $('Three').item.json.n }}")
    assert given(await run(tmp_path, START, THREE, first, second)) == [{"n": 1}, {"n": 2}, {"n": 3}]


@pytest.mark.parametrize(
    ("on_error", "status", "items"),
    [
        ("stopWorkflow", "failed", []),
        ("continueRegularOutput", "succeeded", [{"n": 1}, {"n": 2}, {"n": 3}]),
    ],
)
async def test_on_error_decides_what_a_failure_does(
    tmp_path: Path, on_error: str, status: str, items: list[Any]
) -> None:
    outcome = await run(tmp_path, START, THREE, {**FAIL, "onError": on_error})
    assert (outcome.status, given(outcome)) == (status, items)


async def test_a_failed_run_names_the_node_and_keeps_what_ran(tmp_path: Path) -> None:
    outcome = await run(tmp_path, START, THREE, FAIL)
    assert outcome.error is not None
    assert (outcome.error["place"], outcome.error["message"]) == ("Fail", "no")
    assert outcome.execution is not None
    assert outcome.execution.plan.order == ["Start", "Three", "Fail"]


async def test_a_node_that_did_not_run_is_named_in_the_error(tmp_path: Path) -> None:
    later = fields("Later", x="={{ $('Nowhere').first().json.x }}")
    outcome = await run(tmp_path, START, later)
    assert outcome.status == "failed"
    assert outcome.error is not None
    assert "Nowhere" in str(outcome.error["message"])
