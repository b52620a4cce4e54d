"""WhatsApp, emulated in this process so that it outlives the server, and a passenger who writes there."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from tests.chaos.passengers import PATIENCE_SECONDS
from tests.chaos.process import HTTP, TapbotProcess, free_port

from tapbot.emulators.whatsapp.server import Identity, create_app

ME = Identity()
Json = dict[str, Any]
DOUBT_SECONDS = 0.25
"""How long somebody waits for a reply before a person looks whether it is in doubt."""


@contextmanager
def emulated_whatsapp() -> Iterator[str]:
    """Run the emulator in a thread; gives its address."""
    port = free_port()
    config = uvicorn.Config(create_app(), port=port, log_config=None, access_log=False, timeout_graceful_shutdown=1)
    emulator = uvicorn.Server(config)
    thread = threading.Thread(target=emulator.run, name="whatsapp")
    thread.start()
    while not emulator.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        emulator.should_exit = True
        thread.join(30)


def settings_for(whatsapp: str) -> dict[str, str]:
    """What gives the taxi bot a WhatsApp number."""
    given = {
        "PHONE_NUMBER_ID": ME.phone_number_id,
        "BUSINESS_ACCOUNT_ID": ME.business_account_id,
        "TOKEN": ME.access_token,
        "APP_SECRET": ME.app_secret,
        "VERIFY_TOKEN": ME.verify_token,
        "API_URL": whatsapp,
    }
    return {f"TAPBOT_CHANNELS__WHATSAPP__TAXI__{name}": value for name, value in given.items()}


def connect(server: TapbotProcess, whatsapp: str) -> None:
    """Give the taxi bot a WhatsApp number."""
    server.env |= settings_for(whatsapp)
    point(whatsapp, f"{server.url}/whatsapp/taxi")


def point(whatsapp: str, address: str) -> None:
    """Say where webhooks go."""
    url = f"{whatsapp}/emulator/{ME.phone_number_id}/webhook"
    HTTP.post(url, json={"url": address}, timeout=30).raise_for_status()


def order(whatsapp: str, **fault: Any) -> None:
    """Let something go wrong."""
    HTTP.post(f"{whatsapp}/emulator/faults", json=fault, timeout=30).raise_for_status()


class WhatsappPassenger:
    """Somebody who writes to the bot in WhatsApp, once: there the resending is WhatsApp's business."""

    def __init__(self, server: TapbotProcess, whatsapp: str, number: str = "77015550001") -> None:
        self._server = server
        self._whatsapp = whatsapp
        self.chat_id = number

    @property
    def heard(self) -> list[str]:
        """Everything that the bot said, as this person sees it."""
        return [message["text"] for message in self.messages]

    @property
    def messages(self) -> list[Json]:
        """The bot's messages."""
        url = f"{self._whatsapp}/emulator/{ME.phone_number_id}/chats/{self.chat_id}"
        answer = HTTP.get(url, timeout=30)
        found = answer.json()["messages"] if answer.status_code == 200 else []
        return [message for message in found if message["author"] == "business"]

    def say(self, text: str) -> list[Json]:
        """Write, and wait for something that was not said before."""
        known = {message["id"] for message in self.messages}
        self.act("messages", {"text": text, "name": "Aru"})
        return self._wait_for_news(known, text)

    def press(self, label: str) -> list[Json]:
        """Press the newest button of that name, and wait for something that was not said before."""
        said = self.messages
        message, button = next(
            (message, button) for message in reversed(said) for button in message["buttons"] if button["title"] == label
        )
        self.act("press", {"message_id": message["id"], "id": button["id"]})
        return self._wait_for_news({one["id"] for one in said}, label)

    def act(self, deed: str, body: Json) -> None:
        """Do something, by the emulator's HTTP."""
        url = f"{self._whatsapp}/emulator/{ME.phone_number_id}/users/{self.chat_id}/{deed}"
        HTTP.post(url, json=body, timeout=30).raise_for_status()

    def has(self, chat_id: str, text: str) -> bool:
        """Whether the bot's text stands in this person's chat."""
        return chat_id == self.chat_id and text.strip() in self.heard

    def _wait_for_news(self, known: set[str], said: str) -> list[Json]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        look_at = time.monotonic() + DOUBT_SECONDS
        while time.monotonic() < deadline:
            news = [message for message in self.messages if message["id"] not in known]
            if news:
                return news
            if not self._server.revive():
                time.sleep(0.03)
            if time.monotonic() > look_at:
                self._server.decide_doubts(self.has)
                look_at = time.monotonic() + DOUBT_SECONDS
        raise AssertionError(f"no reply to {said!r}, only {self.heard}: {self._server.log_tail()}")
