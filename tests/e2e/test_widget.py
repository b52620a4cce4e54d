"""The chat on somebody else's site: one script tag."""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from playwright.sync_api import Frame, Page, expect
from tests.chaos.process import TapbotProcess
from tests.e2e.browser import DESK, PHONE, REFUSED, WITHOUT_SERVER, Watch
from tests.e2e.conftest import OpenPage
from tests.e2e.layout import check_width
from tests.e2e.passenger import Passenger
from tests.e2e.server import IDENTITY_SECRET
from tests.e2e.test_accessibility import AXE, find_barriers
from tests.e2e.test_files import PICTURE

LABEL = "Чат с диспетчером"
ATTACH = "Прикрепить файлы"
PAGE = """<!doctype html><html lang="ru"><meta charset="utf-8"><title>Site</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<main><h1>A site of somebody else</h1></main>
<script async src="{url}/chat/widget.js" data-bot="taxi" data-lang="ru" data-label="{label}"{more}></script></html>
"""
POLICY = "default-src 'none'; script-src {url}; frame-src {url}"
"""All that a strict site must allow for the widget."""
IDENTITY_REFUSED = re.compile("tapbot: .*not accepted")
OpenSite = Callable[..., Page]


@pytest.fixture
def site(server: TapbotProcess) -> Iterator[str]:
    """The address of a site on another port; what stands after `?` goes into the script tag."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name that http.server looks for
            signed = self.path.partition("?")[2]
            more = f' data-identity="{signed}"' if signed else ""
            content = PAGE.format(url=server.url, label=LABEL, more=more).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", POLICY.format(url=server.url))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}/"
        running.shutdown()
        thread.join()


def open_widget(page: Page, site: str, signed: str = "") -> Passenger:
    page.goto(f"{site}?{signed}" if signed else site)
    page.get_by_role("button", name=LABEL).click()
    return in_frame(page)


def in_frame(page: Page) -> Passenger:
    passenger = Passenger(page.frame_locator("iframe"))
    passenger.wait_connected()
    return passenger


def chat_frame(page: Page, server: TapbotProcess) -> Frame:
    return next(frame for frame in page.frames if frame.url.startswith(server.url))


def said(passenger: Passenger) -> Any:
    """What the visitor said, as it is shown."""
    return passenger.chat.locator(".message.contact .bubble")


def sign(subject: str, secret: str = IDENTITY_SECRET, **claims: Any) -> str:
    """What the site says of its visitor."""
    given: Mapping[str, Any] = {"sub": subject, "exp": int(time.time()) + 600, **claims}
    return jwt.encode(dict(given), secret, algorithm="HS256")


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_a_script_tag_brings_the_chat_to_a_foreign_page(
    viewport: dict[str, int], site: str, server: TapbotProcess, open_page: OpenPage
) -> None:
    """The site's policy allows the server's scripts and frames and nothing else; the watch hears of a violation."""
    page = open_page(viewport=viewport)
    passenger = open_widget(page, site)
    frame = page.locator("iframe")
    expect(frame).to_be_visible()
    assert "Алматы → Тараз" in passenger.say("Сколько стоит из Алматы в Тараз?")
    passenger.press("Завтра")
    check_width(page)
    if AXE.is_file():
        assert find_barriers(chat_frame(page, server)) == ""
        assert find_barriers(page) == ""
    passenger.chat.get_by_role("button", name="Закрыть").click()
    expect(frame).to_be_hidden()
    expect(page.get_by_role("button", name=LABEL)).to_be_visible()


def test_a_reload_keeps_the_chat_and_a_lost_network_loses_nothing(site: str, open_page: OpenPage, watch: Watch) -> None:
    watch.allow(WITHOUT_SERVER)
    page = open_page(viewport=PHONE)
    passenger = open_widget(page, site)
    passenger.say("Сколько стоит из Алматы в Тараз?")
    page.reload()
    page.get_by_role("button", name=LABEL).click()
    passenger = in_frame(page)
    expect(said(passenger)).to_have_count(1)
    answers = passenger.count_answers()
    page.context.route("**/chat/taxi/**", lambda route: route.abort())
    passenger.chat.locator("#text").fill("завтра утром")
    passenger.chat.locator("#text").press("Enter")
    expect(said(passenger)).to_have_count(2)
    expect(passenger.chat.locator("#state")).to_have_attribute("data-state", "offline")
    page.context.unroute_all()
    passenger.wait_connected()
    expect(passenger.chat.locator(".message.bot:not([data-id=hello])")).to_have_count(answers + 1)
    expect(said(passenger)).to_have_count(2)


def test_a_keyboard_alone_opens_writes_and_closes(site: str, open_page: OpenPage) -> None:
    page = open_page()
    page.goto(site)
    button = page.get_by_role("button", name=LABEL)
    button.wait_for()
    page.keyboard.press("Tab")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    passenger = in_frame(page)
    expect(passenger.chat.locator("#text")).to_be_focused()
    page.keyboard.type("Сколько стоит из Алматы в Тараз?")
    page.keyboard.press("Enter")
    expect(passenger.chat.locator(".message.bot:not([data-id=hello])")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("iframe")).to_be_hidden()
    expect(button).to_be_focused()


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_a_file_is_sent_from_a_foreign_page_by_keyboard(
    viewport: dict[str, int], site: str, server: TapbotProcess, open_page: OpenPage, tmp_path: Path
) -> None:
    """The picture is shown within the frame: the site's policy need not allow it."""
    picture = tmp_path / "паспорт.png"
    picture.write_bytes(PICTURE)
    page = open_page(viewport=viewport)
    passenger = open_widget(page, site)
    answers = passenger.count_answers()
    with page.expect_file_chooser() as chooser:
        passenger.chat.get_by_role("button", name=ATTACH).press("Enter")
    chooser.value.set_files(picture)
    expect(passenger.chat.locator(".contact .picture")).to_have_js_property("naturalWidth", 64)
    expect(passenger.chat.locator(".message.bot:not([data-id=hello])")).to_have_count(answers + 1)
    check_width(page)
    if AXE.is_file():
        assert find_barriers(chat_frame(page, server)) == ""


