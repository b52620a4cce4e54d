"""An operator takes a chat, answers, notes, tags and gives it back; at a desk by keyboard, and on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.chaos.dialogues import DIALOGUES
from tests.chaos.passengers import WebPassenger
from tests.chaos.process import TapbotProcess
from tests.e2e.browser import PHONE
from tests.e2e.conftest import OpenPage, log_in
from tests.e2e.server import run_server
from tests.e2e.words import text


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[tuple[TapbotProcess, WebPassenger]]:
    """A server with one chat that has begun."""
    with run_server(tmp_path) as server:
        passenger = WebPassenger(server)
        passenger.say(DIALOGUES["ru"][0])
        yield server, passenger


def open_chat(page: Page, server: TapbotProcess) -> None:
    page.goto(f"{server.url}/conversations")
    page.get_by_test_id("conversation-list").get_by_role("link").first.click()


def button(page: Page, key: str) -> Callable[..., None]:
    return page.get_by_role("button", name=text(key), exact=True).first.press


def choose(page: Page, item: str) -> None:
    """Open the menu and choose, by keyboard."""
    page.get_by_role("button", name=text("desk.actions")).press("Enter")
    page.get_by_role("menuitem", name=text(item), exact=True).press("Enter")
    expect(page.get_by_role("menuitem")).to_have_count(0)


def test_an_operator_takes_a_chat_answers_and_gives_it_back(
    browser: Browser, chat: tuple[TapbotProcess, WebPassenger], open_page: OpenPage
) -> None:
    server, passenger = chat
    page = open_page(storage_state=log_in(browser, server))
    open_chat(page, server)
    button(page, "desk.claim")("Enter")
    expect(page.get_by_role("button", name=text("desk.return"), exact=True)).to_be_visible()
    passenger.post("а скидка будет?")
    box = page.get_by_role("textbox", name=text("desk.reply"), exact=True)
    box.fill("Добрый день! Скидка 10 %.")
    box.press("Control+Enter")
    expect(page.get_by_test_id("thread")).to_contain_text("Скидка 10 %")
    expect(box).to_have_value("")
    page.get_by_text(text("desk.note"), exact=True).first.click()
    note = page.get_by_role("textbox", name=text("desk.note"), exact=True)
    note.fill("постоянный клиент")
    note.press("Control+Enter")
    expect(page.get_by_test_id("history")).to_contain_text("постоянный клиент")
    button(page, "desk.return")("Enter")
    page.get_by_role("dialog").get_by_role("textbox").fill("обещана скидка")
    page.get_by_role("dialog").get_by_role("button", name=text("desk.return")).press("Enter")
    expect(page.get_by_role("button", name=text("desk.claim"), exact=True)).to_be_visible()
    expect(page.get_by_test_id("history")).to_contain_text("обещана скидка")
    seen = [one["author"] for one in passenger.history()]
    assert seen == ["contact", "bot", "contact", "human"]
    assert passenger.say("спасибо")  # the bot answers again


def test_on_a_phone_a_chat_is_tagged_put_off_and_closed(
    browser: Browser, chat: tuple[TapbotProcess, WebPassenger], open_page: OpenPage
) -> None:
    server, _passenger = chat
    page = open_page(storage_state=log_in(browser, server), viewport=PHONE)
    open_chat(page, server)
    choose(page, "desk.tags")
    tags = page.get_by_role("dialog").get_by_placeholder(text("desk.tagsHint"))
    tags.fill("vip")
    tags.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name=text("desk.save")).press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    choose(page, "desk.snoozeHour")
    choose(page, "desk.wake")
    with page.expect_response("**/close*") as closed:
        choose(page, "desk.close")
    assert closed.value.ok
    kept = page.request.get(f"{server.url}/api/v1/conversations?holder=closed&tag=vip&snoozed=false").json()
    assert len(kept["items"]) == 1
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]
