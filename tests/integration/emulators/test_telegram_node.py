"""The node Telegram in a workflow, over real sockets to the emulator: it writes, edits, sends a file and deletes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
from tests.chaos.rooms import make_project, open_room, workflow
from tests.contract.workflow.test_waiting import START, execute
from tests.integration.emulators.serving import run_app

from tapbot.api.desk import answer
from tapbot.app.serving import desk_of
from tapbot.emulators.telegram.server import create_app

TOKEN = "616161:a-token-for-a-node"


def call(name: str, **parameters: Any) -> dict[str, Any]:
    node = {"name": name, "type": "n8n-nodes-base.telegram", "typeVersion": 1.2, "parameters": parameters}
    return {**node, "credentials": {"telegramApi": {"id": "x", "name": "bot"}}}


async def test_a_workflow_writes_edits_and_deletes_in_a_chat(tmp_path: Path) -> None:
    number = "={{ $('Say').item.json.result.message_id }}"
    keyboard = {"rows": [{"row": {"buttons": [{"text": "Take", "additionalFields": {"callback_data": "take"}}]}}]}
    said = call("Say", chatId="7", text="A ride", replyMarkup="inlineKeyboard", inlineKeyboard=keyboard)
    edited = call("Edit", operation="editMessageText", chatId="7", messageId=number, text="Taken")
    gone = call(
        "Away", operation="deleteMessage", chatId="7", messageId="={{ $('Spare').item.json.result.message_id }}"
    )
    nodes = [START, said, edited, call("Spare", chatId="7", text="Spare"), gone]
    async with (
        run_app(create_app()) as address,
        open_room(make_project(tmp_path / "project", [workflow("w", nodes)]), tmp_path / "data") as room,
        httpx2.AsyncClient(base_url=f"{address}/emulator/{TOKEN}/") as people,
    ):
        await people.post("users/7/messages", json={"text": "/start"})
        fields = {"accessToken": TOKEN, "baseUrl": address}
        await answer(desk_of(room.app), "credentials.add", {"kind": "telegramApi", "name": "bot", "fields": fields})
        outcome = await execute(room)
        assert outcome.status == "succeeded", outcome.error
        chat = (await people.get("chats/7")).json()
    assert [one["text"] for one in chat["messages"]] == ["/start", "Taken"]


async def test_a_token_that_telegram_does_not_know_is_in_no_message(tmp_path: Path) -> None:
    async with (
        run_app(create_app()) as address,
        open_room(
            make_project(tmp_path / "project", [workflow("w", [START, call("Say", chatId="7", text="x")])]),
            tmp_path / "data",
        ) as room,
    ):
        fields = {"accessToken": "no-token-at-all", "baseUrl": address}
        await answer(desk_of(room.app), "credentials.add", {"kind": "telegramApi", "name": "bot", "fields": fields})
        outcome = await execute(room)
    assert outcome.status == "failed"
    assert "BotFather" in str(outcome.error)
    assert "no-token-at-all" not in str(outcome.error)
