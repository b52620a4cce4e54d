"""What needs a look, in the console: a message in doubt and one that failed are found from the list and decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from tests.chaos.process import HTTP, TapbotProcess
from tests.chaos.telegram import TOKEN, TelegramPassenger, connect, emulated_telegram
from tests.e2e.browser import DESK, PHONE
from tests.e2e.conftest import OpenPage, log_in
from tests.e2e.layout import check_width
from tests.e2e.server import EMAIL, PASSWORD
from tests.e2e.test_accessibility import AXE, find_barriers
from tests.e2e.words import text


@dataclass
class Place:
    """A server with a Telegram channel, and the emulated Telegram."""

    server: TapbotProcess
    telegram: str

    def writes(self, user_id: int, words: str, fault: dict[str, Any]) -> TelegramPassenger:
        """Somebody writes; the bot's answer meets a fault."""
        HTTP.post(f"{self.telegram}/emulator/faults", json=fault, timeout=30).raise_for_status()
        said = {"text": words, "first_name": "Aru", "language_code": "ru"}
        url = f"{self.telegram}/emulator/{TOKEN}/users/{user_id}/messages"
        HTTP.post(url, json=said, timeout=30).raise_for_status()
        return TelegramPassenger(self.server, self.telegram, user_id)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with emulated_telegram() as telegram:
        server = TapbotProcess(tmp_path / "data", {"TAPBOT_ADMIN__EMAIL": EMAIL, "TAPBOT_ADMIN__PASSWORD": PASSWORD})
        connect(server, telegram, "polling")
        try:
            server.start()
            yield Place(server, telegram)
        finally:
            server.kill()


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_a_message_in_doubt_is_found_and_decided(
    viewport: dict[str, int], browser: Browser, place: Place, open_page: OpenPage
) -> None:
    page = open_page(storage_state=log_in(browser, place.server), viewport=viewport)
    page.goto(f"{place.server.url}/conversations")
    expect(page.get_by_role("heading", level=1).first).to_be_visible()
    expect(page.get_by_test_id("troubles-link")).to_have_count(0)
    lost = {"kind": "lost_answer", "count": 1, "method": "sendMessage"}
    passenger = place.writes(501, "Можно с собакой?", lost)

    link = page.get_by_test_id("troubles-link")
    expect(link).to_contain_text("1")
    link.press("Enter")
    trouble = page.get_by_test_id("troubles").get_by_role("listitem")
    expect(trouble).to_have_count(1)
    expect(trouble).to_contain_text(text("troubles.in_doubt"))
    check_width(page)
    if AXE.is_file():
        assert find_barriers(page) == ""
    trouble.get_by_role("button", name=text("delivery.arrived")).press("Enter")
    expect(page.get_by_role("heading", name=text("troubles.emptyTitle"))).to_be_visible()
    assert len(passenger.heard) == 1, "it had arrived, and is not said again"

    page.keyboard.press("Escape")
    expect(page).to_have_url(f"{place.server.url}/conversations")
    expect(page.get_by_test_id("troubles-link")).to_have_count(0)
