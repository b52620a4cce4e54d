"""HTML of Markdown, in the manner of showdown, which n8n's users know."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tapbot.errors import LimitExceeded
from tapbot.loader import load

LONGEST_TEXT = 5_000_000
PAGE = '<!DOCTYPE HTML>\n<html>\n<head>\n<meta charset="utf-8">\n</head>\n<body>\n{body}\n</body>\n</html>'


@dataclass(frozen=True, slots=True)
class HtmlForm:
    """How HTML is written.

    Args:
        github_ids: Ids of headings have hyphens.
        id_prefix: What stands in front of them.
        first_level: Level of the largest heading.
    """

    complete: bool = False
    tables: bool = False
    struck: bool = False
    line_breaks: bool = False
    new_window: bool = False
    find_links: bool = False
    tasks: bool = False
    heading_ids: bool = True
    github_ids: bool = False
    id_prefix: str = ""
    first_level: int = 1


def to_html(text: str, form: HtmlForm) -> str:
    """HTML of a Markdown text.

    Raises:
        LimitExceeded: It is too long.
    """
    if len(text) > LONGEST_TEXT:
        raise LimitExceeded(f"The text has more than {LONGEST_TEXT} characters.", code="node.file_too_large")
    parser = load("markdown_it").MarkdownIt(
        "commonmark", {"html": True, "breaks": form.line_breaks, "linkify": False, "typographer": False}
    )
    if form.tables:
        parser.enable("table")
    if form.struck:
        parser.enable("strikethrough")
    tokens = parser.parse(_bare_links(text) if form.find_links else text)
    _shape(tokens, form)
    html: str = parser.renderer.render(tokens, parser.options, {}).strip()
    return PAGE.replace("{body}", html) if form.complete else html


def _bare_links(text: str) -> str:
    """Addresses that stand alone, between angle brackets."""
    return re.sub(r"(?<![\w(<\[\"'=/])(https?://[^\s<>)\"']+[^\s<>)\"'.,;:!?])", r"<\1>", text)


def _shape(tokens: list[Any], form: HtmlForm) -> None:
    known: dict[str, int] = {}
    for place, token in enumerate(tokens):
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, int(token.tag[1]) + form.first_level - 1)}"
        if token.type == "heading_open" and form.heading_ids:
            token.attrSet("id", _unique(_heading_id(tokens[place + 1].content, form), known))
        for child in token.children or []:
            if child.type in {"s_open", "s_close"}:
                child.tag = "del"  # showdown's, as its README says of `strikethrough`
            if child.type == "text":
                child.content = child.content.replace("...", "…")
            if child.type == "link_open" and form.new_window:
                child.attrSet("rel", "noopener noreferrer")
                child.attrSet("target", "_blank")
        if form.tasks and token.type == "inline" and place and tokens[place - 1].type == "paragraph_open":
            _mark_task(token)


def _heading_id(text: str, form: HtmlForm) -> str:
    if form.github_ids:
        found = re.sub(r"[^\w\- ]", "", text).replace(" ", "-").lower()
    else:
        found = re.sub(r"[^\w]", "", text).lower()
    return form.id_prefix + found


def _unique(found: str, known: dict[str, int]) -> str:
    known[found] = known.get(found, -1) + 1
    return f"{found}-{known[found]}" if known[found] else found


def _mark_task(token: Any) -> None:
    first: Any = token.children[0] if token.children else None
    marked = re.match(r"\[([ xX])\] ", first.content) if first is not None and first.type == "text" else None
    if marked is None:
        return
    first.content = first.content[marked.end() :]
    box = load("markdown_it.token").Token("html_inline", "", 0)
    checked = " checked" if marked[1] in "xX" else ""
    box.content = (
        f'<input type="checkbox" disabled{checked} style="margin: 0px 0.35em 0.25em -1.6em; vertical-align: middle;"> '
    )
    token.children.insert(0, box)
