"""What a failure does: retries, `onError` in all its forms, and error workflows."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.chaos.rooms import Room, make_project, open_room
from tests.contract.nodes.bench import Bench, prepare
from tests.contract.workflow.graphs import code, data, fields, graph, order_of, plain, runs_of, start

from tapbot.workflow import store
from tapbot.workflow.types import Item

pytestmark = pytest.mark.asyncio(loop_scope="module")
THREE = data("Data", '[{"n": 1}, {"n": 2}, {"n": 3}]')
STRICT = {"name": "Fail", "type": "n8n-nodes-base.stopAndError", "parameters": {"errorMessage": "no"}}
SECOND_FAILS = "if ($json.n === 2) throw new Error('not two');\nreturn { n: $json.n };"
EACH = {"mode": "runOnceForEachItem", "jsCode": SECOND_FAILS}
HTTP = {"name": "Call", "type": "n8n-nodes-base.httpRequest", "typeVersion": 4.2}


def each(**settings: Any) -> dict[str, Any]:
    return {"name": "Code", "type": "n8n-nodes-base.code", "typeVersion": 2, "parameters": EACH, **settings}


def call(**settings: Any) -> dict[str, Any]:
    return {**HTTP, "parameters": {"url": "https://api.example.com/ok"}, **settings}


def reply(status: int) -> dict[str, Any]:
    return {
        "request": {"method": "GET", "url": "https://api.example.com/ok"},
        "reply": {"status": status, "json": {"ok": status == 200}},
    }


@pytest.mark.parametrize("setting", [{"onError": "continueRegularOutput"}, {"continueOnFail": True}])
async def test_a_failing_item_becomes_an_item_with_the_error(bench: Bench, setting: dict[str, Any]) -> None:
    raw = graph(
        [start(), THREE, each(**setting), plain("Next")], [("Start", "Data"), ("Data", "Code"), ("Code", "Next")]
    )
    outcome = await bench.run(prepare(raw), "Start", [{"json": {}}])
    assert runs_of(outcome, "Next") == [[[{"n": 1}, {"error": "not two [line 1, for item 1]"}, {"n": 3}]]]


async def test_failing_items_leave_by_the_error_output_over_what_they_were(bench: Bench) -> None:
    nodes = [
        start(),
        THREE,
        each(onError="continueErrorOutput"),
        plain("Good"),
        fields("Bad", was="={{ $('Data').item.json.n }}"),
    ]
    edges = [("Start", "Data"), ("Data", "Code"), ("Code", 0, "Good"), ("Code", 1, "Bad")]
    outcome = await bench.run(prepare(graph(nodes, edges)), "Start", [{"json": {}}])
    error = {"n": 2, "error": "not two [line 1, for item 1]"}
    assert runs_of(outcome, "Code") == [[[{"n": 1}, {"n": 3}], [error]]]
    assert runs_of(outcome, "Bad") == [[[{"was": "2"}]]]


async def test_records_of_nothing_but_an_error_leave_by_the_error_output(bench: Bench) -> None:
    source = "return [{ json: { error: 'a' } }, { json: { error: 'b', message: 'm' } }, { json: { error: 'c', n: 1 } }]"
    raw = graph([start(), code("Code", source, onError="continueErrorOutput")], [("Start", "Code")])
    outcome = await bench.run(prepare(raw), "Start", [{"json": {}}])
    assert runs_of(outcome, "Code") == [[[{"error": "c", "n": 1}], [{"error": "a"}, {"error": "b", "message": "m"}]]]


async def test_code_that_fails_for_all_items_gives_one_item(bench: Bench) -> None:
    failing = code("Code", "\nthrow new Error('no');", onError="continueRegularOutput")
    outcome = await bench.run(prepare(graph([start(), failing], [("Start", "Code")])), "Start", [{"json": {}}])
    assert runs_of(outcome, "Code") == [[[{"error": "no [line 2]"}]]]


async def test_a_node_that_throws_passes_its_input_on(bench: Bench) -> None:
    failing = {**STRICT, "onError": "continueRegularOutput"}
    raw = graph([start(), THREE, failing, plain("Next")], [("Start", "Data"), ("Data", "Fail"), ("Fail", "Next")])
    outcome = await bench.run(prepare(raw), "Start", [{"json": {}}])
    assert runs_of(outcome, "Next") == [[[{"n": 1}, {"n": 2}, {"n": 3}]]]


async def test_a_call_is_tried_again(bench: Bench) -> None:
    node = call(retryOnFail=True, maxTries=3, waitBetweenTries=1)
    raw = graph([start(), node], [("Start", "Call")])
    outcome = await bench.run(prepare(raw), "Start", [{"json": {}}], [reply(503), reply(500), reply(200)])
    assert (outcome.status, runs_of(outcome, "Call")) == ("succeeded", [[[{"ok": True}]]])


async def test_the_last_try_counts_and_there_are_two_to_five(bench: Bench) -> None:
    node = call(retryOnFail=True, maxTries=99, waitBetweenTries=1)
    raw = graph([start(), node], [("Start", "Call")])
    outcome = await bench.run(prepare(raw), "Start", [{"json": {}}], [reply(503) for _ in range(5)])
    assert (outcome.status, order_of(outcome)) == ("failed", ["Start", "Call"])


async def test_what_code_prints_is_kept_with_the_run(bench: Bench) -> None:
    raw = graph([start(), code("Code", "console.log('seats', 3);\nreturn [];")], [("Start", "Code")])
    outcome = await bench.run(prepare(raw), "Start", [{"json": {}}])
    assert outcome.execution is not None
    history: Any = outcome.execution.history()
    assert history["nodes"]["Code"][0]["console"] == ["seats 3"]


async def told_by(room: Room) -> Any:
    """What the run of an error workflow gave, once it is over."""
    scope = room.served.scope
    while True:
        rows = await room.app.database.read(lambda db: store.list_runs(db, scope, status="succeeded"))
        if rows:
            (row,) = rows
            run_id = row["run_id"]
            whole = await room.app.database.read(partial(store.get_run, scope=scope, run_id=run_id))
            assert whole is not None
            assert whole["mode"] == "error"
            return whole["output"][0]["json"]
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("own", [False, True])
async def test_an_error_workflow_hears_of_a_failed_run(tmp_path: Path, own: bool) -> None:
    trigger = {"name": "Failed", "type": "n8n-nodes-base.errorTrigger"}
    if own:
        failing = graph([start(), STRICT, trigger, plain("Told")], [("Start", "Fail"), ("Failed", "Told")])
        folder = make_project(tmp_path / "project", [failing])
    else:
        failing = graph([start(), STRICT], [("Start", "Fail")], errorWorkflow="alarm")
        alarm = {**graph([trigger, plain("Told")], [("Failed", "Told")]), "id": "alarm", "name": "alarm"}
        folder = make_project(tmp_path / "project", [failing, alarm])
    async with open_room(folder, tmp_path / "data") as room, room.app.working():
        engine, flow = room.app.engine, room.served.workflow("w")
        new = engine.new_run(
            room.served.scope, room.served.project.release, flow, flow.nodes["Start"], [Item(json={})], mode="webhook"
        )
        outcome = await engine.execute(await engine.begin(new), flow)
        assert outcome.status == "failed"
        told = await told_by(room)
    assert told["execution"]["id"] == new.run_id
    assert told["execution"]["error"]["message"] == "no"
    assert (told["execution"]["lastNodeExecuted"], told["execution"]["mode"]) == ("Fail", "webhook")
    assert told["workflow"] == {"id": "w", "name": "w"}


async def test_a_failure_of_an_error_workflow_and_a_run_by_hand_tell_nobody(tmp_path: Path) -> None:
    trigger = {"name": "Failed", "type": "n8n-nodes-base.errorTrigger"}
    both = [("Start", "Fail"), ("Failed", "Fail")]
    folder = make_project(tmp_path / "project", [graph([start(), STRICT, trigger], both)])
    async with open_room(folder, tmp_path / "data") as room:
        engine, flow = room.app.engine, room.served.workflow("w")
        for mode, node in (("manual", "Start"), ("error", "Failed")):
            new = engine.new_run(
                room.served.scope, room.served.project.release, flow, flow.nodes[node], [Item(json={})], mode=mode
            )
            await engine.execute(await engine.begin(new), flow)
        rows = await room.app.database.read(lambda db: store.list_runs(db, room.served.scope))
    assert [row["status"] for row in rows] == ["failed", "failed"]
