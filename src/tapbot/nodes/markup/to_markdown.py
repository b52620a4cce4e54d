"""Markdown of HTML."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tapbot.errors import LimitExceeded
from tapbot.nodes.markup.extract import parse_html

DEEPEST = 200
BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "dd", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer",
    "form", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "ul",
})  # fmt: skip
SILENT = frozenset({"head", "script", "style", "noscript", "template", "iframe", "title"})
SIGNS = {"br": "  \n", "hr": "\n\n---\n\n"}
"""What stands for an element that holds nothing."""
SPECIAL = re.compile(r"([\\`*_\[\]])")
LINE_START = re.compile(r"^(\s*)(#{1,6}\s|[-+>]\s|\d+\.\s)")


@dataclass(frozen=True, slots=True)
class MarkdownForm:
    """How Markdown is written.

    Args:
        ignored: Names of elements that are left out, with what is in them.
        keep_data_images: Write images that are in the HTML itself.
        link_references: Write the addresses of links at the end.
    """

    bullet: str = "*"
    fence: str = "```"
    emphasis: str = "_"
    strong: str = "**"
    ignored: frozenset[str] = frozenset()
    blocks: frozenset[str] = frozenset()
    keep_data_images: bool = False
    indented_code: bool = False
    most_newlines: int = 3
    link_references: bool = False


@dataclass(slots=True)
class _Writer:
    form: MarkdownForm
    addresses: list[str] = field(default_factory=list)

    def children(self, element: Any, depth: int) -> str:
        if depth > DEEPEST:
            raise LimitExceeded(f"The HTML is nested deeper than {DEEPEST} elements.", code="node.too_deep")
        written = ""
        for child in element.iter(include_text=True):
            part = self.one(child, depth + 1)
            if part.isspace() and (written.endswith("\n") or ("\n" in part and not part.strip(" "))) and written:
                part = "" if written.endswith("\n") else part
            elif written.endswith("\n") and not part.startswith("\n"):
                part = part.lstrip(" ")
            elif written.endswith(" ") and part.startswith(" "):
                part = part[1:]
            written += part
        return written

    def one(self, element: Any, depth: int) -> str:
        tag = element.tag
        if tag == "-text":
            text = re.sub(r"[ \t\r\n\f]+", " ", element.text_content or "")
            return LINE_START.sub(r"\1\\\2", SPECIAL.sub(r"\\\1", text))
        if tag.startswith("-") or tag in SILENT or tag in self.form.ignored:
            return ""
        if tag in SIGNS:
            return SIGNS[tag]
        writer = WRITERS.get(tag)
        if writer is not None:
            return writer(self, element, depth)
        inner = self.children(element, depth)
        if tag in BLOCKS or tag in self.form.blocks:
            return f"\n\n{inner.strip()}\n\n" if inner.strip() else ""
        return inner

    def image(self, element: Any, _depth: int) -> str:
        source = element.attributes.get("src") or ""
        if not source or (source.startswith("data:") and not self.form.keep_data_images):
            return ""
        title = element.attributes.get("title")
        return f"![{element.attributes.get('alt') or ''}]({source}" + (f' "{title}")' if title else ")")

    def block_code(self, element: Any, _depth: int) -> str:
        code = element.css_first("code")
        language = re.search(r"lang(?:uage)?-(\S+)", (code.attributes.get("class") or "") if code else "")
        text = element.text(deep=True).strip("\n")
        if self.form.indented_code:
            return "\n\n" + "\n".join(f"    {line}" for line in text.split("\n")) + "\n\n"
        return f"\n\n{self.form.fence}{language[1] if language else ''}\n{text}\n{self.form.fence}\n\n"

    def link(self, element: Any, depth: int) -> str:
        text, address = self.children(element, depth).strip(), element.attributes.get("href") or ""
        if not address:
            return text
        if self.form.link_references:
            if address not in self.addresses:
                self.addresses.append(address)
            return f"[{text}][{self.addresses.index(address) + 1}]"
        if text == address:
            return f"<{address}>"
        title = element.attributes.get("title")
        return f"[{text}]({address}" + (f' "{title}")' if title else ")")

    def heading(self, element: Any, depth: int) -> str:
        text = self.children(element, depth).strip()
        return f"\n\n{'#' * int(element.tag[1])} {text}\n\n" if text else ""

    def strong(self, element: Any, depth: int) -> str:
        return _around(self.children(element, depth), self.form.strong)

    def emphasis(self, element: Any, depth: int) -> str:
        return _around(self.children(element, depth), self.form.emphasis)

    def struck(self, element: Any, depth: int) -> str:
        return _around(self.children(element, depth), "~~")

    def code(self, element: Any, _depth: int) -> str:
        return _around(element.text(deep=True), "`")

    def quote(self, element: Any, depth: int) -> str:
        lines = self.children(element, depth).strip().split("\n")
        return "\n\n" + "\n".join(f"> {line}".rstrip() for line in lines) + "\n\n"

    def list(self, element: Any, depth: int) -> str:
        start = element.attributes.get("start") or "1"
        number = int(start) if start.isdecimal() else 1
        lines = []
        for child in element.iter():
            mark = f"{number}." if element.tag == "ol" else self.form.bullet
            inner = self.children(child, depth).strip()
            inner = re.sub(r"\n\n+(?=\s*(?:[*+-]|\d+\.) )", "\n", inner)
            lines.append(f"{mark} {inner}".replace("\n", "\n" + " " * (len(mark) + 1)))
            number += 1
        return "\n\n" + "\n".join(lines) + "\n\n" if lines else ""

    def table(self, element: Any, depth: int) -> str:
        rows = [
            [self.children(cell, depth).strip().replace("|", "\\|").replace("\n", " ") for cell in row.css("td, th")]
            for row in element.css("tr")
        ]
        if not rows:
            return ""
        width = max(map(len, rows))
        filled = [row + [""] * (width - len(row)) for row in rows]
        lines = [f"| {' | '.join(row)} |" for row in filled]
        return "\n\n" + "\n".join([lines[0], f"|{' --- |' * width}", *lines[1:]]) + "\n\n"


def _around(text: str, mark: str) -> str:
    """The text between marks; blanks stay outside."""
    inner = text.strip()
    if not inner:
        return text
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{before}{mark}{inner}{mark}{after}"


WRITERS: dict[str, Callable[[_Writer, Any, int], str]] = {
    "a": _Writer.link,
    "b": _Writer.strong,
    "strong": _Writer.strong,
    "i": _Writer.emphasis,
    "em": _Writer.emphasis,
    "s": _Writer.struck,
    "del": _Writer.struck,
    "strike": _Writer.struck,
    "code": _Writer.code,
    "blockquote": _Writer.quote,
    "ul": _Writer.list,
    "ol": _Writer.list,
    "table": _Writer.table,
    "img": _Writer.image,
    "pre": _Writer.block_code,
    **{f"h{level}": _Writer.heading for level in range(1, 7)},
}


def to_markdown(html: str, form: MarkdownForm) -> str:
    """Markdown of an HTML text.

    Raises:
        LimitExceeded: It is too long, or nested too deep.
    """
    writer = _Writer(form)
    text = writer.children(parse_html(html).root, 0).rstrip()
    if text.startswith("\n"):
        text = text.lstrip("\n")
    if writer.addresses:
        text += "\n\n" + "\n".join(f"[{place}]: {address}" for place, address in enumerate(writer.addresses, 1))
    return re.sub(rf"\n{{{form.most_newlines},}}", "\n" * max(1, form.most_newlines - 1), text)
