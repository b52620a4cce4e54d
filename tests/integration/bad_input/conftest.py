"""One real server over a project in which nearly everything is broken; it must outlive every test."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest
from tests.chaos.process import TapbotProcess
from tests.integration.bad_input.projects import make_broken_project

SECRET = "a-secret-of-some-length"


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TapbotProcess]:
    home = tmp_path_factory.mktemp("bad-input")
    section = "TAPBOT_CHANNELS__TELEGRAM__HELPER__"
    env = {
        f"{section}TOKEN": "123456:" + "e" * 35,
        f"{section}API_URL": "http://127.0.0.1:9",  # nobody listens there
        f"{section}MODE": "webhook",
        f"{section}SECRET": SECRET,
        "TAPBOT_SERVER__PUBLIC_URL": "http://127.0.0.1:9",
        "TAPBOT_SANDBOX__CODE_TIMEOUT_SECONDS": "3",
        "TAPBOT_ACCESS__CHAT_TOKENS_PER_MINUTE": "10000",
    }
    server = TapbotProcess(home / "data", env, str(make_broken_project(home / "broken")))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def server(running: TapbotProcess) -> Iterator[TapbotProcess]:
    """The server, which is as well after a test as before it: the same process, and its next answer is right."""
    log = running.data.parent / "server.log"
    before = log.stat().st_size
    yield running
    assert running.alive, running.log_tail()
    assert httpx2.get(f"{running.url}/health", timeout=30).status_code == 200
    answer = httpx2.post(f"{running.url}/webhook/echo", json={"x": 1}, timeout=60)
    assert answer.json() == {"answer": '{"x":1}'}, answer.text
    assert b"Traceback" not in log.read_bytes()[before:]