def test_neither_the_page_nor_the_chat_reads_the_other(site: str, server: TapbotProcess, open_page: OpenPage) -> None:
    page = open_page()
    passenger = open_widget(page, site)
    page.evaluate("window.heard = []; window.addEventListener('message', ({data}) => window.heard.push(data))")
    passenger.say("Сколько стоит из Алматы в Тараз?")
    frame = chat_frame(page, server)
    assert refused(page, "document.querySelector('div').shadowRoot.querySelector('iframe').contentWindow.document")
    assert refused(page, "document.querySelector('div').shadowRoot.querySelector('iframe').contentWindow.localStorage")
    assert page.evaluate("document.querySelector('div').shadowRoot.querySelector('iframe').contentDocument") is None
    assert refused(frame, "window.parent.document")
    assert refused(frame, "window.parent.localStorage")
    assert page.evaluate("localStorage.length") == 0
    heard = page.evaluate("window.heard")
    assert all(set(one) == {"tapbot"} and set(one["tapbot"]) <= {"unread", "close"} for one in heard), heard


def refused(place: Page | Frame, expression: str) -> bool:
    """Whether the browser refuses to read something."""
    read = "expression => { try { return String(eval(expression)); } catch (error) { return error.name; } }"
    script = read.replace("eval(expression)", expression)
    return bool(place.evaluate(script, expression) == "SecurityError")


def test_a_signed_visitor_finds_one_chat_on_every_device_and_nobody_elses(
    site: str, server: TapbotProcess, open_page: OpenPage, owner_page: Callable[..., Page]
) -> None:
    client = uuid.uuid4().hex
    aigul = sign(client, name="Айгуль из кабинета", phone_number="+77015550117", phone_number_verified=True)
    first = open_page()
    open_widget(first, site, aigul).say("Сколько стоит из Алматы в Тараз?")
    kept = chat_frame(first, server).evaluate("Object.keys(localStorage).filter(key => !key.endsWith(':lang'))")
    assert kept == [], "whoever uses the browser next would find the chat"
    phone = open_widget(open_page(viewport=PHONE), site, aigul)
    expect(said(phone)).to_have_count(1)
    other = open_widget(first, site, sign(f"{client}, another one"))
    expect(said(other)).to_have_count(0)
    left = open_widget(first, site)
    expect(said(left)).to_have_count(0)
    desk = owner_page("/contacts?q=из кабинета")
    card = desk.get_by_test_id("contact-list").get_by_role("link")
    expect(card).to_contain_text("+7 701 555 01 17")
    expect(card.get_by_role("img")).to_be_visible()


def test_a_name_that_the_site_did_not_sign_is_not_believed(
    site: str, open_page: OpenPage, watch: Watch, owner_page: Callable[..., Page]
) -> None:
    watch.allow(REFUSED)
    watch.allow(IDENTITY_REFUSED)
    forged = sign("client-17", "another secret, of somebody else", name="Самозванец")
    passenger = open_widget(open_page(), site, forged)
    expect(said(passenger)).to_have_count(0)
    passenger.say("Сколько стоит из Алматы в Тараз?")
    desk = owner_page("/contacts?q=Самозванец")
    expect(desk.get_by_test_id("contact-list")).to_have_count(0)
    expect(desk.get_by_role("heading", level=2)).to_be_visible()
