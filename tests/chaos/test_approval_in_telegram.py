"""A run asks in Telegram, the server is killed with -9, and a pressed button still decides, once."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.chaos.passengers import PATIENCE_SECONDS
from tests.chaos.process import HTTP, TapbotProcess
from tests.chaos.rooms import make_project, workflow
from tests.chaos.soaking import TAXI
from tests.chaos.telegram import MODES, TelegramPassenger, connect, emulated_telegram, order_duplicates

HOOK = {"path": "refund", "httpMethod": "POST", "responseMode": "onReceived"}
CHAT = {"bot": "taxi", "channel": "telegram", "chatId": "501"}
ASK = {"question": "Refund?", "details": {"amount": 500}, "chat": CHAT, "language": "en"}
NODES: list[dict[str, Any]] = [
    {"name": "Hook", "type": "n8n-nodes-base.webhook", "typeVersion": 2, "parameters": HOOK},
    {"name": "Ask", "type": "tapbot.askPerson", "parameters": ASK},
]


@pytest.fixture
def telegram() -> Iterator[str]:
    with emulated_telegram() as address:
        yield address


@pytest.fixture(params=MODES)
def server(request: pytest.FixtureRequest, tmp_path: Path, telegram: str) -> Iterator[TapbotProcess]:
    folder = tmp_path / "project"
    shutil.copytree(TAXI, folder)
    made = TapbotProcess(tmp_path / "data", project=str(make_project(folder, [workflow("refund", NODES)], TAXI_FILES)))
    connect(made, telegram, request.param)
    yield made
    made.kill()


TAXI_FILES = {"tapbot.toml": (TAXI / "tapbot.toml").read_text("utf-8")}


def wait_for(person: TelegramPassenger, begins: str) -> None:
    """Wait until the bot has said something that begins so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not any(text.startswith(begins) for text in person.heard):
        assert time.monotonic() < deadline, person.heard
        time.sleep(0.03)


def wait_ended(server: TapbotProcess) -> None:
    """Wait until the run that asked is over."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while [run["status"] for run in server.ask("runs", "list", "--workflow", "refund")] != ["succeeded"]:
        assert time.monotonic() < deadline, server.log_tail()


def test_a_button_pressed_after_a_kill_decides_once(server: TapbotProcess, telegram: str) -> None:
    server.start()
    person = TelegramPassenger(server, telegram)
    person.say("Hello")  # a bot cannot write first
    HTTP.post(f"{server.url}/webhook/refund", json={}).raise_for_status()
    wait_for(person, "Refund?")
    server.kill()
    server.start()
    order_duplicates(telegram)
    person.press("✅ Approve")
    [asked] = server.ask("approvals", "list")
    assert asked["status"] == "approved"
    wait_ended(server)
    assert [text for text in person.heard if text.startswith("Approved")] == ["Approved: Refund?"]
