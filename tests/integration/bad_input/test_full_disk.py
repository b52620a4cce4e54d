"""A disk that is full: what cannot be kept is not acknowledged, and work goes on when there is room again."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.chaos.process import TapbotProcess
from tests.integration.bad_input.conftest import SECRET
from tests.integration.bad_input.projects import make_broken_project

NO_ROOM_BYTES = 0
SECTION = "TAPBOT_CHANNELS__TELEGRAM__HELPER__"
UPDATE = {
    "update_id": 7,
    "message": {
        "message_id": 1,
        "date": 1_700_000_000,
        "text": "hello",
        "chat": {"id": 5, "type": "private", "first_name": "Aru"},
        "from": {"id": 5, "is_bot": False, "first_name": "Aru"},
    },
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[TapbotProcess]:
    env = {
        f"{SECTION}TOKEN": "123456:" + "e" * 35,
        f"{SECTION}API_URL": "http://127.0.0.1:9",
        f"{SECTION}MODE": "webhook",
        f"{SECTION}SECRET": SECRET,
        "TAPBOT_SERVER__PUBLIC_URL": "http://127.0.0.1:9",
    }
    made = TapbotProcess(tmp_path / "data", env, str(make_broken_project(tmp_path / "project")))
    made.start()
    yield made
    made.kill()


@contextmanager
def no_room(server: TapbotProcess) -> Iterator[None]:
    """Every write of the server to a file fails, those to its log as well."""
    assert server._process is not None
    pid, (_, hard) = server._process.pid, resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (NO_ROOM_BYTES, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


def say(server: TapbotProcess, token: str, message_id: str) -> httpx2.Response:
    """Write into a chat."""
    body, headers = {"id": message_id, "text": "hello"}, {"X-Chat-Token": token}
    return httpx2.post(f"{server.url}/chat/helper/messages", json=body, headers=headers, timeout=30)


def send_update(server: TapbotProcess) -> httpx2.Response:
    """Deliver an update as Telegram does."""
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    return httpx2.post(f"{server.url}/telegram/helper", json=UPDATE, headers=headers, timeout=30)


def history(server: TapbotProcess, token: str) -> list[dict[str, Any]]:
    """What was said."""
    headers = {"X-Chat-Token": token}
    found: list[dict[str, Any]] = httpx2.get(f"{server.url}/chat/helper/messages", headers=headers, timeout=30).json()[
        "messages"
    ]
    return found


def check_refused(answer: httpx2.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.json()["code"] == "storage.unavailable"
    assert "nothing was kept" in answer.json()["detail"]
    assert int(answer.headers["retry-after"]) >= 1


def test_what_cannot_be_kept_is_not_acknowledged(server: TapbotProcess) -> None:
    token = httpx2.post(f"{server.url}/chat/helper/token", json={}, timeout=30).json()["token"]
    assert say(server, token, "before").status_code == 202
    while len(history(server, token)) < 2:  # the answer to it is written
        time.sleep(0.05)
    time.sleep(0.5)
    with no_room(server):
        for _ in range(3):
            check_refused(say(server, token, "during"))
            check_refused(send_update(server))
            check_refused(httpx2.post(f"{server.url}/webhook/echo", json={"x": 1}, timeout=30))
            check_refused(httpx2.post(f"{server.url}/webhook/echo", json={"x": "x" * 8_000_000}, timeout=60))
            check_refused(httpx2.post(f"{server.url}/chat/helper/token", json={}, timeout=30))
        assert httpx2.get(f"{server.url}/health", timeout=30).status_code == 200
        assert len([said for said in history(server, token) if said["author"] == "contact"]) == 1, "reading works"
    assert say(server, token, "during").status_code == 202
    assert send_update(server).status_code == 200
    assert httpx2.post(f"{server.url}/webhook/echo", json={"x": 1}, timeout=30).json() == {"answer": '{"x":1}'}
    assert len([said for said in history(server, token) if said["author"] == "contact"]) == 2
    assert server.alive
    assert server.starts == 1
