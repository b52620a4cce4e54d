"""Telegram, emulated in this process so that it outlives the server, and a passenger who writes there."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from tests.chaos.passengers import PATIENCE_SECONDS
from tests.chaos.process import HTTP, TapbotProcess, free_port

from tapbot.emulators.telegram.server import create_app

TOKEN = "123456:" + "e" * 35
SECRET = "a-secret-of-some-length"
DOUBT_SECONDS = 0.25
"""How long somebody waits for a reply before a person looks whether it is in doubt."""
MODES = ("webhook", "polling")
Json = dict[str, Any]


@contextmanager
def emulated_telegram() -> Iterator[str]:
    """Run the emulator in a thread; gives its address."""
    port = free_port()
    config = uvicorn.Config(create_app(), port=port, log_config=None, access_log=False, timeout_graceful_shutdown=1)
    emulator = uvicorn.Server(config)
    thread = threading.Thread(target=emulator.run, name="telegram")
    thread.start()
    while not emulator.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        emulator.should_exit = True
        thread.join(30)


def connect(server: TapbotProcess, telegram: str, mode: str) -> None:
    """Give the taxi bot a Telegram channel."""
    section = "TAPBOT_CHANNELS__TELEGRAM__TAXI__"
    server.env |= {f"{section}TOKEN": TOKEN, f"{section}API_URL": telegram, f"{section}MODE": mode}
    if mode == "webhook":
        server.env |= {f"{section}SECRET": SECRET, "TAPBOT_SERVER__PUBLIC_URL": server.url}


def order_duplicates(telegram: str) -> None:
    """Let each update be delivered twice."""
    HTTP.post(f"{telegram}/emulator/faults", json={"kind": "duplicate", "count": 1000}).raise_for_status()


class TelegramPassenger:
    """Somebody who writes to the bot in Telegram, once: there the resending is Telegram's business.

    Args:
        telegram: Address of the emulator.
        user_id: Who writes; also the id of the private chat.
    """

    def __init__(self, server: TapbotProcess, telegram: str, user_id: int = 501) -> None:
        self._server = server
        self._telegram = telegram
        self.user_id = user_id

    @property
    def chat_id(self) -> str:
        """The private chat, as the bot knows it."""
        return str(self.user_id)

    @property
    def heard(self) -> list[str]:
        """Everything that the bot said, as this person sees it."""
        return [message["text"] for message in self._messages()]

    @property
    def presses(self) -> list[Json]:
        """The buttons that were pressed, and whether the bot said that it saw them."""
        return list(self._look().get("presses", []))

    def say(self, text: str) -> list[Json]:
        """Write, and wait for something that was not said before."""
        known = set(self.heard)
        self._act("messages", {"text": text, "first_name": "Aru"})
        return self._wait_for_news(known, text)

    def press(self, label: str) -> list[Json]:
        """Press the newest button of that name, and wait for something that was not said before."""
        known = set(self.heard)
        message, button = next(
            (message, button)
            for message in reversed(self._messages())
            for row in message["buttons"]
            for button in row
            if button["label"] == label
        )
        self._act("press", {"message_id": message["message_id"], "data": button["data"]})
        return self._wait_for_news(known, label)

    def has(self, chat_id: str, text: str) -> bool:
        """Whether the bot's text stands in this person's chat."""
        return chat_id == self.chat_id and text.strip() in self.heard

    def _wait_for_news(self, known: set[str], said: str) -> list[Json]:
        """Wait; a reply that a kill left in doubt is sent again by a person, if it is not there."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        look_at = time.monotonic() + DOUBT_SECONDS
        while time.monotonic() < deadline:
            news = [message for message in self._messages() if message["text"] not in known]
            if news:
                return news
            if not self._server.revive():
                time.sleep(0.03)
            if time.monotonic() > look_at:
                self._server.decide_doubts(self.has)
                look_at = time.monotonic() + DOUBT_SECONDS
        raise AssertionError(f"no reply to {said!r}, only {sorted(known)}: {self._server.log_tail()}")

    def _messages(self) -> list[Json]:
        return [message for message in self._look().get("messages", []) if message["author"] == "bot"]

    def _look(self) -> Json:
        answer = HTTP.get(f"{self._telegram}/emulator/{TOKEN}/chats/{self.user_id}", timeout=30)
        found: Json = answer.json() if answer.status_code == 200 else {}
        return found

    def _act(self, deed: str, body: Json) -> None:
        url = f"{self._telegram}/emulator/{TOKEN}/users/{self.user_id}/{deed}"
        HTTP.post(url, json=body, timeout=30).raise_for_status()
