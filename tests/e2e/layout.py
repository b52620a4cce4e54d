"""What must hold of every page's layout."""

from __future__ import annotations

from playwright.sync_api import Page


def check_width(page: Page) -> None:
    """Nothing is wider than the window, and no whole page scrolls sideways."""
    wide = page.evaluate(
        """() => [...document.querySelectorAll("html, body, main, #room")]
          .filter(part => part.scrollWidth > Math.min(part.clientWidth, innerWidth))
          .map(part => `${part.tagName}#${part.id} ${part.scrollWidth} > ${part.clientWidth}`)"""
    )
    assert wide == [], page.url
