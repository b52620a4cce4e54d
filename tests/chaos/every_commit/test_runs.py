"""Commits of runs: accepted, taken up, parked, given up, changed by a person."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from tests.chaos.every_commit.world import ADD_NOTE, SET, begin_abandoned, hook, new_run, small, until
from tests.chaos.rooms import workflow

from tapbot.api.run_changes import Actor
from tapbot.storage.columns import owned
from tapbot.workflow import journal
from tapbot.workflow.resuming import look_up, resume_token
from tapbot.workflow.run import Parked, Waited


async def test_an_accepted_webhook_is_kept_and_ends(tmp_path: Path) -> None:
    async with small(tmp_path, workflow("add", [hook("add", "onReceived"), ADD_NOTE])) as room:
        async with room.app.working():
            assert (await room.http.post("/webhook/add", json={})).status_code == 200
            assert await room.rows("SELECT count(*) FROM runs") == [(1,)], "kept before it was acknowledged"
            await until(room, "SELECT status FROM runs", [("succeeded",)])
        assert await room.rows("SELECT status, kind FROM steps") == [("done", "stored")]


async def test_a_webhook_without_effects_is_kept_as_one_finished_row(tmp_path: Path) -> None:
    async with small(tmp_path, workflow("fast", [hook("fast"), SET])) as room:
        assert (await room.http.post("/webhook/fast", json={})).json() == {"ok": True}
        assert await room.rows("SELECT status, attempt FROM runs") == [("succeeded", 1)]


async def test_a_request_with_an_idempotency_key_counts_once(tmp_path: Path) -> None:
    flow = workflow(
        "add", [hook("add"), {**ADD_NOTE, "parameters": {**ADD_NOTE["parameters"], "values": {"note": "=n"}}}]
    )
    async with small(tmp_path, flow) as room, room.app.working():
        answers = await asyncio.gather(
            *(room.http.post("/webhook/add", json={"a": 1}, headers={"Idempotency-Key": "k1"}) for _ in range(5))
        )
        assert [answer.status_code for answer in answers] == [200] * 5
        assert len({answer.text for answer in answers}) == 1
        assert await room.rows("SELECT status FROM runs") == [("succeeded",)]
        other = await room.http.post("/webhook/add", json={"a": 2}, headers={"Idempotency-Key": "k1"})
        assert other.json()["code"] == "webhook.key_reused"


async def test_a_run_that_was_left_behind_is_taken_up(tmp_path: Path) -> None:
    async with small(tmp_path, workflow("add", [hook("add", "onReceived"), ADD_NOTE])) as room:
        await begin_abandoned(room, "add")
        async with room.app.working():
            await until(room, "SELECT status, attempt FROM runs", [("succeeded", 2)])


async def test_a_run_whose_workflow_is_gone_is_given_up(tmp_path: Path) -> None:
    async with small(tmp_path, workflow("add", [hook("add", "onReceived"), ADD_NOTE])) as room:
        run_id = await begin_abandoned(room, "add")
        await room.app.database.write(
            "test.forget",
            lambda db: db.exec_driver_sql("UPDATE runs SET workflow_id = 'gone' WHERE run_id = ?", (run_id,)) and None,
        )
        async with room.app.working():
            await until(
                room, "SELECT status, json_extract(error, '$.code') FROM runs", [("failed", "workflow.not_found")]
            )


async def test_a_run_that_ends_the_process_again_and_again_is_given_up(tmp_path: Path) -> None:
    async with small(tmp_path, workflow("add", [hook("add", "onReceived"), ADD_NOTE])) as room:
        run_id = await begin_abandoned(room, "add")
        query = "UPDATE runs SET attempt = 20, begun = 20 WHERE run_id = ?"
        await room.app.database.write("test.age", lambda db: db.exec_driver_sql(query, (run_id,)) and None)
        async with room.app.working():
            wanted = [("failed", "run.too_many_attempts")]
            await until(room, "SELECT status, json_extract(error, '$.code') FROM runs", wanted)


async def test_a_sub_workflow_that_nobody_waits_for_is_a_run_of_its_own(tmp_path: Path) -> None:
    call = {
        "name": "Call",
        "type": "n8n-nodes-base.executeWorkflow",
        "typeVersion": 1.2,
        "parameters": {"workflowId": "child", "options": {"waitForSubWorkflow": False}},
    }
    begin = {"name": "Begin", "type": "n8n-nodes-base.executeWorkflowTrigger", "typeVersion": 1.1}
    child, parent = workflow("child", [begin, ADD_NOTE]), workflow("parent", [hook("parent"), call])
    async with small(tmp_path, child, parent) as room, room.app.working():
        assert (await room.http.post("/webhook/parent", json={})).status_code == 200
        ended = [("child", "succeeded"), ("parent", "succeeded")]
        await until(room, "SELECT workflow_id, status FROM runs ORDER BY workflow_id", ended)


async def test_a_run_for_whoever_has_time_is_kept(tmp_path: Path) -> None:
    async with small(tmp_path, workflow("add", [hook("add"), ADD_NOTE])) as room:
        new, flow = new_run(room, "add")
        assert (await room.app.engine.start(new, flow, here=False)).new
        assert await room.rows("SELECT status FROM runs") == [("ready",)]


async def test_a_run_parks_with_its_answer(tmp_path: Path) -> None:
    respond = {"name": "Answer", "type": "n8n-nodes-base.respondToWebhook", "typeVersion": 1.1}
    wait = {"name": "Wait", "type": "n8n-nodes-base.wait", "typeVersion": 1.1, "parameters": {"amount": 900}}
    async with small(tmp_path, workflow("ask", [hook("ask", "responseNode"), ADD_NOTE, respond, wait])) as room:
        await begin_abandoned(room, "ask")
        async with room.app.working():
            await until(room, "SELECT status, reply IS NOT NULL FROM runs", [("waiting", 1)])


async def test_how_a_wait_for_an_event_ended_is_recorded(tmp_path: Path) -> None:
    async with small(tmp_path, workflow("add", [hook("add"), ADD_NOTE])) as room:
        new, _flow = new_run(room, "add")
        run = await room.app.engine.begin(new)
        with pytest.raises(Parked) as parked:
            await run.wait("Ask/0", None, "approval 7", node="Ask")
        assert parked.value.step is not None
        step, scope, now = parked.value.step, room.served.scope, room.app.clock()

        def come(db: Connection) -> None:
            journal.finish_step(db, run.fence, step)
            journal.deliver(db, scope, "approval 7", "yes", now=now)

        await room.app.database.write("test.come", come)
        assert await (await room.app.engine.reread(run)).wait("Ask/0", None, "approval 7") == Waited(True, "yes")
        assert await room.rows("SELECT status, json_extract(output, '$.payload') FROM steps") == [("done", "yes")]


async def test_what_a_person_decides_about_runs_is_kept(tmp_path: Path) -> None:
    wait = {"name": "Wait", "type": "n8n-nodes-base.wait", "typeVersion": 1.1, "parameters": {"amount": 900}}
    async with small(tmp_path, workflow("later", [hook("later", "onReceived"), wait, ADD_NOTE])) as room:
        changes = Actor(room.app.database, room.served.scope, None, room.app.clock())
        async with room.app.working():
            await room.http.post("/webhook/later", json={})
            await until(room, "SELECT status FROM runs", [("waiting",)])
            [(run_id,)] = await room.rows("SELECT run_id FROM runs")
        assert await changes.end_wait(run_id) == run_id
        assert await room.rows("SELECT status FROM runs") == [("ready",)]
        assert await changes.cancel(run_id) == run_id
        assert await room.rows("SELECT status FROM runs") == [("cancelled",)]
        await changes.retry(run_id, start="failed_step", which="same", current=None, new_run_id="unused")
        assert await room.rows("SELECT status FROM runs") == [("ready",)]


async def test_a_decision_about_a_step_in_doubt_is_kept(tmp_path: Path) -> None:
    async with small(tmp_path, workflow("add", [hook("add"), ADD_NOTE])) as room:
        new, _flow = new_run(room, "add")
        run, now = await room.app.engine.begin(new), room.app.clock()

        def leave_in_doubt(db: Connection) -> None:
            step: dict[str, Any] = {
                "run_id": new.run_id,
                "step_key": "Pay/0/0",
                "position": 1,
                "node": "Pay",
                "kind": "never",
            }
            step |= {"attempt": 1, "input_hash": "h", "started_at": now, **owned(room.served.scope)}
            journal.begin_step(db, run.fence, step)
            told = {"code": "run.in_doubt", "message": "?", "place": "Pay/0/0", "hint": None}
            ended: dict[str, Any] = {"status": "in_doubt", "output": [], "history": None, "error": told}
            journal.finish_run(db, new.run_id, run.fence, now=now, **ended)

        await room.app.database.write("test.doubt", leave_in_doubt)
        changes = Actor(room.app.database, room.served.scope, None, now)
        await changes.decide(new.run_id, decision="happened", step=None, output={"id": 7})
        assert await room.rows("SELECT status FROM runs") == [("ready",)]


async def test_a_call_to_a_waiting_run_is_kept(tmp_path: Path) -> None:
    wait = {"name": "Wait", "type": "n8n-nodes-base.wait", "typeVersion": 1.1, "parameters": {"resume": "webhook"}}
    flow = workflow("ask", [hook("ask", "onReceived"), wait, ADD_NOTE])
    async with small(tmp_path, flow) as room, room.app.working():
        await room.http.post("/webhook/ask", json={})
        await until(room, "SELECT status FROM runs", [("waiting",)])
        [(run_id,)] = await room.rows("SELECT run_id FROM runs")
        run, _wait = await look_up(room.app.database, run_id)
        assert run is not None
        called = await room.http.get(f"/webhook-waiting/{run_id}.{resume_token(run)}")
        assert called.status_code == 200, called.text
        await until(room, "SELECT status FROM runs", [("succeeded",)])
