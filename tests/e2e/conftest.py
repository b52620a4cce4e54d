"""A browser and a furnished server for all these tests, and pages whose complaints fail the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.chaos.dialogues import DIALOGUES
from tests.chaos.passengers import WebPassenger, talk
from tests.chaos.process import TapbotProcess
from tests.e2e.browser import DESK, Watch, find_chromium, open_browser
from tests.e2e.server import BUNDLE, EMAIL, PASSWORD, run_server

OpenPage = Callable[..., Page]
PATIENCE_MS = 20_000
"""The machine may be busy with other tests."""
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    chromium = find_chromium()
    if chromium is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    if not BUNDLE.is_file():
        pytest.skip("the console is not built (python scripts/build_console.py)")
    with open_browser(chromium) as opened:
        yield opened


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TapbotProcess]:
    """A server where two passengers have booked."""
    with run_server(tmp_path_factory.mktemp("furnished")) as running:
        for language in ("kk", "ru"):
            talk(WebPassenger(running), DIALOGUES[language])
        yield running


@pytest.fixture(scope="package")
def session(browser: Browser, server: TapbotProcess) -> Any:
    """The owner's cookies."""
    return log_in(browser, server)


@pytest.fixture
def watch() -> Iterator[Watch]:
    watching = Watch()
    yield watching
    watching.check()


@pytest.fixture
def open_page(browser: Browser, watch: Watch) -> Iterator[OpenPage]:
    """Opens a page in a context of its own, as somebody new; closed after the test."""
    contexts = []

    def open_page(**options: Any) -> Page:
        language = options.pop("language", "ru")
        settings = {"viewport": DESK, "locale": language, "timezone_id": "Asia/Almaty", "reduced_motion": "reduce"}
        context = browser.new_context(**{**settings, **options})
        contexts.append(context)
        watch.follow(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def owner_page(open_page: OpenPage, server: TapbotProcess, session: Any) -> Callable[..., Page]:
    """Opens an address of the console as the owner."""

    def owner_page(path: str, **options: Any) -> Page:
        page = open_page(storage_state=session, **options)
        page.goto(server.url + path)
        page.get_by_test_id("live-state").wait_for(state="attached")
        return page

    return owner_page


def log_in(browser: Browser, server: TapbotProcess) -> Any:
    """Log in as the owner without a page, and give the cookies."""
    context = browser.new_context()
    answer = context.request.post(f"{server.url}/api/v1/login", data={"email": EMAIL, "password": PASSWORD})
    assert answer.ok, answer.text()
    state = context.storage_state()
    context.close()
    return state
