"""A scripted model for the taxi bot's agent: the booking dialogues, and a server that a real process can ask."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx2
import uvicorn

from tapbot.emulators.model.script import Script
from tapbot.emulators.model.server import create_app

Rule = dict[str, Any]
MODEL, KEY = "main", "sk-emulated-key-that-must-not-be-shown"
START_SECONDS = 20


def call(name: str, **arguments: Any) -> Rule:
    """An answer that calls one tool."""
    return {"tool_calls": [{"name": name, "arguments": arguments}]}


def booking_rules(departs_at: datetime) -> list[Rule]:
    """What a good model answers in the booking dialogues of `tests/chaos/dialogues.py`, in all three languages.

    Args:
        departs_at: What `tomorrow at 8` means; the model gives it without a zone, as models do.
    """
    moment = departs_at.replace(tzinfo=None).isoformat(timespec="minutes")
    book = {"departs_at": moment, "seats": 2, "phone": "87011234567"}
    return [
        {"when": {"tool": "quote", "text": "сколько"}, "then": {"content": "Цена по тарифу: {{tool_result}}. Когда?"}},
        {"when": {"tool": "quote", "text": "қанша"}, "then": {"content": "Бағасы: {{tool_result}}. Қашан?"}},
        {"when": {"tool": "quote"}, "then": {"content": "The price is {{tool_result}}. When do you leave?"}},
        {"when": {"text": "сколько стоит"}, "then": call("quote", from_city="Алматы", to_city="Тараза")},
        {"when": {"text": "қанша тұрады"}, "then": call("quote", from_city="Алматыдан", to_city="Таразға")},
        {"when": {"text": "how much"}, "then": call("quote", from_city="Almaty", to_city="Taraz")},
        {"when": {"text": "нас двое"}, "then": {"content": "Хорошо. Напишите ваш телефон."}},
        {"when": {"text": "екі адам"}, "then": {"content": "Жақсы. Телефоныңызды жазыңыз."}},
        {"when": {"text": "two of us"}, "then": {"content": "Good. What is your phone number?"}},
        {"when": {"text": "87011234567"}, "then": call("book", from_city="Алматы", to_city="Taraz", **book)},
        {"then": {"content": "Чем ещё помочь?"}},
    ]


def agent_env(base_url: str, bot: str = "taxi") -> dict[str, str]:
    """Settings, as the environment gives them, that let a model answer for a bot whose own file names none."""
    prefix = f"TAPBOT_MODELS__{MODEL.upper()}__"
    return {
        f"TAPBOT_BOTS__{bot.upper()}__MODEL": MODEL,
        f"{prefix}BASE_URL": base_url,
        f"{prefix}MODEL": "emulated",
        f"{prefix}API_KEY": KEY,
    }


@dataclass(frozen=True)
class ScriptedModel:
    """The emulator, running in a thread of the test."""

    url: str

    @property
    def env(self) -> dict[str, str]:
        """Settings for a process that asks it."""
        return agent_env(f"{self.url}/v1")

    def asked(self) -> list[dict[str, Any]]:
        """The bodies of all requests so far, the oldest first."""
        requests = httpx2.get(f"{self.url}/emulator/requests", timeout=10).json()["requests"]
        return [request["body"] for request in requests]

    def forget(self) -> None:
        """Begin to count anew."""
        httpx2.delete(f"{self.url}/emulator/requests", timeout=10).raise_for_status()


@contextmanager
def scripted_model(rules: list[Rule]) -> Iterator[ScriptedModel]:
    """Serve a script on loopback for the length of a block."""
    app = create_app(script=Script.model_validate({"rules": rules}), keys=frozenset({KEY}))
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + START_SECONDS
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    try:
        yield ScriptedModel(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}")
    finally:
        server.should_exit = True
        thread.join(10)
