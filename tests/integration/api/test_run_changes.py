"""Cancel, resume, retry and decide over the management API, and the same from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, select
from tests.integration.api.conftest import House

from tapbot.access.tables import audit_log
from tapbot.api.desk import Desk, answer
from tapbot.storage.columns import owned
from tapbot.workflow import journal, store
from tapbot.workflow.journal import Fence, NewRun, ParkedRun
from tapbot.workflow.tables import steps

IN_DOUBT = {"code": "run.in_doubt", "message": "?", "place": "Pay/0/0", "hint": None}


def new_run(house: House, run_id: str) -> NewRun:
    now = house.clocks.now
    return NewRun(
        run_id=run_id,
        scope=house.served.scope,
        release="old",
        kind="workflow",
        workflow_id="hello",
        name="Hello",
        trigger_node="Webhook",
        mode="webhook",
        input=[{"json": {"headers": {"authorization": "Bearer secret"}}}],
        clock=now,
        seed=1,
        created_at=now,
    )


async def keep(house: House, run_id: str, change: Callable[[Connection, Fence], None]) -> None:
    def write(db: Connection) -> None:
        journal.begin_run(db, new_run(house, run_id), holder="one")
        change(db, Fence(run_id, 1))

    await house.database.write("test", write)


def end(house: House, run_id: str, status: str, error: Any) -> Callable[[Connection, Fence], None]:
    return lambda db, fence: journal.finish_run(
        db, run_id, fence, status=status, output=[], history=None, error=error, now=house.clocks.now
    )


async def put_in_doubt(house: House, run_id: str) -> None:
    def change(db: Connection, fence: Fence) -> None:
        step = {"run_id": run_id, "step_key": "Pay/0/0", "position": 1, "node": "Pay", "kind": "never", "attempt": 1}
        step |= {"input_hash": "h", "started_at": house.clocks.now, **owned(house.served.scope)}
        journal.begin_step(db, fence, step)
        end(house, run_id, "in_doubt", IN_DOUBT)(db, fence)

    await keep(house, run_id, change)


async def post(house: House, path: str, body: Any = None, who: str = "admin") -> httpx.Response:
    async with house.logged_in(who) as client:
        return await client.post(f"/api/v1{path}", json=body)


async def status_of(house: House, run_id: str) -> str:
    run = await house.database.read(lambda db: store.get_run(db, house.served.scope, run_id))
    assert run is not None
    return str(run["status"])


async def audited(house: House) -> list[tuple[str, str]]:
    query = select(audit_log.c.action, audit_log.c.subject).where(audit_log.c.action.startswith("run."))
    return await house.database.read(lambda db: [(row.action, row.subject) for row in db.execute(query)])


async def test_a_running_run_is_cancelled_and_the_audit_log_knows_who_did_it(house: House) -> None:
    await keep(house, "a", lambda _db, _fence: None)
    reply = await post(house, "/runs/a/cancel")
    assert (reply.status_code, reply.json()) == (200, {"id": "a"})
    assert await status_of(house, "a") == "cancelled"
    assert await audited(house) == [("run.cancelled", "a")]
    async with house.logged_in() as client:
        detail = (await client.get("/api/v1/runs/a")).json()
    [change] = detail["changes"]
    assert (change["reason"], change["actor_id"]) == ("run.cancelled", house.people["admin"].principal_id)
    again = await post(house, "/runs/a/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "run.is_over")


async def test_a_waiting_run_shows_when_it_goes_on_and_can_be_resumed(house: House) -> None:
    due_at = house.clocks.now + timedelta(days=1)

    def park(db: Connection, fence: Fence) -> None:
        parked = ParkedRun("a", {"format": 1}, {"order": []})
        scope, now = house.served.scope, house.clocks.now
        journal.park_run(db, fence, scope, parked, [], wake_at=due_at, event_key=None, now=now)

    await keep(house, "a", park)
    async with house.logged_in("monitor") as client:
        [listed] = (await client.get("/api/v1/runs", params={"status": "waiting"})).json()["items"]
    assert listed["wake_at"].startswith("2026-03-02T12:00:00")
    assert (await post(house, "/runs/a/resume")).status_code == 200
    assert await status_of(house, "a") == "ready"


async def test_a_failed_run_is_retried_with_the_release_that_is_wanted(house: House) -> None:
    for run_id in ("a", "b"):
        await keep(house, run_id, end(house, run_id, "failed", {"code": "x", "message": "no"}))
    assert (await post(house, "/runs/a/retry", {"release": "current"})).json() == {"id": "a"}
    new_id = (await post(house, "/runs/b/retry", {"start": "beginning"})).json()["id"]
    async with house.logged_in() as client:
        first = (await client.get("/api/v1/runs/a")).json()
        second = (await client.get(f"/api/v1/runs/{new_id}")).json()
    assert (first["status"], first["release"]) == ("ready", house.served.project.release)
    assert (second["retry_of"], second["release"]) == ("b", "old")
    assert "new idempotency keys" in second["changes"][0]["message"]


async def test_a_step_in_doubt_is_decided(house: House) -> None:
    await put_in_doubt(house, "a")
    reply = await post(house, "/runs/a/decide", {"decision": "happened", "output": {"id": 7}})
    assert reply.status_code == 200, reply.text
    assert await status_of(house, "a") == "ready"
    output = await house.database.read(lambda db: db.execute(select(steps.c.output)).scalar_one())
    assert output == [{"json": {"id": 7}}]
    assert (await post(house, "/runs/a/decide", {"decision": "perhaps"})).status_code == 400


@pytest.mark.parametrize("act", ["cancel", "resume", "retry", "decide"])
async def test_only_who_may_write_runs_changes_them(house: House, act: str) -> None:
    await keep(house, "a", lambda _db, _fence: None)
    body = {"decision": "again"} if act == "decide" else {}
    reply = await post(house, f"/runs/a/{act}", body, who="monitor")
    assert (reply.status_code, reply.json()["code"]) == (403, "access.not_permitted")
    async with house.logged_in() as client:
        del client.headers["X-CSRF-Token"]
        reply = await client.post(f"/api/v1/runs/a/{act}", json=body)
    assert (reply.status_code, reply.json()["code"]) == (403, "access.csrf")
    assert (await post(house, f"/runs/none/{act}", body)).status_code == 404
    assert await status_of(house, "a") == "running"


async def test_commands_answer_the_same_and_show_no_secret_header(house: House) -> None:
    desk = Desk(house.database, {"taxi": house.served.project}, stored=[house.served.scope])
    await put_in_doubt(house, "a")
    shown = await answer(desk, "runs.show", {"run_id": "a"})
    assert "secret" not in json.dumps(shown, default=str)
    assert shown["steps"][0]["status"] == "started"
    await answer(desk, "runs.decide", {"run_id": "a", "decision": "fail"})
    assert await status_of(house, "a") == "failed"
    [listed] = await answer(desk, "runs.list", {"reason": "run.given_up"})
    assert listed["run_id"] == "a"
    retried = await answer(desk, "runs.retry", {"run_id": "a", "start": "beginning", "release": "current"})
    run = await house.database.read(lambda db: store.get_run(db, house.served.scope, retried["run_id"]))
    assert run is not None
    assert run["release"] == house.served.project.release
    await answer(desk, "runs.cancel", {"run_id": retried["run_id"]})
    assert await status_of(house, retried["run_id"]) == "cancelled"
