"""Documents cut into passages: sections of Markdown, long ones at paragraphs and sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tapbot.knowledge.types import Document

HEADING = re.compile(r"^#{1,6}[ \t]+(?P<title>.+?)[ \t]*$", re.MULTILINE)
BREAK = re.compile(r"\n\s*\n|(?<=[.!?…])\s+")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of a document."""

    document: Document
    heading: str
    """Heading of its section; empty above the first one."""
    start: int
    """Offset of its first character in the document's text."""
    end: int

    @property
    def text(self) -> str:
        """The text between the offsets."""
        return self.document.text[self.start : self.end]


def chunk_document(document: Document, *, most_chars: int = 900) -> list[Chunk]:
    """A document's passages, in order; together they hold all of its text but headings and blank lines.

    Args:
        most_chars: Longest passage; a single sentence may be longer.
    """
    chunks: list[Chunk] = []
    for heading, start, end in find_sections(document.text):
        for first, last in cut_section(document.text, start, end, most_chars):
            chunks.append(Chunk(document, heading, first, last))
    return chunks


def find_sections(text: str) -> Iterator[tuple[str, int, int]]:
    """Heading, start and end of each section's body."""
    heading, start = "", 0
    for found in HEADING.finditer(text):
        yield heading, start, found.start()
        heading, start = found["title"], found.end()
    yield heading, start, len(text)


def cut_section(text: str, start: int, end: int, most_chars: int) -> Iterator[tuple[int, int]]:
    """Stretches of a section of at most `most_chars`, cut where a paragraph or a sentence ends."""
    first = start
    last_break = start
    for found in BREAK.finditer(text, start, end):
        if found.start() - first > most_chars and last_break > first:
            yield from trim(text, first, last_break)
            first = last_break
        last_break = found.end()
    if end - first > most_chars and last_break > first:
        yield from trim(text, first, last_break)
        first = last_break
    yield from trim(text, first, end)


def trim(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The stretch without blank space around it; nothing when it is blank."""
    inner = text[start:end]
    stripped = inner.strip()
    if stripped:
        lead = len(inner) - len(inner.lstrip())
        yield start + lead, start + lead + len(stripped)
