"""Contacts in the console: found, changed, merged and taken apart, taken out and erased; by keyboard, on a phone."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

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
from tests.e2e.words import text

PHONE_NUMBER = "+7 701 555 66 77"


@pytest.fixture
def two_people(tmp_path: Path) -> Iterator[TapbotProcess]:
    """A server where two people have written."""
    with run_server(tmp_path) as server:
        for language in ("kk", "ru"):
            WebPassenger(server).say(DIALOGUES[language][0])
        yield server


def open_contact(page: Page, server: TapbotProcess, number: int = 0) -> None:
    page.goto(f"{server.url}/contacts")
    page.get_by_test_id("contact-list").get_by_role("link").nth(number).press("Enter")
    expect(page.get_by_test_id("contact")).to_be_visible()


def choose(page: Page, action: str) -> None:
    """Open the menu and choose, by keyboard."""
    page.get_by_role("button", name=text("run.actions"), exact=True).press("Enter")
    page.get_by_role("menuitem", name=text(f"contactAction.{action}"), exact=True).press("Enter")
    expect(page.get_by_role("menuitem")).to_have_count(0)


def name_contact(page: Page, name: str, phone: str) -> None:
    choose(page, "change")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(text("contact.name"), exact=True).fill(name)
    dialog.get_by_label(text("contact.phone"), exact=True).fill(phone)
    dialog.get_by_role("button", name=text("desk.save")).press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def check_barriers(page: Page) -> None:
    if AXE.is_file():
        assert find_barriers(page) == ""


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_what_is_known_of_a_person_is_read_and_changed(
    viewport: dict[str, int], browser: Browser, two_people: TapbotProcess, open_page: OpenPage
) -> None:
    page = open_page(storage_state=log_in(browser, two_people), viewport=viewport)
    open_contact(page, two_people)
    name_contact(page, "Айгуль Сапарова", PHONE_NUMBER)
    choose(page, "verify")
    page.get_by_label(text("contact.verifySource")).fill("перезвонили")
    page.get_by_role("dialog").get_by_role("button", name=text("contact.verify"), exact=True).press("Enter")
    expect(page.get_by_text(text("contact.verifiedBy", source="перезвонили"))).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)

    page.get_by_role("button", name=text("fields.change")).press("Enter")
    page.get_by_label(f"{text('fields.name')} 1").fill("favourite_seat")
    page.get_by_label(f"{text('fields.value')} 1").fill("у окна")
    page.get_by_role("dialog").get_by_role("button", name=text("desk.save")).press("Enter")
    expect(page.get_by_test_id("fields")).to_contain_text("у окна")
    expect(page.get_by_role("dialog")).to_have_count(0)

    page.get_by_role("button", name=text("consent.note")).press("Enter")
    page.get_by_role("dialog").get_by_label(text("consent.source")).fill("бумажная анкета")
    page.get_by_role("dialog").get_by_role("button", name=text("desk.save")).press("Enter")
    expect(page.get_by_test_id("consents")).to_contain_text(text("consent.given"))

    check_width(page)
    check_barriers(page)
    page.get_by_test_id("contact-conversations").get_by_role("link").press("Enter")
    expect(page.get_by_test_id("thread")).to_be_visible()


def test_people_are_found_merged_and_taken_apart_again(
    browser: Browser, two_people: TapbotProcess, open_page: OpenPage
) -> None:
    page = open_page(storage_state=log_in(browser, two_people))
    for number, name in enumerate(("Айгуль", "Айгуль С.")):
        open_contact(page, two_people, number)
        name_contact(page, name, PHONE_NUMBER)
    same = page.get_by_test_id("same-phone")
    expect(same.get_by_role("link", name="Айгуль")).to_be_visible()
    same.get_by_role("button", name=text("merge.do")).press("Enter")
    expect(page.get_by_test_id("contact-conversations").get_by_role("link")).to_have_count(2)
    page.get_by_test_id("merges").get_by_role("button", name=text("merge.undo")).press("Enter")
    expect(page.get_by_test_id("contact-conversations").get_by_role("link")).to_have_count(1)

    choose(page, "merge")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("searchbox").fill("айгул")
    dialog.get_by_role("list").get_by_role("button").press("Enter")
    check_barriers(page)
    dialog.get_by_role("button", name=text("merge.do")).press("Enter")
    expect(page.get_by_test_id("contact-conversations").get_by_role("link")).to_have_count(2)

    page.goto(f"{two_people.url}/contacts")
    expect(page.get_by_test_id("contact-list").get_by_role("link")).to_have_count(1)
    page.keyboard.press("/")
    page.get_by_role("searchbox").fill("никого")
    expect(page.get_by_role("heading", name=text("contacts.noneFoundTitle"))).to_be_visible()


def test_a_person_is_taken_out_as_a_file_and_erased_with_a_receipt(
    browser: Browser, two_people: TapbotProcess, open_page: OpenPage, watch: Watch, tmp_path: Path
) -> None:
    watch.allow(REFUSED)  # what is gone is asked for once more
    page = open_page(storage_state=log_in(browser, two_people), viewport=PHONE)
    open_contact(page, two_people)
    name_contact(page, "Айгуль", PHONE_NUMBER)
    with page.expect_download() as given:
        choose(page, "export")
    given.value.save_as(tmp_path / "person.zip")
    with zipfile.ZipFile(tmp_path / "person.zip") as packed:
        assert any("Айгуль".encode() in packed.read(name) for name in packed.namelist())

    choose(page, "erase")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_test_id("erasure-preview")).to_be_visible()
    button = dialog.get_by_role("button", name=text("erasure.do"))
    expect(button).to_be_disabled()
    word = dialog.get_by_label(text("erasure.confirm", word="Айгуль"))
    word.fill("Айгул")
    expect(button).to_be_disabled()
    word.fill("Айгуль")
    check_width(page)
    check_barriers(page)
    word.press("Enter")
    expect(dialog.get_by_test_id("receipt")).to_contain_text(re.compile(r"[0-9a-f]{64}"))
    dialog.get_by_role("button", name=text("action.back")).press("Enter")
    expect(page.get_by_test_id("contact-list").get_by_role("link")).to_have_count(1)
    page.get_by_role("button", name=text("erasure.receipts")).press("Enter")
    expect(page.get_by_role("dialog").get_by_test_id("receipt")).to_have_count(1)
    check_barriers(page)
