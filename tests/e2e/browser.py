"""Chromium without a window, and a watch over everything that a page complains about."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WITHOUT_SERVER = re.compile(r"net::ERR_|Failed to fetch")
REFUSED = re.compile(r"status of 4\d\d")

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


def find_chromium() -> str | None:
    """Where a Chromium is, `None` when there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def open_browser(executable: str, settings: Mapping[str, str] | None = None) -> Iterator[Browser]:
    """Start a browser and end it.

    Args:
        settings: More of its environment.
    """
    with sync_playwright() as playwright:
        # A proxy of the machine is not for servers on the loopback address.
        env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        env |= settings or {}
        browser = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS), env=env)
        yield browser
        browser.close()


class Watch:
    """Collects what pages complain about: errors in the console, violations of the policy, answers from 500 up."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self._allowed: list[re.Pattern[str]] = []

    def follow(self, context: BrowserContext) -> None:
        """Watch all pages of a context, also those that open later."""
        context.on("page", self._watch)

    def allow(self, pattern: re.Pattern[str]) -> None:
        """Let complaints pass that the test itself causes, for example by ending the server."""
        self._allowed.append(pattern)

    def check(self) -> None:
        """Fail when there was a complaint that no test asked for."""
        unexpected = [text for text in self.complaints if not any(each.search(text) for each in self._allowed)]
        assert unexpected == [], unexpected

    def _watch(self, page: Page) -> None:
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("response", self._on_response)

    def _on_console(self, line: ConsoleMessage) -> None:
        if line.type in {"error", "warning"} or "Content Security Policy" in line.text:
            self.complaints.append(f"{line.location.get('url', '')}: {line.text}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 500:
            self.complaints.append(f"{response.url}: answered {response.status}")
