"""Webhooks of workflows that wait, are limited or deduplicated, and what keeps a run off the fast path."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.chaos.rooms import Room, make_project, open_room, workflow
from tests.contract.workflow.test_waiting import NOTES, fields, record, wait

from tapbot.errors import InvalidInput
from tapbot.nodes import catalogue
from tapbot.workflow.fast import is_fast
from tapbot.workflow.load import parse_workflow
from tapbot.workflow.release import PreparedWorkflow, prepare_workflow

CALLED = {"path": "call", "httpMethod": "POST", "responseMode": "lastNode"}
ECHO = fields("Echo", got="={{ $json.body.n }}")


def hook(**parameters: Any) -> dict[str, Any]:
    parameters = {**CALLED, **parameters}
    return {"name": "Hook", "type": "n8n-nodes-base.webhook", "typeVersion": 2, "parameters": parameters}


def flow(nodes: list[dict[str, Any]], workflow_id: str = "w", **settings: Any) -> dict[str, Any]:
    made = workflow(workflow_id, nodes)
    made["settings"] |= settings
    return made


def prepare(raw: dict[str, Any], **options: Any) -> PreparedWorkflow:
    parsed = parse_workflow(raw, place="t")
    return prepare_workflow(parsed, catalogue, scope_name="s", zone="UTC", place="t", **options)


def project(tmp_path: Path, *workflows: dict[str, Any]) -> Path:
    return make_project(tmp_path / "project", list(workflows), NOTES)


async def rows(room: Room) -> list[Any]:
    return await room.rows("SELECT status, attempt, lease_holder FROM runs WHERE parent_run_id IS NULL")


async def test_a_pure_workflow_is_done_in_memory_and_leaves_one_row_with_all_outputs(tmp_path: Path) -> None:
    async with open_room(project(tmp_path, flow([hook(), ECHO])), tmp_path / "data") as room, room.app.working():
        assert (await room.http.post("/webhook/call", json={"n": 7})).json()["got"] == "7"
        [(status, history)] = await room.rows("SELECT status, history FROM runs")
        assert await room.rows("SELECT * FROM run_changes") == []
    assert status == "succeeded"
    assert '"Hook"' in history
    assert '"Echo"' in history


CODE = {"name": "Code", "type": "n8n-nodes-base.code", "typeVersion": 2}
STATIC = {**CODE, "parameters": {"jsCode": "const data = $getWorkflowStaticData('global'); return $input.all()"}}
CALL = {"name": "Call", "type": "n8n-nodes-base.executeWorkflow", "parameters": {"workflowId": "other"}}


@pytest.mark.parametrize(
    "raw",
    [
        flow([hook(), record("Keep", "x")]),
        flow([hook(), wait()]),
        flow([hook(), CALL]),
        flow([hook(), STATIC]),
        flow([hook(), ECHO], errorWorkflow="other"),
        flow([hook(), ECHO], tapbot={"deduplicateBy": "={{ $json.body.order }}"}),
        flow([hook(), ECHO], tapbot={"mostAtOnce": 2}),
        flow([hook(), ECHO], tapbot={"key": "={{ $json.body.customer }}"}),
    ],
    ids=[
        "effect",
        "wait",
        "sub-workflow",
        "static data",
        "error workflow",
        "deduplication",
        "workflow limit",
        "key limit",
    ],
)
def test_what_is_not_done_in_memory_alone(raw: dict[str, Any]) -> None:
    assert not is_fast(prepare(raw))


def test_a_limit_of_the_project_and_plain_workflows() -> None:
    pure = flow([hook(), ECHO, {**STATIC, "disabled": True}])
    assert is_fast(prepare(pure))
    assert not is_fast(prepare(pure, project_most=5))


async def test_whoever_is_answered_at_once_is_answered_after_the_row_is_kept(tmp_path: Path) -> None:
    at_once = flow([hook(responseMode="onReceived"), ECHO])
    async with open_room(project(tmp_path, at_once), tmp_path / "data") as room, room.app.working():
        assert (await room.http.post("/webhook/call", json={})).status_code == 200
        assert len(await rows(room)) == 1


def test_a_streamed_answer_is_refused_when_the_workflow_is_loaded() -> None:
    with pytest.raises(InvalidInput, match="streamed"):
        prepare(flow([hook(responseMode="streaming"), ECHO]))


async def test_a_key_of_the_caller_is_claimed_before_anything_runs(tmp_path: Path) -> None:
    async with open_room(project(tmp_path, flow([hook(), ECHO])), tmp_path / "data") as room, room.app.working():
        replies = await asyncio.gather(
            *(room.http.post("/webhook/call", json={"n": 7}, headers={"Idempotency-Key": "k"}) for _ in range(5))
        )
        assert {reply.text for reply in replies} == {replies[0].text}
        assert len(await rows(room)) == 1


async def test_a_request_that_kills_its_sandbox_leaves_a_row(tmp_path: Path) -> None:
    hungry = {**CODE, "parameters": {"jsCode": "const all = []; for (;;) all.push(new Array(1e6).fill(1));"}}
    limits = {"code_timeout_seconds": 1}
    async with open_room(project(tmp_path, flow([hook(), hungry])), tmp_path / "data", sandbox=limits) as room:
        async with room.app.working():
            assert (await room.http.post("/webhook/call", json={})).status_code == 500
        assert [status for status, *_ in await rows(room)] == ["failed"]


async def test_a_caller_is_answered_when_the_run_that_waited_is_over(tmp_path: Path) -> None:
    waiting = flow([hook(), wait(), ECHO])
    async with open_room(project(tmp_path, waiting), tmp_path / "data") as room, room.app.working():
        assert (await room.http.post("/webhook/call", json={"n": 7})).json()["got"] == "7"
        assert (await rows(room))[0][:2] == ("succeeded", 2)


async def test_no_more_runs_than_the_limit_run_at_once_and_all_are_answered(tmp_path: Path) -> None:
    limited = flow([hook(), *(record(name, "x") for name in ("In", "On", "Out")), ECHO], tapbot={"mostAtOnce": 1})
    async with open_room(project(tmp_path, limited), tmp_path / "data") as room, room.app.working():
        replies = await asyncio.gather(*(room.http.post("/webhook/call", json={}) for _ in range(4)))
        order = await room.rows("SELECT node FROM steps ORDER BY started_at, position")
    assert [reply.status_code for reply in replies] == [200] * 4
    assert [node for (node,) in order] == ["In", "On", "Out"] * 4, "each run is over before the next one begins"


async def test_runs_with_the_same_key_take_turns_and_others_do_not_wait_for_them(tmp_path: Path) -> None:
    rules = {"key": "={{ $json.body.customer }}"}
    limited = flow([hook(), record("In", "in"), wait(amount=0.2), ECHO], tapbot=rules)
    async with open_room(project(tmp_path, limited), tmp_path / "data") as room, room.app.working():
        replies = await asyncio.gather(
            *(room.http.post("/webhook/call", json={"customer": who}) for who in ("ada", "ada", "bob"))
        )
        assert [reply.status_code for reply in replies] == [200] * 3
        keys = await room.rows("SELECT DISTINCT group_key FROM run_groups ORDER BY group_key")
    assert keys == [("key:w:ada",), ("key:w:bob",)]


async def test_a_repetition_is_not_begun_and_its_caller_gets_the_first_answer(tmp_path: Path) -> None:
    once = flow([hook(), record("Keep", "x"), ECHO], tapbot={"deduplicateBy": "={{ $json.body.order }}"})
    async with open_room(project(tmp_path, once), tmp_path / "data") as room, room.app.working():
        replies = [
            await room.http.post("/webhook/call", json={"order": order, "n": n}) for n, order in enumerate("aab")
        ]
        none = [await room.http.post("/webhook/call", json={"n": n}) for n in range(2)]
        keyed = await room.http.post("/webhook/call", json={"order": "a"}, headers={"Idempotency-Key": "new"})
        assert len(await rows(room)) == 4
    assert replies[0].text == replies[1].text == keyed.text != replies[2].text
    assert [reply.status_code for reply in none] == [200, 200], "an item without the field is no repetition"


@pytest.mark.parametrize("rules", [{"priority": 0}, {"key": "={{ f($json) }}"}, {"mostAtOnce": 0}, {"unknown": 1}])
def test_a_rule_that_is_wrong_is_refused_when_the_workflow_is_loaded(rules: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        prepare(flow([hook(), ECHO], tapbot=rules))
    assert caught.value.code == "workflow.bad_rule"
