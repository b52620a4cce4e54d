"""Every operation of the node Telegram, over real sockets to the emulator: what people see is what was asked for."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.chaos.rooms import Room, make_project, open_room, workflow
from tests.contract.workflow.test_waiting import START, execute
from tests.integration.emulators.serving import run_app

from tapbot.api.desk import answer
from tapbot.app.serving import desk_of
from tapbot.emulators.telegram.server import create_app
from tapbot.workflow import store

TOKEN = "616161:a-token-for-a-node"
GROUP = "-1001"
MARKUPS: dict[str, dict[str, Any]] = {
    "replyKeyboard": {"replyKeyboard": {"rows": [{"row": {"buttons": [{"text": "Yes"}]}}]}},
    "forceReply": {"forceReply": {"force_reply": True}},
    "replyKeyboardRemove": {"replyKeyboardRemove": {"remove_keyboard": True}},
}


def call(operation: str, resource: str = "message", name: str = "", **parameters: Any) -> dict[str, Any]:
    """A node Telegram; it is named after its operation."""
    return {
        "name": name or operation,
        "type": "n8n-nodes-base.telegram",
        "typeVersion": 1.2,
        "parameters": {"resource": resource, "operation": operation, **parameters},
        "credentials": {"telegramApi": {"id": "x", "name": "bot"}},
    }


def message_of(name: str) -> str:
    return f"={{{{ $('{name}').item.json.result.message_id }}}}"


@pytest.fixture
async def address() -> AsyncIterator[str]:
    async with run_app(create_app()) as running:
        yield running


@pytest.fixture
async def people(address: str) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=f"{address}/emulator/{TOKEN}/") as client:
        await client.post("users/7/messages", json={"text": "/start"})
        yield client


@asynccontextmanager
async def running(tmp_path: Path, address: str, nodes: list[dict[str, Any]]) -> AsyncIterator[Room]:
    project = make_project(tmp_path / "project", [workflow("w", [START, *nodes])])
    async with open_room(project, tmp_path / "data") as room:
        fields = {"accessToken": TOKEN, "baseUrl": address}
        await answer(desk_of(room.app), "credentials.add", {"kind": "telegramApi", "name": "bot", "fields": fields})
        yield room


async def results(room: Room) -> dict[str, Any]:
    """What Telegram answered to each node of a run that succeeds."""
    outcome = await execute(room)
    assert outcome.status == "succeeded", outcome.error
    run = await room.app.database.read(lambda db: store.get_run(db, room.served.scope, outcome.run_id))
    assert run is not None
    nodes = run["history"]["nodes"]
    return {name: given[0]["outputs"][0][0] for name, given in nodes.items()}


FILES = ("Animation", "Audio", "Document", "Photo", "Sticker", "Video")
PHOTO = "https://files.example.org/flat.jpg"


def file_nodes() -> list[dict[str, Any]]:
    """A file of the item for each kind, and each of them again by its id at Telegram."""
    field = {"name": "text", "value": "hello", "type": "string"}
    nodes = []
    for kind in FILES:
        words = {"name": f"Words {kind}", "type": "n8n-nodes-base.set", "typeVersion": 3.4}
        words["parameters"] = {"assignments": {"assignments": [field]}}
        made = {"operation": "toText", "sourceProperty": "text", "options": {"fileName": f"a.{kind.lower()}"}}
        file = {"name": f"File {kind}", "type": "n8n-nodes-base.convertToFile", "typeVersion": 1.1, "parameters": made}
        sent = call(f"send{kind}", chatId="7", binaryData=True, additionalFields={"disable_notification": True})
        path = f"result.{kind.lower()}" + ("[0]" if kind == "Photo" else "")
        known = f"={{{{ $('send{kind}').item.json.{path}.file_id }}}}"
        nodes += [words, file, sent, call(f"send{kind}", name=f"{kind} again", chatId="7", file=known)]
    return nodes


async def test_files_go_from_the_item_and_by_their_ids(
    tmp_path: Path, address: str, people: httpx2.AsyncClient
) -> None:
    document = "={{ $('sendDocument').item.json.result.document.file_id }}"
    nodes = [*file_nodes(), call("get", "file", fileId=document)]
    async with running(tmp_path, address, nodes) as room:
        answers = await results(room)
    for kind in FILES:
        sent = answers[f"send{kind}"]["json"]["result"]
        assert kind.lower() in sent
        again = answers[f"{kind} again"]["json"]["result"]
        assert again["message_id"] > sent["message_id"]
    assert answers["get"]["binary"]["data"]["fileSize"] == "5 B"


async def test_an_album_a_place_and_keyboards(tmp_path: Path, address: str, people: httpx2.AsyncClient) -> None:
    fields = {"caption": "*Flat*", "parse_mode": "MarkdownV2"}
    pictures = [{"type": "photo", "media": PHOTO, "additionalFields": fields}, {"type": "photo", "media": PHOTO}]
    preview = {"disable_web_page_preview": True, "reply_to_message_id": message_of("sendLocation")}
    nodes = [
        call("sendChatAction", chatId="7", action="typing"),
        call("sendMediaGroup", chatId="7", media={"media": pictures}),
        call("sendLocation", chatId="7", latitude=43.24, longitude=76.95),
        call("sendMessage", chatId="7", text="<b>Here</b>", additionalFields={"parse_mode": "HTML", **preview}),
        *(call("sendMessage", name=one, chatId="7", text=one, replyMarkup=one, **MARKUPS[one]) for one in MARKUPS),
    ]
    async with running(tmp_path, address, nodes) as room:
        answers = {name: given["json"].get("result") for name, given in (await results(room)).items()}
    assert {one: answers[one]["text"] for one in MARKUPS} == {one: one for one in MARKUPS}
    assert [one.get("caption") for one in answers["sendMediaGroup"]] == ["Flat", None]
    assert answers["sendLocation"]["location"]["latitude"] == pytest.approx(43.24)
    said = answers["sendMessage"]
    assert (said["text"], said["entities"][0]["type"]) == ("Here", "bold")
    assert said["link_preview_options"] == {"is_disabled": True}
    assert said["reply_to_message"]["message_id"] == answers["sendLocation"]["message_id"]


async def test_a_group_is_renamed_described_looked_at_and_left(
    tmp_path: Path, address: str, people: httpx2.AsyncClient
) -> None:
    await people.post("chats", json={"id": int(GROUP), "title": "Drivers", "bot": "administrator", "owner": 7})
    nodes = [
        call("get", "chat", chatId=GROUP),
        call("administrators", "chat", chatId=GROUP),
        call("member", "chat", chatId=GROUP, userId="7"),
        call("setTitle", "chat", chatId=GROUP, title="Night drivers"),
        call("setDescription", "chat", chatId=GROUP, description="From 22 to 6"),
        call("sendMessage", chatId=GROUP, text="Rules"),
        call("pinChatMessage", chatId=GROUP, messageId=message_of("sendMessage")),
        call("get", "chat", name="Pinned", chatId=GROUP),
        call("unpinChatMessage", chatId=GROUP, messageId=message_of("sendMessage")),
        call("editMessageText", chatId=GROUP, messageId=message_of("sendMessage"), text="New rules"),
        call("deleteMessage", chatId=GROUP, messageId=message_of("sendMessage")),
        call("leave", "chat", chatId=GROUP),
    ]
    async with running(tmp_path, address, nodes) as room:
        answers = {name: given["json"].get("result") for name, given in (await results(room)).items()}
    assert answers["get"]["title"] == "Drivers"
    assert answers["member"]["user"]["id"] == 7
    assert 7 in {one["user"]["id"] for one in answers["administrators"]}
    pinned = answers["Pinned"]
    assert (pinned["title"], pinned["description"]) == ("Night drivers", "From 22 to 6")
    assert pinned["pinned_message"]["text"] == "Rules"
    assert answers["editMessageText"]["text"] == "New rules"
    assert [answers[one] for one in ("unpinChatMessage", "deleteMessage", "leave")] == [True, True, True]


async def test_a_pressed_button_and_an_inline_query_are_answered(
    tmp_path: Path, address: str, people: httpx2.AsyncClient
) -> None:
    keyboard = {"inline_keyboard": [[{"text": "Take", "callback_data": "take"}]]}
    async with httpx2.AsyncClient(base_url=f"{address}/bot{TOKEN}/") as bot:
        sent = await bot.post("sendMessage", json={"chat_id": 7, "text": "A ride", "reply_markup": keyboard})
    pressed = {"message_id": sent.json()["result"]["message_id"], "data": "take"}
    press = (await people.post("users/7/press", json=pressed)).json()["callback_query_id"]
    question = (await people.post("users/7/inline", json={"query": "fl"})).json()["inline_query_id"]
    article = {"type": "article", "id": "1", "title": "Flat", "input_message_content": {"message_text": "A flat"}}
    shown = {"text": "Taken", "show_alert": True}
    nodes = [
        call("answerQuery", "callback", queryId=press, additionalFields=shown),
        call("answerInlineQuery", "callback", queryId=question, results=json.dumps([article])),
    ]
    async with running(tmp_path, address, nodes) as room:
        answers = await results(room)
    assert [answers[one]["json"]["result"] for one in ("answerQuery", "answerInlineQuery")] == [True, True]
    offered = (await people.get(f"inline/{question}")).json()["answer"]
    assert [one["title"] for one in offered["results"]] == ["Flat"]
