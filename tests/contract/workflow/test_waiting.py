"""Workflows that wait, through the real engine and its app: they leave memory, and nothing is done twice."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.chaos.rooms import Room, make_project, open_room, workflow

from tapbot.workflow import store
from tapbot.workflow.engine import Outcome
from tapbot.workflow.parking import Waiting
from tapbot.workflow.run import StepFailed
from tapbot.workflow.types import Item

START = {"name": "Start", "type": "n8n-nodes-base.manualTrigger"}
TOLD = {"name": "Told", "type": "n8n-nodes-base.executeWorkflowTrigger"}
SHORT = {"amount": 0.2, "unit": "seconds"}


def wait(name: str = "Wait", **parameters: Any) -> dict[str, Any]:
    return {"name": name, "type": "n8n-nodes-base.wait", "typeVersion": 1.1, "parameters": parameters or SHORT}


def fields(name: str, **values: str) -> dict[str, Any]:
    entries = [{"name": key, "value": value, "type": "string"} for key, value in values.items()]
    parameters = {"assignments": {"assignments": entries}, "includeOtherFields": True}
    return {"name": name, "type": "n8n-nodes-base.set", "typeVersion": 3.4, "parameters": parameters}


def call(workflow_id: str, **parameters: Any) -> dict[str, Any]:
    parameters = {"workflowId": workflow_id, **parameters}
    return {"name": "Call", "type": "n8n-nodes-base.executeWorkflow", "typeVersion": 1.2, "parameters": parameters}


def record(name: str, value: str) -> dict[str, Any]:
    parameters = {"operation": "insert", "collection": "notes", "values": {"note": value}}
    return {"name": name, "type": "tapbot.record", "parameters": parameters}


NOTES = {"collections/notes.yaml": "name: notes\nfields:\n  - {name: note, type: string}\n"}


def project(tmp_path: Path, *workflows: dict[str, Any]) -> Path:
    return make_project(tmp_path / "project", list(workflows), NOTES)


async def execute(room: Room, workflow_id: str = "w", waiting: Waiting = Waiting.PARK) -> Outcome:
    flow = room.served.workflow(workflow_id)
    trigger = flow.first_trigger
    assert trigger is not None
    release = room.served.project.release
    new = room.app.engine.new_run(room.served.scope, release, flow, trigger, [Item(json={"n": 1})], mode="production")
    return await room.app.engine.execute(await room.app.engine.begin(new), flow, waiting=waiting)


async def final(room: Room, run_id: str) -> dict[str, Any]:
    """The run's row, once it is over."""
    while True:
        run = await room.app.database.read(lambda db: store.get_run(db, room.served.scope, run_id))
        assert run is not None
        if run["status"] in {"succeeded", "failed", "in_doubt"}:
            return run
        await asyncio.sleep(0.01)


def items(run: dict[str, Any]) -> list[Any]:
    return [item["json"] for item in run["output"]]


async def test_a_run_waits_as_a_row_and_goes_on_with_what_it_had(tmp_path: Path) -> None:
    after = fields("After", first="={{ $('Before').item.json.mark }}", now="={{ $now.toMillis() }}")
    flow = workflow("w", [START, fields("Before", mark="b", now="={{ $now.toMillis() }}"), wait(), after])
    async with open_room(project(tmp_path, flow), tmp_path / "data") as room, room.app.working():
        outcome = await execute(room)
        assert outcome.status == "waiting"
        run = await final(room, outcome.run_id)
    assert run["status"] == "succeeded", run["error"]
    given = items(run)[0]
    assert given["first"] == "b"
    before = run["history"]["nodes"]["Before"][0]["outputs"][0][0]["json"]
    assert before["now"] == given["now"], "the run's clock stands still"
    assert run["history"]["order"] == ["Start", "Before", "Wait", "After"]
    assert run["parked"] is None


async def test_a_run_outlives_the_process_that_parked_it(tmp_path: Path) -> None:
    flow = workflow("w", [START, record("One", "before"), wait(), record("Two", "after")])
    folder = project(tmp_path, flow)
    async with open_room(folder, tmp_path / "data") as room:
        outcome = await execute(room)
        assert outcome.status == "waiting"
    async with open_room(folder, tmp_path / "data") as room, room.app.working():
        run = await final(room, outcome.run_id)
        notes = await room.rows("SELECT step_key, status FROM steps ORDER BY position")
    assert run["status"] == "succeeded", run["error"]
    assert notes == [("One/0/0", "done"), ("Wait/0", "done"), ("Two/0/0", "done")]


