"""A person cancels a run, begins it anew and lets it go on, with the keyboard, on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect
from tests.chaos.process import TapbotProcess
from tests.chaos.rooms import make_project, workflow
from tests.e2e.browser import PHONE
from tests.e2e.conftest import OpenPage, log_in
from tests.e2e.server import EMAIL, PASSWORD
from tests.e2e.words import text

HOOK = {"path": "later", "httpMethod": "POST", "responseMode": "onReceived"}
NODES: list[dict[str, Any]] = [
    {"name": "Hook", "type": "n8n-nodes-base.webhook", "typeVersion": 2, "parameters": HOOK},
    {"name": "Wait", "type": "n8n-nodes-base.wait", "typeVersion": 1.1, "parameters": {"amount": 2, "unit": "hours"}},
]


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[TapbotProcess]:
    """A server with one run that waits."""
    project = make_project(tmp_path / "project", [workflow("later", NODES)])
    settings = {"TAPBOT_ADMIN__EMAIL": EMAIL, "TAPBOT_ADMIN__PASSWORD": PASSWORD}
    server = TapbotProcess(tmp_path / "data", settings, project=str(project))
    try:
        server.start()
        httpx2.post(f"{server.url}/webhook/later", json={}).raise_for_status()
        yield server
    finally:
        server.kill()


def choose(page: Page, action: str) -> None:
    """Open the menu, choose, and confirm, all by keyboard."""
    page.get_by_role("button", name=text("run.actions")).press("Enter")
    page.get_by_role("menuitem", name=text(f"runAction.{action}"), exact=True).press("Enter")
    page.get_by_role("dialog").get_by_role("button", name=text("runAction.confirm")).press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_run_is_cancelled_begun_anew_and_let_go_on(
    browser: Browser, waiting: TapbotProcess, open_page: OpenPage
) -> None:
    page = open_page(storage_state=log_in(browser, waiting), viewport=PHONE)
    page.goto(f"{waiting.url}/runs")
    page.get_by_test_id("run-list").get_by_role("link").first.click()
    title = page.get_by_role("heading", level=1)
    expect(title).to_contain_text(text("status.waiting"))
    choose(page, "cancel")
    expect(title).to_contain_text(text("status.cancelled"))
    first = page.url
    choose(page, "retryStart")
    expect(title).to_contain_text(text("status.waiting"))
    assert page.url != first
    choose(page, "resume")
    expect(title).to_contain_text(text("status.succeeded"))
