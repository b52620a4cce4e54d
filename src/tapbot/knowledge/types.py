"""Documents and the passages that a search finds in them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Document:
    """One page of the project's knowledge."""

    id: str
    """Path inside the project, for example `knowledge/luggage.ru.md`."""
    title: str
    language: str
    text: str
    """The whole file below the front matter."""


@dataclass(frozen=True)
class Passage:
    """A piece of a document that answers a query."""

    document: str
    """Id of the document."""
    title: str
    language: str
    text: str
    start: int
    """Offset of the first character in the document's text."""
    end: int
    """Offset after the last character."""
    score: float
    """How well it fits: 0 to about 1; what is below the search's threshold is not returned."""
