"""Broadcasts in the console: written with a live count, tried on one person, started, followed and stopped."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.chaos.dialogues import DIALOGUES
from tests.chaos.passengers import WebPassenger
from tests.chaos.process import TapbotProcess
from tests.e2e.browser import DESK, PHONE, REFUSED, Watch
from tests.e2e.conftest import OpenPage, log_in
from tests.e2e.layout import check_width
from tests.e2e.server import run_server
from tests.e2e.test_accessibility import AXE, find_barriers
from tests.e2e.words import LANGUAGES, text

RUSSIAN, KAZAKH = "Русский", "Қазақша"
COUNT = "broadcast-count"


class Crowd:
    """A server where three people have written, each in a language; the first two agreed to marketing."""

    def __init__(self, server: TapbotProcess) -> None:
        self.server = server
        self.people = {language: WebPassenger(server) for language in ("kk", "ru", "en")}
        for language, person in self.people.items():
            person.say(DIALOGUES[language][0])

    def agree(self, page: Page) -> None:
        """Note the consents of the first two, with a name and how many rides each had."""
        api, asks = f"{self.server.url}/api/v1/contacts", page.context.request
        token = {"X-CSRF-Token": asks.get(f"{self.server.url}/api/v1/me").json()["csrf_token"]}
        with sqlite3.connect(self.server.data / "tapbot.db", timeout=30) as db:
            ids = [row[0] for row in db.execute("SELECT contact_id FROM conversations ORDER BY created_at")]
        for contact_id, language, rides in zip(ids, self.people, (1, 3), strict=False):
            said: dict[str, Any] = {"purpose": "marketing", "granted": True, "source": "test"}
            assert asks.post(f"{api}/{contact_id}/consents", data=said, headers=token).ok
            named = {"name": f"Person {language}", "fields": {"rides": rides}}
            assert asks.patch(f"{api}/{contact_id}", data=named, headers=token).ok


@pytest.fixture
def crowd(tmp_path: Path) -> Iterator[Crowd]:
    with run_server(tmp_path) as server:
        yield Crowd(server)


def check_page(page: Page) -> None:
    check_width(page)
    if AXE.is_file():
        assert find_barriers(page) == ""


def button(page: Page, key: str) -> Any:
    return page.get_by_role("button", name=text(key), exact=True)


def write_draft(page: Page, server: TapbotProcess, name: str) -> None:
    page.goto(f"{server.url}/broadcasts/new")
    page.get_by_label(text("broadcast.name")).fill(name)
    page.get_by_label(RUSSIAN, exact=True).fill("Здравствуйте, {{name|друг}}! Тараз подешевел.")


def write_and_count(page: Page) -> None:
    """Write a draft, and narrow its segment down to one person."""
    expect(page.get_by_test_id(COUNT)).to_contain_text("2")
    expect(page.get_by_test_id("broadcast-left-out")).to_contain_text(text("leftOut.no_consent"))
    page.get_by_label(text("broadcast.name")).fill("Весна")
    page.get_by_label(RUSSIAN, exact=True).fill("Здравствуйте, {{name|друг}}! Тараз подешевел.")
    expect(page.get_by_text("Здравствуйте, Person ru! Тараз подешевел.")).to_be_visible()
    button(page, "segment.add").press("Enter")
    condition = page.get_by_role("group", name=f"{text('segment.condition')} 1")
    condition.get_by_label(text("fields.name")).fill("rides")
    page.keyboard.press("Tab")
    condition.get_by_label(text("segment.comparison")).click()
    page.get_by_role("option", name=text("operator.gte"), exact=True).click()
    condition.get_by_label(text("fields.value")).fill("2")
    expect(page.get_by_test_id(COUNT)).to_contain_text(re.compile(r"^1\D"))


def send_a_test(page: Page) -> None:
    button(page, "broadcast.test").press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Person ru").press("Enter")
    dialog.get_by_role("button", name=text("test.send")).press("Enter")
    expect(dialog.get_by_text(text("test.sent"))).to_be_visible()
    check_page(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_a_broadcast_is_written_counted_tried_and_sent(
    viewport: dict[str, int], browser: Browser, crowd: Crowd, open_page: OpenPage
) -> None:
    page = open_page(storage_state=log_in(browser, crowd.server), viewport=viewport)
    crowd.agree(page)
    page.goto(f"{crowd.server.url}/broadcasts")
    expect(page.get_by_role("heading", name=text("broadcasts.emptyTitle"))).to_be_visible()
    check_page(page)
    page.get_by_role("link", name=text("broadcasts.new")).press("Enter")
    write_and_count(page)
    check_page(page)
    button(page, "broadcast.save").press("Enter")
    expect(page).to_have_url(re.compile(r"/broadcasts/[0-9a-f-]{36}"))
    expect(button(page, "broadcast.save")).to_be_disabled()
    send_a_test(page)

    button(page, "broadcast.start").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name=text("broadcast.start"), exact=True).press("Enter")
    expect(page.get_by_test_id("broadcast-status")).to_have_attribute("data-status", "done")
    expect(page.get_by_test_id("broadcast-figures")).to_contain_text(text("delivery.sent"))
    results = page.get_by_test_id("broadcast-results")
    expect(results.get_by_role("link", name="Person ru", exact=True)).to_be_visible()
    check_page(page)
    got = [said["text"] for said in crowd.people["ru"].history() if "подешевел" in said["text"]]
    assert got == ["Здравствуйте, Person ru! Тараз подешевел."] * 2  # the test, and the broadcast
    assert all("подешевел" not in said["text"] for said in crowd.people["kk"].history())

    [gone] = crowd.people["ru"].say("отписаться")
    assert "отписались" in gone["text"]
    page.reload()
    expect(page.get_by_test_id("broadcast-figures")).to_contain_text(f"{text('broadcast.unsubscribed')}1")


def test_one_that_begins_later_is_stopped_and_goes_on(browser: Browser, crowd: Crowd, open_page: OpenPage) -> None:
    page = open_page(storage_state=log_in(browser, crowd.server))
    crowd.agree(page)
    write_draft(page, crowd.server, "Завтра")
    page.get_by_label(KAZAKH, exact=True).fill("Сәлем!")
    button(page, "broadcast.save").press("Enter")
    expect(page).to_have_url(re.compile(r"/broadcasts/[0-9a-f-]{36}"))
    button(page, "broadcast.start").press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_text(text("start.later"), exact=True).click()
    begin = dialog.get_by_role("button", name=text("broadcast.start"), exact=True)
    expect(begin).to_be_disabled()
    dialog.get_by_label(text("start.at")).fill("2099-03-05T10:00")
    begin.press("Enter")
    status = page.get_by_test_id("broadcast-status")
    expect(status).to_have_attribute("data-status", "running")
    expect(status).to_contain_text("2099")
    button(page, "broadcast.stop").press("Enter")
    expect(status).to_have_attribute("data-status", "stopped")
    expect(button(page, "broadcast.goOn")).to_be_visible()
    check_page(page)
    page.keyboard.press("Escape")
    row = page.get_by_test_id("broadcast-list").get_by_role("link", name="Завтра")
    expect(row).to_contain_text(text("broadcast.stopped"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_room_speaks_each_language_in_the_dark_too(
    language: str, browser: Browser, crowd: Crowd, open_page: OpenPage
) -> None:
    page = open_page(storage_state=log_in(browser, crowd.server), language=language, color_scheme="dark")
    page.goto(f"{crowd.server.url}/broadcasts/new")
    expect(page.get_by_role("heading", level=1)).to_have_text(text("broadcasts.new", language))
    expect(page.get_by_text(text("leftOut.no_consent", language)).first).to_be_visible()
    check_page(page)


def test_what_the_server_refuses_is_said_on_the_page(
    browser: Browser, crowd: Crowd, open_page: OpenPage, watch: Watch
) -> None:
    watch.allow(REFUSED)
    page = open_page(storage_state=log_in(browser, crowd.server))
    write_draft(page, crowd.server, "Ошибка")
    page.get_by_label(RUSSIAN, exact=True).fill("Здравствуйте, {{name")
    expect(page.get_by_role("alert")).to_contain_text("{{")