async def test_a_run_without_its_parked_state_goes_on_by_its_record(tmp_path: Path) -> None:
    flow = workflow("w", [START, record("One", "before"), wait(), record("Two", "after")])
    async with open_room(project(tmp_path, flow), tmp_path / "data") as room:
        outcome = await execute(room)
        await room.app.database.write(
            "test.forget", lambda db: db.exec_driver_sql("UPDATE runs SET parked = '{\"format\": 0}'") and None
        )
        async with room.app.working():
            run = await final(room, outcome.run_id)
        assert run["status"] == "succeeded", run["error"]
        assert len(await room.rows("SELECT * FROM steps")) == 3


async def test_a_sub_workflow_that_waits_parks_its_parent(tmp_path: Path) -> None:
    child = workflow("child", [TOLD, record("Inside", "child"), wait(), fields("Done", by="child")])
    parent = workflow("w", [START, call("child"), fields("After", seen="={{ $json.by }}")])
    async with open_room(project(tmp_path, parent, child), tmp_path / "data") as room, room.app.working():
        outcome = await execute(room)
        assert outcome.status == "waiting"
        statuses = await room.rows("SELECT status FROM runs")
        run = await final(room, outcome.run_id)
        kept = await room.rows("SELECT status, attempt FROM runs ORDER BY parent_run_id")
        steps = await room.rows("SELECT step_key FROM steps ORDER BY step_key")
    assert set(statuses) == {("waiting",)}
    assert run["status"] == "succeeded", run["error"]
    assert items(run)[0]["seen"] == "child"
    assert [status for status, _ in kept] == ["succeeded", "succeeded"]
    assert steps == [("Call/0",), ("Inside/0/0",), ("Wait/0",)]


async def test_a_run_waits_as_often_as_it_likes(tmp_path: Path) -> None:
    waits = [wait(f"Wait {number}", amount=0.05) for number in range(4)]
    flow = workflow("w", [START, *waits])
    async with open_room(project(tmp_path, flow), tmp_path / "data") as room, room.app.working():
        run = await final(room, (await execute(room)).run_id)
    assert run["status"] == "succeeded", run["error"]
    assert run["attempt"] == 5
    assert run["begun"] == 1, "each rest begins the count anew"


async def test_a_sub_workflow_that_nobody_waits_for_is_a_run_of_its_own(tmp_path: Path) -> None:
    child = workflow("child", [TOLD, wait(), record("Inside", "child")])
    parent = workflow("w", [START, call("child", options={"waitForSubWorkflow": False})])
    async with open_room(project(tmp_path, parent, child), tmp_path / "data") as room, room.app.working():
        outcome = await execute(room)
        assert outcome.status == "succeeded"
        [(beside,)] = await room.rows("SELECT run_id FROM runs WHERE workflow_id = 'child'")
        run = await final(room, beside)
    assert run["status"] == "succeeded", run["error"]
    assert run["parent_run_id"] is None


async def test_a_short_wait_is_stayed_for_where_somebody_looks_on(tmp_path: Path) -> None:
    async with open_room(project(tmp_path, workflow("w", [START, wait()])), tmp_path / "data") as room:
        assert (await execute(room, waiting=Waiting.STAY_OR_PARK)).status == "succeeded"


async def test_a_long_wait_in_a_tool_of_a_bot_is_refused(tmp_path: Path) -> None:
    flow = workflow("w", [TOLD, wait(amount=2, unit="days")])
    async with open_room(project(tmp_path, flow), tmp_path / "data") as room:
        engine, release = room.app.engine, room.served.project.release
        flow = room.served.workflow("w")
        new = engine.new_run(room.served.scope, release, flow, flow.nodes["Told"], [], mode="x")
        turn = await engine.begin(replace(new, kind="turn"))
        with pytest.raises(StepFailed, match="waits 65 s at most"):
            await engine.run_tool(turn, "tool/1", "w", {})
