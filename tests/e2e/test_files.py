"""Files in the chat's page and in the console, as people at both ends see them."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.chaos.process import TapbotProcess
from tests.e2e.browser import DESK, PHONE, Watch
from tests.e2e.conftest import OpenPage, log_in
from tests.e2e.layout import check_width
from tests.e2e.passenger import open_chat
from tests.e2e.server import run_server
from tests.e2e.words import text

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAIAAAAlC+aJAAAAWElEQVR42u3PQQ0AAAgEILV/5zOFDzdoQCepz6aeExAQEBAQEBAQEBAQEBAQEBAQ"
    "EBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQuC0vYQF/HuS9lgAAAABJRU5ErkJggg=="
)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A picture, and a page that would do harm if it were shown."""
    picture, page = tmp_path / "паспорт.png", tmp_path / "page.html"
    picture.write_bytes(PICTURE)
    page.write_text("<script>document.title = 'harm'</script>", "utf-8")
    return picture, page


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[TapbotProcess]:
    """A server whose only conversation is this test's."""
    with run_server(tmp_path / "server") as running:
        yield running


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_a_file_goes_from_the_chat_to_the_console_and_back(
    browser: Browser,
    own_server: TapbotProcess,
    files: tuple[Path, Path],
    open_page: OpenPage,
    viewport: dict[str, int],
) -> None:
    (picture, harm), server = files, own_server
    chat = open_page(viewport=viewport, language="ru")
    open_chat(chat, server.url)
    chat.locator("#files").set_input_files([picture, harm])
    expect(chat.locator(".contact .picture")).to_have_js_property("naturalWidth", 64)
    expect(chat.locator(".message.bot").last).to_contain_text("Файл получен")
    chat.reload()
    expect(chat.locator(".contact .picture")).to_have_js_property("naturalWidth", 64)
    check_width(chat)

    console = open_page(storage_state=log_in(browser, server), viewport=viewport)
    console.goto(f"{server.url}/conversations")
    console.get_by_test_id("conversation-list").get_by_role("link").first.click()
    thread = console.get_by_test_id("thread")
    expect(thread.get_by_role("img", name="паспорт.png")).to_have_js_property("naturalWidth", 64)
    with console.expect_download() as saved:
        thread.get_by_role("link", name="page.html").click()
    assert saved.value.suggested_filename == "page.html"
    with console.expect_file_chooser() as chooser:
        console.get_by_role("button", name=text("attachment.attach")).press("Enter")
    chooser.value.set_files([picture])
    send = console.get_by_role("button", name=text("desk.send"), exact=True)
    expect(send).to_be_enabled()
    send.press("Enter")
    expect(thread.get_by_role("img", name="паспорт.png")).to_have_count(2)
    check_width(console)
    expect(chat.locator(".message.human .picture")).to_have_js_property("naturalWidth", 64)


def test_a_file_chosen_without_a_network_is_sent_when_it_is_back(
    server: TapbotProcess, files: tuple[Path, Path], open_page: OpenPage, watch: Watch
) -> None:
    watch.allow(re.compile("ERR_INTERNET_DISCONNECTED"))
    page = open_page(viewport=PHONE, language="en")
    open_chat(page, server.url)
    page.context.set_offline(True)
    page.locator("#files").set_input_files(files[0])
    expect(page.locator(".message.waiting")).to_have_count(1)
    page.context.set_offline(False)
    expect(page.locator(".message.sent .picture")).to_have_count(1)
    expect(page.locator(".message.bot").last).to_contain_text("file")


def test_a_file_that_is_empty_says_so(server: TapbotProcess, tmp_path: Path, open_page: OpenPage) -> None:
    page = open_page(language="kk")
    open_chat(page, server.url)
    (tmp_path / "empty.txt").write_bytes(b"")
    page.locator("#files").set_input_files(tmp_path / "empty.txt")
    expect(page.locator(".message.failed")).to_contain_text("Файл бос.")
