"""The server dies and comes back while the owner and a passenger look at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from tests.chaos.process import TapbotProcess
from tests.e2e.browser import WITHOUT_SERVER, Watch
from tests.e2e.conftest import OpenPage, log_in
from tests.e2e.passenger import open_chat
from tests.e2e.server import run_server

RECOVERY_MS = 60_000


@pytest.fixture
def mortal(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TapbotProcess]:
    with run_server(tmp_path_factory.mktemp("mortal")) as running:
        yield running


def test_the_console_and_the_chat_notice_and_recover(
    browser: Browser, mortal: TapbotProcess, open_page: OpenPage, watch: Watch
) -> None:
    watch.allow(WITHOUT_SERVER)
    console = open_page(storage_state=log_in(browser, mortal))
    console.goto(f"{mortal.url}/conversations")
    state = console.get_by_test_id("live-state")
    expect(state).to_have_attribute("data-state", "live")
    passenger = open_chat(open_page(), mortal.url)
    passenger.say("Сколько стоит из Алматы в Тараз?")
    console.get_by_test_id("conversation-list").get_by_role("link").first.click()

    mortal.kill()
    expect(state).to_have_attribute("data-state", "offline")
    expect(passenger.chat.locator("#state")).not_to_have_attribute("data-state", "online")
    passenger.chat.locator("#text").fill("завтра в 8 утра")
    passenger.chat.locator("#text").press("Enter")
    expect(passenger.chat.locator(".message.contact.waiting")).to_have_count(1)

    mortal.start()
    expect(state).to_have_attribute("data-state", "live", timeout=RECOVERY_MS)
    expect(passenger.chat.locator(".message.bot")).to_have_count(2, timeout=RECOVERY_MS)
    expect(passenger.chat.locator(".message.contact.waiting")).to_have_count(0)
    expect(console.get_by_test_id("messages-contact").last).to_contain_text("завтра в 8 утра", timeout=RECOVERY_MS)
    expect(console.get_by_test_id("messages-bot").last).to_contain_text(passenger.last_answer().strip())
