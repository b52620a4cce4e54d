"""Commits of conversation triggers: what happens in a conversation begins its run once, and the run answers there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.chaos.every_commit.world import small, until
from tests.chaos.rooms import Room, workflow

from tapbot.inbox import holding
from tapbot.inbox.types import Actor, Handover

RUNS = "SELECT count(*) FROM runs WHERE mode = 'conversation'"
OURS = "SELECT text FROM messages WHERE author = 'bot' AND text LIKE 'menu%' ORDER BY position"


def trigger(**parameters: Any) -> dict[str, Any]:
    return {"name": "On news", "type": "tapbot.conversationTrigger", "typeVersion": 1, "parameters": parameters}


MENU = {
    "name": "Menu",
    "type": "n8n-nodes-base.convertToFile",
    "typeVersion": 1.1,
    "parameters": {
        "operation": "toText",
        "sourceProperty": "message.text",
        "options": {"fileName": "menu.txt"},
    },
}
ANSWER = {
    "name": "Answer",
    "type": "tapbot.sendMessage",
    "typeVersion": 1,
    "parameters": {"text": "=menu for {{ $('On news').item.json.message.text }}", "files": "data"},
}
NOTE = {"name": "Note", "type": "n8n-nodes-base.noOp", "typeVersion": 1, "parameters": {}}


async def write(room: Room, *texts: str) -> str:
    token = str((await room.http.post("/chat/helper/token", json={})).json()["token"])
    for number, said in enumerate(texts):
        headers, body = {"X-Chat-Token": token}, {"id": str(number), "text": said}
        answer = await room.http.post("/chat/helper/messages", headers=headers, json=body)
        assert answer.status_code in (200, 202), answer.text
    return token


async def test_a_message_begins_a_run_that_answers_with_a_file_in_the_same_conversation(tmp_path: Path) -> None:
    flow = workflow("menu", [trigger(), MENU, ANSWER])
    async with small(tmp_path, flow) as room:
        await write(room, "before anybody listened")
        await room.app.watchers.facts.look()
        async with room.app.working():
            token = await write(room, "pizza", "soup")
            await until(room, RUNS + " AND status = 'succeeded'", [(2,)])
            await until(room, "SELECT count(*) FROM outbox WHERE status != 'sent'", [(0,)])
        assert await room.rows(OURS) == [("menu for pizza",), ("menu for soup",)]
        [[file_id]] = await room.rows("SELECT file_id FROM chat_files ORDER BY created_at LIMIT 1")
        got = await room.http.get(f"/chat/helper/files/{file_id}", headers={"X-Chat-Token": token})
        assert (got.status_code, got.text) == (200, "pizza")
        runs = await room.rows(
            "SELECT input, conversation_id FROM runs WHERE mode = 'conversation' ORDER BY created_at"
        )
        item = json.loads(runs[0][0])[0]["json"]
        assert (item["event"], item["message"]["text"], item["conversation"]["id"]) == (
            "messageReceived",
            "pizza",
            runs[0][1],
        )
        assert item["conversation"]["channel"] == "webchat"


async def test_what_happened_while_nothing_ran_begins_its_run_once(tmp_path: Path) -> None:
    flow = workflow("menu", [trigger(), NOTE])
    async with small(tmp_path, flow) as room:
        await room.app.watchers.facts.look()
        await write(room, "one")
    for _ in range(2):
        async with small(tmp_path, flow) as room:
            for _again in range(3):
                await room.app.watchers.facts.look()
            assert await room.rows(RUNS) == [(1,)]


async def test_each_change_of_the_holder_is_told_as_what_it_is(tmp_path: Path) -> None:
    flow = workflow("desk", [trigger(events=["opened", "handedOver", "returned", "closed"]), NOTE])
    async with small(tmp_path, flow) as room:
        await room.app.watchers.facts.look()
        await write(room, "hello")
        [[conversation_id]] = await room.rows("SELECT conversation_id FROM conversations")
        scope, now = room.served.scope, room.app.clock()
        person = Actor("person", "7")

        def change(db: Any) -> None:
            holding.hand_over(db, scope, conversation_id, Handover("asked"), actor=person, now=now)
            holding.give_back(db, scope, conversation_id, actor=person, reason="done", now=now)

        await room.app.database.write("test.change", change)
        await room.app.watchers.facts.look()
        begun = await room.rows("SELECT input FROM runs WHERE mode = 'conversation' ORDER BY created_at, run_id")
        told = [json.loads(text)[0]["json"] for (text,) in begun]
        assert sorted(one["event"] for one in told) == ["handedOver", "opened", "returned"]
        assert {one["reason"] for one in told if one["event"] == "handedOver"} == {"asked"}
        assert all(one["message"] is None for one in told)


async def test_another_bot_or_channel_begins_nothing(tmp_path: Path) -> None:
    flows = [
        {**workflow("other_bot", [trigger(bot="another"), NOTE])},
        {**workflow("other_channel", [trigger(channel="telegram"), NOTE])},
    ]
    async with small(tmp_path, *flows) as room:
        await room.app.watchers.facts.look()
        await write(room, "hello")
        await room.app.watchers.facts.look()
        assert await room.rows(RUNS) == [(0,)]
