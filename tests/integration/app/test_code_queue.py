"""Runs with Code wait in line for a process, as long as the settings say."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from tests.chaos.rooms import Room, open_room
from tests.integration.roles.cluster import hook, node, workflow

RUNS = 6
LONG = "let n = 0; for (let i = 0; i < 60000000; i++) n = (n * 31 + i) % 1000003; return [{json: {n}}];"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "bench"
    (folder / "workflows").mkdir(parents=True)
    (folder / "tapbot.toml").write_text('[project]\nenvironment = "prod"\n')
    flow = workflow("long", hook("long", "onReceived"), node("Long", "code", {"jsCode": LONG}, 2))
    (folder / "workflows" / "long.json").write_text(json.dumps(flow))
    return folder


async def end_some(room: Room) -> list[tuple[Any, ...]]:
    """Send runs, wait for their end, and give how they ended."""
    async with room.app.working():
        answers = await asyncio.gather(*(room.http.post("/webhook/long", json={}) for _ in range(RUNS)))
        assert [answer.status_code for answer in answers] == [200] * RUNS
        while await room.rows("SELECT 1 FROM runs WHERE status IN ('ready', 'running')"):
            await asyncio.sleep(0.05)
    return await room.rows("SELECT status, reason, count(*) FROM runs GROUP BY 1, 2 ORDER BY 3")


async def test_a_burst_of_long_code_waits_for_its_turn(project: Path, tmp_path: Path) -> None:
    async with open_room(project, tmp_path / "data") as room:
        assert room.app.settings.sandbox.code_queue_seconds >= 600
        assert await end_some(room) == [("succeeded", None, RUNS)]


async def test_a_run_that_waits_for_too_long_says_so(project: Path, tmp_path: Path) -> None:
    async with open_room(project, tmp_path / "data", sandbox={"code_queue_seconds": 0.01}) as room:
        ended = {row[:2] for row in await end_some(room)}
        errors = await room.rows("SELECT error FROM runs WHERE status = 'failed'")
    assert ended == {("succeeded", None), ("failed", "run.node_failed")}, "whoever was first had a process"
    assert all("No sandbox process was free within 0.01 s" in str(error) for (error,) in errors)
