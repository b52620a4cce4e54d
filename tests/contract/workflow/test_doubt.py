"""A call that got no answer, from the doubt to the person's decision and the end of the run, in a sub-workflow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.chaos.rooms import Room, make_project, open_room, workflow
from tests.contract.workflow.test_waiting import START, TOLD, call, execute, fields, final, items

from tapbot.api.run_changes import Actor
from tapbot.errors import LimitExceeded
from tapbot.workflow.journal import Fence
from tapbot.workflow.run import MOST_STEP_BYTES, Run
from tapbot.workflow.types import Item, StepKind

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 8\r\nconnection: close\r\n\r\n"
ANSWER = HEAD + b'{"id":8}'


class Service:
    """Hangs up on the first call, and answers every other one."""

    def __init__(self) -> None:
        self.calls = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65_536)
        self.calls += 1
        if self.calls > 1:
            writer.write(ANSWER)
        writer.close()


@asynccontextmanager
async def in_doubt(tmp_path: Path) -> AsyncIterator[tuple[Room, Service, str]]:
    """A run whose sub-workflow asked for money and got no answer."""
    service = Service()
    server = await asyncio.start_server(service.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/pay"
    pay = {"name": "Pay", "type": "n8n-nodes-base.httpRequest", "typeVersion": 4.2}
    pay |= {"parameters": {"method": "POST", "url": url}}
    child = workflow("child", [TOLD, pay])
    parent = workflow("w", [START, call("child"), fields("After", paid="={{ $json.id }}")])
    folder = make_project(tmp_path / "project", [parent, child])
    async with server, open_room(folder, tmp_path / "data") as room, room.app.working():
        outcome = await execute(room)
        assert outcome.status == "in_doubt", outcome.error
        yield room, service, outcome.run_id


@pytest.mark.parametrize(
    ("decision", "output", "status", "paid", "calls"),
    [
        ("happened", {"id": 7}, "succeeded", "7", 1),
        ("again", None, "succeeded", "8", 2),
        ("fail", None, "failed", None, 1),
    ],
)
async def test_a_run_in_doubt_goes_on_as_a_person_says(
    tmp_path: Path, decision: str, output: Any, status: str, paid: str | None, calls: int
) -> None:
    async with in_doubt(tmp_path) as (room, service, run_id):
        actor = Actor(room.app.database, room.served.scope, None, datetime.now(UTC))
        await actor.decide(run_id, decision=decision, step=None, output=output)
        while (run := await final(room, run_id))["status"] == "in_doubt":
            await asyncio.sleep(0.01)
        assert run["status"] == status, run["error"]
        assert [item["paid"] for item in items(run)] == ([paid] if paid else [])
        assert service.calls == calls


@pytest.mark.parametrize("kind", [StepKind.SAFE, StepKind.NEVER])
async def test_an_output_that_is_too_large_fails_its_step_for_good(tmp_path: Path, kind: StepKind) -> None:
    folder = make_project(tmp_path / "project", [workflow("w", [START])])
    async with open_room(folder, tmp_path / "data") as room:
        engine, flow = room.app.engine, room.served.workflow("w")
        start = flow.nodes["Start"]
        new = engine.new_run(room.served.scope, room.served.project.release, flow, start, [Item(json={})], mode="x")
        run: Run = await engine.begin(new)
        assert run.fence == Fence(new.run_id, 1)

        async def give() -> str:
            return "x" * MOST_STEP_BYTES

        with pytest.raises(LimitExceeded) as caught:
            await run.step("Big/0/0", kind, [1], give)
        assert caught.value.code == "run.step_too_large"
        assert await room.rows("SELECT status FROM steps") == [("failed",)]
