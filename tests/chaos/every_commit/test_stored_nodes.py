"""Commits of nodes that store something: rows of tables, and what was seen in earlier runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.chaos.every_commit.world import hook, small, until
from tests.chaos.rooms import workflow


async def call(tmp_path: Path, node: dict[str, Any], query: str, wanted: list[tuple[Any, ...]]) -> None:
    """Call a webhook whose run does one thing, and look for what it leaves."""
    node = {"name": "Node", "typeVersion": 1, **node}
    async with small(tmp_path, workflow("one", [hook("one", "onReceived"), node])) as room, room.app.working():
        assert (await room.http.post("/webhook/one", json={})).status_code == 200
        await until(room, "SELECT status FROM runs", [("succeeded",)])
        assert await room.rows(query) == wanted


async def test_a_row_of_a_table_is_kept_with_its_step(tmp_path: Path) -> None:
    columns = {"mappingMode": "defineBelow", "value": {"note": "kept"}}
    parameters = {"operation": "insert", "dataTableId": {"mode": "name", "value": "Notes"}, "columns": columns}
    node = {"type": "n8n-nodes-base.dataTable", "parameters": parameters}
    await call(tmp_path, node, "SELECT kind, status FROM steps", [("stored", "done")])


async def test_what_a_run_saw_is_kept_with_its_step(tmp_path: Path) -> None:
    parameters = {"operation": "removeItemsSeenInPreviousExecutions", "dedupeValue": "one"}
    node = {"type": "n8n-nodes-base.removeDuplicates", "parameters": parameters, "typeVersion": 2}
    await call(tmp_path, node, "SELECT workflow_id, node, kind FROM seen_values", [("one", "Node", "value")])
