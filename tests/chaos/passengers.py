"""Passengers who do not give up: a message is sent again, with the same id, until it is answered."""

from __future__ import annotations

import contextlib
import itertools
import time
from typing import Any

import httpx2
from tests.chaos.process import HTTP, TapbotProcess

PATIENCE_SECONDS = 60.0


class WebPassenger:
    """Somebody in the web chat.

    Args:
        repeat: How often each message is sent, with the same id.
    """

    def __init__(self, server: TapbotProcess, *, repeat: int = 1) -> None:
        self._server = server
        self._repeat = repeat
        self._ids = itertools.count(1)
        self._token: str | None = None
        self.heard: list[str] = []

    def say(self, text: str) -> list[dict[str, Any]]:
        """Send a message until there are replies, reviving the server when it died."""
        message_id = f"m{next(self._ids)}"
        replies: list[dict[str, Any]] = []
        for _ in range(self._repeat):
            again = self._until_answered({"id": message_id, "text": text})
            assert not replies or again == replies, "a resend gives the replies to the first one"
            replies = again
        self.heard += [reply["text"] for reply in replies]
        return replies

    def post(self, text: str) -> None:
        """Send a message without waiting for a reply."""
        body = {"id": f"m{next(self._ids)}", "text": text}
        headers = {"X-Chat-Token": self._open_chat()}
        HTTP.post(f"{self._server.url}/chat/taxi/messages", json=body, headers=headers, timeout=30).raise_for_status()

    def history(self) -> list[dict[str, Any]]:
        """Everything that was said; the server may just be dying of a fault after the last reply."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx2.HTTPError):
                headers = {"X-Chat-Token": self._open_chat()}
                answer = HTTP.get(f"{self._server.url}/chat/taxi/messages", headers=headers, timeout=30)
                found: list[dict[str, Any]] = answer.json()["messages"]
                return found
            if not self._server.revive():
                time.sleep(0.05)
        raise AssertionError(f"no history: {self._server.log_tail()}")

    def _until_answered(self, body: dict[str, str]) -> list[dict[str, Any]]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                headers = {"X-Chat-Token": self._open_chat()}
                url = f"{self._server.url}/chat/taxi/messages?wait=20"
                answer = HTTP.post(url, json=body, headers=headers, timeout=30)
            except httpx2.HTTPError:
                if not self._server.revive():
                    time.sleep(0.05)
                continue
            if answer.status_code == 200 and answer.json()["messages"]:
                found: list[dict[str, Any]] = answer.json()["messages"]
                return found
            time.sleep(0.1)
        raise AssertionError(f"no reply to {body}: {self._server.log_tail()}")

    def _open_chat(self) -> str:
        if self._token is None:
            answer = HTTP.post(f"{self._server.url}/chat/taxi/token", json={}, timeout=30)
            answer.raise_for_status()
            self._token = answer.json()["token"]
        return str(self._token)


def talk(passenger: WebPassenger, messages: tuple[str, ...]) -> None:
    """Hold a whole dialogue."""
    for message in messages:
        passenger.say(message)
