"""A saved file is served a moment later; a broken one leaves what was there."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

from tests.chaos.rooms import Room, make_project, open_room, workflow

from tapbot.app.watching import watch_folder

HOOK: dict[str, Any] = {
    "name": "Hook",
    "type": "n8n-nodes-base.webhook",
    "typeVersion": 2,
    "parameters": {"path": "hello", "httpMethod": "POST", "responseMode": "lastNode"},
}


def say(word: str) -> dict[str, Any]:
    fields = {"assignments": {"assignments": [{"name": "said", "value": word, "type": "string"}]}}
    return workflow(
        "hello", [HOOK, {"name": "Set", "type": "n8n-nodes-base.set", "typeVersion": 3.4, "parameters": fields}]
    )


async def until_said(room: Room, word: str) -> None:
    for _ in range(100):
        answer = await room.http.post("/webhook/hello", json={})
        if answer.json().get("said") == word:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(answer.text)


async def test_a_saved_workflow_is_served_and_a_broken_one_is_not(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project", [say("one")])
    async with open_room(folder, tmp_path / "data") as room:
        task = asyncio.create_task(watch_folder(room.app, folder, {}))
        await until_said(room, "one")
        make_project(folder, [say("two")])
        await until_said(room, "two")
        (folder / "tapbot.toml").write_text("[projekt]\n")
        await asyncio.sleep(1.5)
        await until_said(room, "two")
        releases = await room.rows("SELECT count(*) FROM releases")
        runs = await room.rows("SELECT count(DISTINCT release) FROM runs")
        assert (releases, runs) == ([(2,)], [(2,)]), json.dumps([releases, runs])
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
