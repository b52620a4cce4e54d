"""The chat on somebody else's site: one script tag."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect
from tests.chaos.process import TapbotProcess
from tests.e2e.browser import DESK, PHONE
from tests.e2e.conftest import OpenPage
from tests.e2e.layout import check_width
from tests.e2e.passenger import Passenger

PAGE = """<!doctype html><html lang="ru"><meta charset="utf-8"><title>Site</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1">
<main><h1>A site of somebody else</h1></main>
<script async src="{url}/chat/widget.js" data-bot="taxi" data-lang="ru" data-label="Чат с диспетчером"></script></html>
"""


@pytest.fixture
def site(server: TapbotProcess) -> Iterator[str]:
    """The address of a site on another port."""
    content = PAGE.format(url=server.url).encode()

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name that http.server looks for
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
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


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_a_script_tag_brings_the_chat_to_a_foreign_page(
    viewport: dict[str, int], site: str, open_page: OpenPage
) -> None:
    page = open_page(viewport=viewport)
    page.goto(site)
    page.get_by_role("button", name="Чат с диспетчером").click()
    frame = page.locator("iframe")
    expect(frame).to_be_visible()
    passenger = Passenger(page.frame_locator("iframe"))
    passenger.wait_connected()
    assert "Алматы → Тараз" in passenger.say("Сколько стоит из Алматы в Тараз?")
    passenger.press("Завтра")
    check_width(page)
    passenger.chat.get_by_role("button", name="Закрыть").click()
    expect(frame).to_be_hidden()
    expect(page.get_by_role("button", name="Чат с диспетчером")).to_be_visible()
