"""Languages, light and dark, a phone's width and the keyboard, on every page."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.chaos.process import TapbotProcess
from tests.e2e.browser import PHONE, REFUSED, Watch
from tests.e2e.conftest import OpenPage
from tests.e2e.layout import check_width
from tests.e2e.pages import PLACES, every_page, show
from tests.e2e.words import LANGUAGES, text

OwnerPage = Callable[..., Page]
LANGUAGE_NAMES = {"kk": "Қазақша", "ru": "Русский", "en": "English"}
BRIGHTNESS = """() => {
  const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number);
  return (red + green + blue) / 3;
}"""
SEEN = """() => {
  const focused = document.activeElement;
  if (!focused || focused === document.body) return null;
  const parts = [focused, focused.parentElement, focused.firstElementChild].filter(Boolean);
  const look = () => parts.map(part => {
    const {outline, boxShadow, borderColor, backgroundColor} = getComputedStyle(part);
    return [outline, boxShadow, borderColor, backgroundColor].join();
  }).join("|");
  const withFocus = look();
  focused.blur();
  const without = look();
  focused.focus({focusVisible: true});
  return withFocus === without ? focused.outerHTML.slice(0, 200) : null;
}"""


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_fits_a_phone_in_each_language(
    language: str, server: TapbotProcess, open_page: OpenPage, session: Any, watch: Watch
) -> None:
    watch.allow(REFUSED)
    inside = open_page(viewport=PHONE, storage_state=session, language=language, has_touch=True, is_mobile=True)
    outside = open_page(viewport=PHONE, language=language, has_touch=True, is_mobile=True)
    for name, place in PLACES.items():
        page = inside if place.needs_login else outside
        show(page, server, name)
        check_width(page)
        assert page.locator("html").get_attribute("lang") == language, name


def test_the_language_is_switched_at_once_and_kept(owner_page: OwnerPage) -> None:
    page = owner_page("/records")
    for before, after in (("ru", "kk"), ("kk", "en"), ("en", "ru")):
        page.get_by_role("button", name=text("language.title", before)).click()
        page.get_by_role("menuitem", name=LANGUAGE_NAMES[after]).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(text("records.title", after))
        expect(page.locator("html")).to_have_attribute("lang", after)
        titles = {"kk": "Сапарлар", "ru": "Поездки", "en": "Rides"}
        expect(page.get_by_role("link", name=titles[after])).to_be_visible()
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_have_text(text("records.title", after))


def test_light_and_dark_follow_the_system_until_one_is_chosen(owner_page: OwnerPage) -> None:
    page = owner_page("/runs", color_scheme="dark")
    assert page.evaluate(BRIGHTNESS) < 60
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "light")
    page.wait_for_function(f"({BRIGHTNESS})() > 200")
    page.get_by_role("button", name=text("scheme.title")).click()
    page.get_by_role("menuitem", name=text("scheme.dark")).click()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    page.reload()
    assert page.evaluate(BRIGHTNESS) < 60


def test_the_chat_s_page_has_a_dark_look_too(server: TapbotProcess, open_page: OpenPage) -> None:
    page = open_page(color_scheme="dark")
    show(page, server, "chat")
    assert page.evaluate(BRIGHTNESS) < 60


def test_the_keyboard_leads_everywhere(server: TapbotProcess, owner_page: OwnerPage) -> None:
    page = owner_page("/")
    page.keyboard.press("g")
    page.keyboard.press("c")
    expect(page).to_have_url(f"{server.url}/conversations")
    expect(page.get_by_test_id("conversation-list").get_by_role("link").first).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("r")
    expect(page).to_have_url(f"{server.url}/runs")
    rows = page.get_by_test_id("run-list").get_by_role("link")  # whatever kind of run comes first
    expect(rows.first).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(rows.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/runs/[0-9a-f-]{36}"))
    expect(page.get_by_test_id("run")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page).to_have_url(f"{server.url}/runs")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name=text("shortcuts.title"))).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("Control+k")
    page.get_by_placeholder(text("palette.placeholder")).fill(text("workflows.title"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{server.url}/workflows")


@every_page
def test_what_has_the_focus_is_seen(
    name: str, server: TapbotProcess, open_page: OpenPage, session: Any, watch: Watch
) -> None:
    watch.allow(REFUSED)
    page = open_page(storage_state=session if PLACES[name].needs_login else None)
    show(page, server, name)
    for _ in range(12):
        page.keyboard.press("Tab")
        unseen = page.evaluate(SEEN)
        assert unseen is None
