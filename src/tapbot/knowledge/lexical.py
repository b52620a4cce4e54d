"""BM25 in memory over features of texts: letter groups and stems."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tapbot.knowledge.stems import STOP_WORDS, find_words, stem_word

SATURATION, LENGTH_WEIGHT = 1.2, 0.6
GRAM = 4
STOP_WEIGHT = 0.15
"""How much a word such as `можно` counts beside a word of the subject."""


@dataclass(frozen=True)
class Index:
    """Postings of features with their BM25 weight."""

    postings: Mapping[str, Sequence[tuple[int, float]]]
    rarity: Mapping[str, float]
    unseen: float
    """Rarity of a feature that no text has."""

    def score(self, query: Mapping[str, float]) -> dict[int, float]:
        """Texts by their share of the best score that the query could have, 0 to about 1.

        A word that no text has lowers all scores: what is not known must not look like what is.
        """
        scores: dict[int, float] = defaultdict(float)
        best = 0.0
        for feature, weight in query.items():
            best += weight * self.rarity.get(feature, self.unseen) * (SATURATION + 1)
            for text, gain in self.postings.get(feature, ()):
                scores[text] += weight * gain
        return {text: score / best for text, score in scores.items()} if best else {}


def build_index(texts: Iterable[Mapping[str, float]]) -> Index:
    """An index over texts given by their features and counts."""
    bags = list(texts)
    lengths = [sum(bag.values()) for bag in bags]
    average = sum(lengths) / len(bags) if bags else 1.0
    seen = Counter(feature for bag in bags for feature in bag)
    rarity = {name: math.log(1 + (len(bags) - count + 0.5) / (count + 0.5)) for name, count in seen.items()}
    postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for number, bag in enumerate(bags):
        damping = SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * lengths[number] / average)
        for name, count in bag.items():
            postings[name].append((number, rarity[name] * count * (SATURATION + 1) / (count + damping)))
    return Index(dict(postings), rarity, math.log(1 + len(bags) + 0.5))


def count_grams(text: str) -> Counter[str]:
    """Groups of four letters inside words, short words whole."""
    grams: Counter[str] = Counter()
    for word in find_words(text):
        padded = f"_{word}_"
        for start in range(max(1, len(padded) - GRAM + 1)):
            grams[padded[start : start + GRAM]] += 1
    return grams


def count_stems(text: str, language: str) -> Counter[str]:
    """Stems of the words of a text."""
    return Counter(stem_word(word, language) for word in find_words(text))


def weigh_grams(query: str, language: str) -> dict[str, float]:
    """Letter groups of a query; those of empty words count little."""
    weights: dict[str, float] = {}
    for word in find_words(query):
        weight = STOP_WEIGHT if word in STOP_WORDS[language] else 1.0
        for gram in count_grams(word):
            weights[gram] = max(weights.get(gram, 0.0), weight)
    return weights


def weigh_stems(query: str, language: str) -> dict[str, float]:
    """Stems of a query; those of empty words count little."""
    return {
        stem_word(word, language): STOP_WEIGHT if word in STOP_WORDS[language] else 1.0 for word in find_words(query)
    }
