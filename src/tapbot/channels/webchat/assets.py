"""The files that a browser gets: the chat's page and the widget that embeds it, with the headers they need."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tapbot.errors import NotFound

FOLDER = Path(__file__).parent / "browser"
PLACE = re.compile(r"\{\{(title|titles)\}\}")
MEDIA_TYPES: Mapping[str, str] = {
    file.name: "text/css; charset=utf-8" if file.suffix == ".css" else "text/javascript; charset=utf-8"
    for file in FOLDER.iterdir()
    if file.suffix in {".css", ".js"}
}
WIDGET = "widget.js"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors *"
)
"""Framed by any site on purpose: the widget is an iframe. A page of ours that may act for a login is not this one."""


@dataclass(frozen=True)
class Asset:
    """One answer to a browser."""

    content: bytes
    headers: Mapping[str, str]


def read_asset(name: str) -> Asset:
    """Read a script or a style; they are served beside the page, below `…/chat/`.

    The page's scripts import each other, so that a browser asks each time whether they are still the same.

    Raises:
        NotFound: There is no such file.
    """
    media_type = MEDIA_TYPES.get(name)
    if media_type is None:
        raise NotFound(f"The web chat has no file {name!r}.", code="webchat.no_file")
    content = (FOLDER / name).read_bytes()
    headers = {
        "Content-Type": media_type,
        "Cache-Control": "public, max-age=300" if name == WIDGET else "no-cache",
        "ETag": f'"{hashlib.sha256(content).hexdigest()[:32]}"',
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    return Asset(content, headers)


def render_page(title: str, titles: Mapping[str, str] | None = None) -> Asset:
    """Make the chat's own page, served at `…/chat/{bot}` without a slash at the end.

    Args:
        title: Name of the bot as customers see it.
        titles: The same by language, for when the customer chooses one.
    """
    words = {"title": title, "titles": json.dumps(dict(titles or {}), ensure_ascii=False)}
    text = (FOLDER / "page.html").read_text("utf-8")
    text = PLACE.sub(lambda found: html.escape(words[found[1]], quote=True), text)
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": PAGE_POLICY,
        "Cache-Control": "no-cache",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return Asset(text.encode(), headers)
