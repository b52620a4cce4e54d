"""What somebody wrote in a mail, without what they quote below it: as Kazakh, Russian and English clients do it."""

from __future__ import annotations

import re

from tapbot.loader import load

QUOTED = re.compile(r"^\s*>")
WROTE = re.compile(r"(wrote|(на)?писал\w*(\(а\))?|пишет|жазды|жазған\w*|<[^<>@\s]+@[^<>\s]+>)\s*:\s*$", re.IGNORECASE)
"""The line above a quotation; it names who wrote, and ends with a colon."""
ORIGINAL = re.compile(
    r"^\s*[-_]{2,}\s*(original message|forwarded message|исходное сообщение|пересылаемое сообщение"
    r"|пересланное сообщение|бастапқы хабар\w*)",
    re.IGNORECASE,
)
FROM = re.compile(r"^\s*\*?(from|от|от кого|кімнен)\s*:\*?\s", re.IGNORECASE)
SENT = re.compile(r"^\s*\*?(sent|date|to|отправлено|дата|кому|жіберілді|күні|кімге)\s*:\*?\s", re.IGNORECASE)
RULE = re.compile(r"^\s*_{8,}\s*$")
SIGNATURE = re.compile(r"^-- ?$")
DEVICE = re.compile(r"^\s*(sent from (my )?\w+|отправлено (с|из)\b.*|.*\bжіберілді\.?)\s*$", re.IGNORECASE)
HEADER_LINES = 4
LONGEST_WROTE = 3
QUOTES_IN_HTML = (
    "blockquote, .gmail_quote, .yahoo_quoted, .moz-cite-prefix, #divRplyFwdMsg, #appendonsend, style, script, head"
)
BLOCKS = "p, div, tr, li, h1, h2, h3, h4, h5, h6, ul, ol, table, pre"


def strip_quotes(text: str) -> str:
    """The new words of a mail; the whole text where nothing else would be left, for some answer between the lines."""
    lines = text.replace("\r\n", "\n").split("\n")
    cut = min(_quotation_at(lines), _header_at(lines), _signature_at(lines))
    kept = lines[:cut]
    while kept and (not kept[-1].strip() or RULE.match(kept[-1]) or DEVICE.match(kept[-1])):
        kept.pop()
    return "\n".join(kept).strip() or text.strip()


def _quotation_at(lines: list[str]) -> int:
    """Where the quotation begins that goes on to the end, with the line that introduces it."""
    start = len(lines)
    for position in range(len(lines) - 1, -1, -1):
        if QUOTED.match(lines[position]):
            start = position
        elif lines[position].strip():
            break
    if start == len(lines):
        return start
    return _without_introduction(lines, start)


def _without_introduction(lines: list[str], start: int) -> int:
    """Clients break the introducing line: it may be several."""
    end = start
    while end > 0 and not lines[end - 1].strip():
        end -= 1
    for first in range(end - 1, max(end - 1 - LONGEST_WROTE, -1), -1):
        if WROTE.search(" ".join(lines[first:end])) and (first == 0 or not lines[first - 1].strip()):
            return first
    return start


def _header_at(lines: list[str]) -> int:
    """Where a copied head of a mail begins, as Outlook and others write it."""
    for position, line in enumerate(lines):
        following = lines[position + 1 : position + 1 + HEADER_LINES]
        if ORIGINAL.match(line) or (FROM.match(line) and any(SENT.match(one) for one in following)):
            return position
    return len(lines)


def _signature_at(lines: list[str]) -> int:
    return next((position for position, line in enumerate(lines) if SIGNATURE.match(line)), len(lines))


def html_to_text(html: str) -> str:
    """The new words of a mail that is HTML alone."""
    tree = load("selectolax.lexbor").LexborHTMLParser(html)
    for node in tree.css(QUOTES_IN_HTML):
        node.decompose()
    for node in tree.css("br"):
        node.replace_with("\n")
    for node in tree.css(BLOCKS):
        node.insert_after("\n")
    text = tree.body.text() if tree.body else ""
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
