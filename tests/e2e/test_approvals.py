"""A person approves what a run asks, on a phone, by keyboard alone, and sees how it was decided."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, expect
from tests.chaos.process import TapbotProcess
from tests.chaos.rooms import make_project, workflow
from tests.e2e.browser import PHONE
from tests.e2e.conftest import OpenPage, log_in
from tests.e2e.server import EMAIL, PASSWORD
from tests.e2e.words import text

QUESTION = "Refund 5 000 ₸ to Aigul?"
NODES: list[dict[str, Any]] = [
    {
        "name": "Hook",
        "type": "n8n-nodes-base.webhook",
        "typeVersion": 2,
        "parameters": {"path": "refund", "httpMethod": "POST", "responseMode": "onReceived"},
    },
    {
        "name": "Ask",
        "type": "tapbot.askPerson",
        "parameters": {"question": QUESTION, "details": {"ride": "TX-1001", "amount": 5000}},
    },
]


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[TapbotProcess]:
    """A server with one run that asks a person."""
    project = make_project(tmp_path / "project", [workflow("refund", NODES)])
    settings = {"TAPBOT_ADMIN__EMAIL": EMAIL, "TAPBOT_ADMIN__PASSWORD": PASSWORD}
    server = TapbotProcess(tmp_path / "data", settings, project=str(project))
    try:
        server.start()
        httpx2.post(f"{server.url}/webhook/refund", json={}).raise_for_status()
        yield server
    finally:
        server.kill()


def test_a_question_is_read_whole_and_approved_with_a_note(
    browser: Browser, asking: TapbotProcess, open_page: OpenPage
) -> None:
    page = open_page(storage_state=log_in(browser, asking), viewport=PHONE)
    page.goto(f"{asking.url}/approvals")
    card = page.get_by_role("article", name=QUESTION)
    expect(card).to_contain_text("TX-1001")
    expect(card).to_contain_text("5000")
    card.get_by_label(text("approvals.note")).fill("a regular customer")
    card.get_by_role("button", name=text("approvals.approve")).press("Enter")
    expect(page.get_by_text(text("approvals.emptyTitle"))).to_be_visible()
    page.get_by_role("button", name=text("approvals.all")).press("Enter")
    expect(card).to_contain_text(text("approvalStatus.approved"))
    expect(card).to_contain_text("a regular customer")
    card.get_by_role("link", name=text("approvals.run")).press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(text("status.succeeded"))
