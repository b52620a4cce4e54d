"""Runs that wait for a call or a form: their address, who may call it, and what the caller is answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.chaos.rooms import Room, make_project, open_room
from tests.contract.workflow.graphs import code, data, fields, graph, start
from tests.contract.workflow.test_waiting import execute, final, items

from tapbot.workflow.journal.waiting import find_open_wait
from tapbot.workflow.resuming import resume_path

FIELDS = {
    "values": [
        {"fieldLabel": "Name <b>", "requiredField": True},
        {"fieldLabel": "Seats", "fieldType": "number"},
        {"fieldLabel": "Day", "fieldType": "date"},
        {"fieldLabel": "Class", "fieldType": "dropdown", "fieldOptions": {"values": [{"option": "eco"}]}},
        {"fieldLabel": "From", "fieldType": "hiddenField", "fieldValue": "web"},
    ]
}


def wait(**parameters: Any) -> dict[str, Any]:
    return {"name": "Wait", "type": "n8n-nodes-base.wait", "typeVersion": 1.1, "parameters": parameters}


@asynccontextmanager
async def waiting(
    tmp_path: Path, node: dict[str, Any], *after: dict[str, Any], **overrides: Any
) -> AsyncIterator[tuple[Room, str, str]]:
    """A room with one run that waits, the run's id, and the path of its address."""
    kind = "resumeFormUrl" if node["parameters"]["resume"] == "form" else "resumeUrl"
    told = fields("Told", url="={{ $execution." + kind + " }}", was="before")
    names = ["Start", "Told", "Wait", *(one["name"] for one in after)]
    raw = graph([start(), told, node, *after], list(pairwise(names)))
    folder = make_project(tmp_path / "project", [raw])
    async with open_room(folder, tmp_path / "data", **overrides) as room, room.app.working():
        outcome = await execute(room)
        assert outcome.status == "waiting", outcome.error
        assert outcome.execution is None
        [(history,)] = await room.rows("SELECT history FROM runs")
        url = history.split('"url":"')[1].split('"')[0]
        yield room, outcome.run_id, urlsplit(url).path


async def test_a_call_lets_the_run_go_on_with_what_it_brought(tmp_path: Path) -> None:
    after = fields(
        "After", got="={{ $json.body.n }}", q="={{ $json.query.a }}", was="={{ $('Told').first().json.was }}"
    )
    async with waiting(tmp_path, wait(resume="webhook", httpMethod="POST"), after) as (room, run_id, path):
        reply = await room.http.post(f"{path}?a=1", json={"n": 7})
        assert (reply.status_code, reply.json()) == (200, {"message": "Workflow was started"})
        run = await final(room, run_id)
        assert items(run) == [{"got": "7", "q": "1", "was": "before"}]
        assert (await room.http.post(path, json={})).status_code == 409


async def test_only_the_right_address_method_and_suffix_count(tmp_path: Path) -> None:
    node = wait(resume="webhook", options={"webhookSuffix": "yes"})
    async with waiting(tmp_path, node) as (room, run_id, path):
        wrong = path[:-1] + ("0" if path[-1] != "0" else "1")
        for other in (
            f"/webhook-waiting/{run_id}",
            f"{wrong}/yes",
            f"{path}/no",
            path,
            path.replace("webhook", "form"),
        ):
            assert (await room.http.get(other)).status_code == 404, other
        assert (await room.http.post(f"{path}/yes")).status_code == 404
        assert (await room.http.get(f"{path}/yes")).status_code == 200
        assert (await final(room, run_id))["status"] == "succeeded"


async def test_one_of_two_callers_wins(tmp_path: Path) -> None:
    async with waiting(tmp_path, wait(resume="webhook")) as (room, run_id, path):
        replies = await asyncio.gather(*(room.http.get(f"{path}?n={number}") for number in range(2)))
        assert sorted(reply.status_code for reply in replies) == [200, 409]
        winner = next(number for number, reply in enumerate(replies) if reply.status_code == 200)
        assert (await final(room, run_id))["output"][0]["json"]["query"] == {"n": str(winner)}


@pytest.mark.parametrize("mode", ["lastNode", "responseNode"])
async def test_the_caller_gets_the_answer_of_what_follows(tmp_path: Path, mode: str) -> None:
    answer = fields("Answer", sum="={{ $json.query.a }}!")
    respond = {"name": "Respond", "type": "n8n-nodes-base.respondToWebhook", "typeVersion": 1.1}
    node = wait(resume="webhook", responseMode=mode)
    async with waiting(tmp_path, node, answer, respond) as (room, _run_id, path):
        assert (await room.http.get(f"{path}?a=2")).json() == {"sum": "2!"}


