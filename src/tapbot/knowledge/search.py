"""The search over a project's documents, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tapbot.knowledge.chunk import Chunk, chunk_document
from tapbot.knowledge.lexical import Index, build_index, count_grams, count_stems, weigh_grams, weigh_stems
from tapbot.knowledge.types import Document, Passage

STEMS_SHARE = 0.5
OTHER_LANGUAGE = 0.6
"""What a passage in another language than the query's is worth."""
HEADING_TIMES = 2
"""How often headings count, as if they stood in the text so many times."""
NOT_FOUND = 0.2
"""Scores below this are chance; calibrated by `tests/unit/knowledge/test_search.py`."""


@dataclass(frozen=True)
class KnowledgeBase:
    """Passages of all documents with their indexes."""

    chunks: Sequence[Chunk]
    grams: Index
    stems: Index

    @staticmethod
    def build(documents: Iterable[Document]) -> KnowledgeBase:
        """Cut and index documents."""
        chunks = [chunk for document in documents for chunk in chunk_document(document)]
        texts = [(describe(chunk), chunk.document.language) for chunk in chunks]
        return KnowledgeBase(
            chunks,
            build_index(count_grams(text) for text, _ in texts),
            build_index(count_stems(text, language) for text, language in texts),
        )

    def search(self, query: str, *, language: str, limit: int = 3, threshold: float = NOT_FOUND) -> list[Passage]:
        """Passages that answer a query, best first; empty when none is near enough.

        Args:
            query: The customer's words.
            language: Language of the query; passages in another one count less.
            limit: Most passages.
            threshold: Lowest score that is returned.
        """
        by_grams = self.grams.score(weigh_grams(query, language))
        by_stems = self.stems.score(weigh_stems(query, language))
        scored = [
            ((1 - STEMS_SHARE) * score + STEMS_SHARE * by_stems.get(number, 0.0), number)
            for number, score in by_grams.items()
        ]
        same = [(score * self.weigh_language(number, language), number) for score, number in scored]
        best = sorted(same, key=lambda pair: (-pair[0], pair[1]))[:limit]
        return [self.passage(number, score) for score, number in best if score >= threshold]

    def weigh_language(self, number: int, language: str) -> float:
        """What the passage's language makes of its score."""
        return 1.0 if self.chunks[number].document.language == language else OTHER_LANGUAGE

    def passage(self, number: int, score: float) -> Passage:
        """A chunk as the answer to a query."""
        chunk = self.chunks[number]
        document = chunk.document
        return Passage(document.id, document.title, document.language, chunk.text, chunk.start, chunk.end, score)


def describe(chunk: Chunk) -> str:
    """What is indexed of a chunk: its text, and the titles above it."""
    return " ".join([chunk.document.title, *([chunk.heading] * HEADING_TIMES), chunk.text])
