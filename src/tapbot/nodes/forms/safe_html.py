"""HTML of an author on a page for strangers: text and formatting stay, everything that could do something goes."""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

TEXT = frozenset({"a", "b", "br", "code", "div", "em", "i", "p", "pre", "span", "strong", "sub", "sup", "u"})
BLOCKS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "li", "ol", "ul"})
TABLES = frozenset({"table", "tbody", "td", "tfoot", "th", "thead", "tr"})
TAGS = TEXT | BLOCKS | TABLES | {"img", "video", "source"}
EMPTY = frozenset({"br", "img", "source"})
ATTRIBUTES = {
    "a": {"href", "target", "rel"},
    "img": {"src", "alt", "width", "height"},
    "video": {"src", "controls", "loop", "muted", "poster", "width", "height"},
    "source": {"src", "type"},
    "td": {"colspan", "rowspan", "scope", "headers"},
    "th": {"colspan", "rowspan", "scope", "headers"},
}
ADDRESSES = frozenset({"href", "src", "poster"})
DROPPED_WHOLE = frozenset({"script", "style", "iframe", "object", "template", "noscript", "textarea", "title", "svg"})
WEB = re.compile(r"https?://[^\s\x00-\x1f]+", re.IGNORECASE)


class _Cleaner(HTMLParser):
    """Writes anew what is allowed; a text is escaped again, so nothing gets through by the way it is written."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.written: list[str] = []
        self._open: list[str] = []
        self._dropped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Write an allowed tag with its allowed attributes."""
        if tag in DROPPED_WHOLE:
            self._dropped += 1
        if self._dropped or tag not in TAGS:
            return
        kept = "".join(
            f' {name}="{escape(value or "")}"'
            for name, value in attrs
            if name in ATTRIBUTES.get(tag, ()) and (name not in ADDRESSES or WEB.fullmatch(value or ""))
        )
        self.written.append(f"<{tag}{kept}>")
        if tag not in EMPTY:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag that closes itself."""
        if tag in EMPTY:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Close what is open, in order."""
        if tag in DROPPED_WHOLE:
            self._dropped = max(0, self._dropped - 1)
        elif tag in self._open and not self._dropped:
            while (last := self._open.pop()) != tag:
                self.written.append(f"</{last}>")
            self.written.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        """A text."""
        if not self._dropped:
            self.written.append(escape(data))

    def finish(self) -> str:
        """All of it, with everything closed."""
        self.close()
        return "".join(self.written) + "".join(f"</{tag}>" for tag in reversed(self._open))


def clean_html(html: str) -> str:
    """HTML with the tags and attributes that only format, and addresses of the web alone."""
    cleaner = _Cleaner()
    cleaner.feed(html)
    return cleaner.finish()


def clean_lines(text: str) -> str:
    r"""The same for a text whose lines are broken by `\n`."""
    return clean_html(text.replace("\\n", "\n")).replace("\n", "<br>")