async def test_a_form_is_shown_checked_and_its_record_goes_on(tmp_path: Path) -> None:
    node = wait(resume="form", formTitle="Seats & more", formFields=FIELDS)
    async with waiting(tmp_path, node) as (room, run_id, path):
        page = await room.http.get(path)
        assert page.headers["content-type"].startswith("text/html")
        assert "sandbox" in page.headers["content-security-policy"]
        assert "Seats &amp; more" in page.text
        assert "Name &lt;b&gt;" in page.text
        assert "<b>" not in page.text
        for bad in (
            {},
            {"field-0": "A", "field-1": "x"},
            {"field-0": "A", "field-2": "32"},
            {"field-0": "A", "field-3": "z"},
        ):
            assert (await room.http.post(path, data=bad)).status_code == 422, bad
        sent = {"field-0": "={{ 1 + 1 }}", "field-1": "2", "field-2": "2026-03-05", "field-3": "eco"}
        assert (await room.http.post(path, data=sent)).status_code == 200
        [record] = items(await final(room, run_id))
        assert record.pop("submittedAt")
        assert record == {
            "Name <b>": "={{ 1 + 1 }}",
            "Seats": 2,
            "Day": "2026-03-05",
            "Class": "eco",
            "From": "web",
            "formMode": "production",
        }


async def test_a_limit_lets_the_run_go_on_with_its_own_items(tmp_path: Path) -> None:
    node = wait(resume="webhook", limitWaitTime=True, resumeAmount=0.2, resumeUnit="seconds")
    async with waiting(tmp_path, node) as (room, run_id, path):
        [record] = items(await final(room, run_id))
        assert record["was"] == "before"
        assert (await room.http.get(path)).status_code == 409


async def test_each_wait_of_a_loop_has_its_own_answer(tmp_path: Path) -> None:
    loop = {"name": "Loop", "type": "n8n-nodes-base.splitInBatches", "typeVersion": 3, "parameters": {"batchSize": 1}}
    nodes = [
        start(),
        data("Data", '[{"n": 1}, {"n": 2}]'),
        loop,
        wait(resume="webhook"),
        code("Done", "return $input.all()"),
    ]
    edges = [("Start", "Data"), ("Data", "Loop"), ("Loop", 1, "Wait"), ("Wait", "Loop"), ("Loop", 0, "Done")]
    folder = make_project(tmp_path / "project", [graph(nodes, edges)])
    async with open_room(folder, tmp_path / "data") as room, room.app.working():
        outcome = await execute(room)
        run_id, path = outcome.run_id, await address_of(room, outcome.run_id)
        for answer in ("a", "b"):
            while (await room.http.get(f"{path}?said={answer}")).status_code != 200:
                await asyncio.sleep(0.01)
        run = await final(room, run_id)
    assert [record["query"]["said"] for record in items(run)] == ["a", "b"]


async def address_of(room: Room, run_id: str) -> str:
    """The address of a run, as an expression would give it."""
    run, _wait = await room.app.database.read(lambda db: find_open_wait(db, run_id))
    assert run is not None
    return resume_path(run)


async def test_whoever_tries_out_addresses_of_waiting_runs_is_stopped(tmp_path: Path) -> None:
    limits = {"waiting_per_minute": 3}
    async with waiting(tmp_path, wait(resume="webhook", httpMethod="POST"), access=limits) as (room, run_id, path):
        tries = [await room.http.post(f"/webhook-waiting/{run_id}.{token:013x}") for token in range(3)]
        assert [answer.status_code for answer in tries] == [404] * 3
        refused = await room.http.post(path)
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) >= 1
        assert await room.rows("SELECT status FROM runs") == [("waiting",)]


async def test_the_secret_of_an_address_does_not_follow_from_the_runs_id(tmp_path: Path) -> None:
    async with waiting(tmp_path, wait(resume="webhook")) as (room, _run_id, _path):
        flow = room.served.workflow("w")
        trigger = flow.first_trigger
        assert trigger is not None
        release, scope = room.served.project.release, room.served.scope
        made = [room.app.engine.new_run(scope, release, flow, trigger, [], mode="production") for _ in range(20)]
    assert all(run.seed != int(run.run_id.replace("-", ""), 16) % 2**53 for run in made)
    assert len({run.seed for run in made}) == 20
