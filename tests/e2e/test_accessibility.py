"""axe-core (a development package of the console) finds nothing to mend on any page, light and dark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Frame, Page, expect
from tests.chaos.process import ROOT, TapbotProcess
from tests.e2e.browser import REFUSED, Watch
from tests.e2e.conftest import OpenPage
from tests.e2e.pages import PLACES, show
from tests.e2e.words import node

AXE = ROOT / "console/node_modules/axe-core/axe.min.js"
pytestmark = pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed (npm --prefix console ci)")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async (rules) => {
  const runOnly = {type: "tag", values: rules};
  const found = await axe.run(document, {runOnly, resultTypes: ["violations"], iframes: false});
  return found.violations.flatMap(({id, help, nodes}) => nodes.map(({html, any}) =>
    `${id}: ${help}: ${html.slice(0, 160)} ${any.map(({message}) => message).join("; ").slice(0, 200)}`));
}"""


def find_barriers(page: Page | Frame) -> str:
    """What axe-core has to say about what is on the screen, a line each; nothing when all is well."""
    # Evaluated, not added as a script tag: the page's policy allows no foreign scripts, and should not.
    page.evaluate(AXE.read_text("utf-8"))
    found: list[str] = page.evaluate(RUN, RULES)
    return "".join(f"{page.url}: {barrier}\n" for barrier in found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_barrier(
    scheme: str, server: TapbotProcess, open_page: OpenPage, session: Any, watch: Watch
) -> None:
    watch.allow(REFUSED)
    inside = open_page(storage_state=session, color_scheme=scheme)
    outside = open_page(color_scheme=scheme)
    barriers = ""
    for name, place in PLACES.items():
        page = inside if place.needs_login else outside
        show(page, server, name)
        barriers += find_barriers(page)
    assert barriers == ""


def test_the_drawers_have_no_barrier(owner_page: Callable[..., Page]) -> None:
    page = owner_page("/records/rides")
    page.get_by_test_id("records").get_by_role("row").nth(1).get_by_role("button").click()
    expect(page.get_by_test_id("record-drawer").get_by_role("dialog")).to_be_visible()
    assert find_barriers(page) == ""
    page = owner_page("/workflows/book")
    page.get_by_role("group", name=node("Check")).click()
    expect(page.get_by_test_id("node-drawer").get_by_role("dialog")).to_be_visible()
    assert find_barriers(page) == ""
