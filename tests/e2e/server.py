"""A real server with its login link, and the owner's password."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.process import ROOT, TapbotProcess

LINK = re.compile(r"http://\S+/login\?token=\S+")
EMAIL = "owner@example.com"
PASSWORD = "correct horse battery"
IDENTITY_SECRET = "a secret of the site, for tests alone"
BUNDLE = ROOT / "src/tapbot/api/console/index.html"
LINK_SECONDS = 10.0


@contextmanager
def run_server(folder: Path, project: str = "examples/taxi") -> Iterator[TapbotProcess]:
    """Serve the taxi example, or another project, over a fresh data folder, and end it."""
    settings = {
        "TAPBOT_ADMIN__EMAIL": EMAIL,
        "TAPBOT_ADMIN__PASSWORD": PASSWORD,
        "TAPBOT_CHANNELS__WEBCHAT__TAXI__IDENTITY_SECRET": IDENTITY_SECRET,
        "PYTHONUNBUFFERED": "1",
    }
    server = TapbotProcess(folder / "data", settings, project=project)
    try:
        server.start()
        yield server
    finally:
        server.kill()


def read_link(server: TapbotProcess) -> str:
    """The one-time login link that the last start printed."""
    deadline = time.monotonic() + LINK_SECONDS
    while time.monotonic() < deadline:
        found: list[str] = LINK.findall((server.data.parent / "server.log").read_text("utf-8"))
        if found:
            return found[-1]
        time.sleep(0.05)
    raise AssertionError(f"the server printed no login link: {server.log_tail()}")
