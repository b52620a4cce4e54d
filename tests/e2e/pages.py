"""Every page of the console and of the chat, with what shows that it is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from playwright.sync_api import Page
from tests.chaos.process import TapbotProcess


@dataclass(frozen=True)
class Place:
    """A page.

    Args:
        path: With `{turn}`, `{book}` and `{conversation}` for the newest ones.
        drawn: What is there once the page shows its data.
    """

    path: str
    drawn: str
    needs_login: bool = True


PLACES = {
    "overview": Place("/", "main h1"),
    "conversations": Place("/conversations", "[data-testid=conversation-list] a"),
    "conversation": Place("/conversations/{conversation}", "[data-testid=messages-bot]"),
    "runs": Place("/runs", "[data-testid=run-list] a"),
    "turn": Place("/runs/{turn}", "[data-testid=turn]"),
    "book": Place("/runs/{book}", ".react-flow__node svg"),
    "workflows": Place("/workflows", "[data-testid=workflow-list] a"),
    "workflow": Place("/workflows/book", ".react-flow__node svg"),
    "approvals": Place("/approvals", "main h1"),
    "contacts": Place("/contacts", "[data-testid=contact-list] a"),
    "broadcasts": Place("/broadcasts", "main h1"),
    "broadcast": Place("/broadcasts/new", "[data-testid=broadcast-count]"),
    "collections": Place("/records", "main a"),
    "rides": Place("/records/rides", "[data-testid=records]"),
    "login": Place("/login", "form", needs_login=False),
    "chat": Place("/chat/taxi", ".state[data-state=online]", needs_login=False),
}
every_page = pytest.mark.parametrize("name", PLACES)


def show(page: Page, server: TapbotProcess, name: str) -> None:
    """Go to a page and wait until it shows its data."""
    place = PLACES[name]
    path = place.path
    if "{" in path:
        path = path.format(**newest_ids(page, server))
    page.goto(server.url + path)
    page.locator(place.drawn).first.wait_for()


def newest_ids(page: Page, server: TapbotProcess) -> dict[str, str]:
    """Ids of the newest booking, its turn and its conversation."""
    answer = page.context.request.get(f"{server.url}/api/v1/runs", params={"workflow": "book"})
    book = answer.json()["items"][0]
    return {"book": book["id"], "turn": book["parent_run_id"], "conversation": book["conversation_id"]}
