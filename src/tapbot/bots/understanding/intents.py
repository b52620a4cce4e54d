"""What a message wants, by example phrases: the nearest examples vote, by words, stems and letters."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

STEM_LENGTHS = (4, 6)
NEIGHBOURS = 3
WORD_WEIGHT, STEM_WEIGHT, PAIR_WEIGHT, LETTERS_WEIGHT, PLACE_WEIGHT = 1.0, 0.8, 0.7, 0.35, 0.35
Vector = dict[str, float]


@dataclass(frozen=True, slots=True)
class Ranked:
    """An intent and how near its examples are, 0 to 1."""

    intent: str
    score: float


@dataclass(frozen=True)
class IntentModel:
    """Example phrases as weighted features."""

    intents: tuple[str, ...]
    """Intent of each example."""
    rarity: Mapping[str, float]
    """Inverse document frequency of each feature."""
    unseen: float
    """The rarity of a feature that no example has."""
    postings: Mapping[str, tuple[tuple[int, float], ...]]
    """Feature → examples that have it, with their weight."""

    def rank(self, words: Sequence[str], *, but: int | None = None) -> list[Ranked]:
        """Intents by the nearness of their examples, best first.

        Args:
            words: Folded words, values replaced by marks such as `<place>`.
            but: Index of an example to leave out, to try the model on its own examples.
        """
        query = self.weigh(extract_features(words))
        nearness: dict[int, float] = defaultdict(float)
        for feature, weight in query.items():
            for example, other in self.postings.get(feature, ()):
                nearness[example] += weight * other
        best: dict[str, list[float]] = defaultdict(list)
        for example, near in sorted(nearness.items(), key=lambda pair: -pair[1]):
            if example != but and len(best[self.intents[example]]) < NEIGHBOURS:
                best[self.intents[example]].append(near)
        ranked = [Ranked(intent, vote(sims)) for intent, sims in best.items()]
        return sorted(ranked, key=lambda one: -one.score)

    def weigh(self, features: Mapping[str, float]) -> Vector:
        """Features times their rarity, as a vector of unit length."""
        vector = {name: count * self.rarity.get(name, self.unseen) for name, count in features.items()}
        length = math.sqrt(sum(weight * weight for weight in vector.values())) or 1.0
        return {name: weight / length for name, weight in vector.items()}


def vote(sims: Sequence[float]) -> float:
    """The nearest example counts most, the next ones confirm it."""
    return sims[0] * 0.7 + (sum(sims) / NEIGHBOURS) * 0.3


def train_intents(examples: Iterable[tuple[str, Sequence[str]]]) -> IntentModel:
    """A model of example phrases.

    Args:
        examples: Intent and folded words of each.
    """
    pairs = list(examples)
    bags = [extract_features(words) for _, words in pairs]
    seen = Counter(name for bag in bags for name in bag)
    rarity = {name: math.log((len(bags) + 1) / (count + 0.5)) for name, count in seen.items()}
    empty = IntentModel((), rarity, math.log(len(bags) + 1) if bags else 1.0, {})
    postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for index, bag in enumerate(bags):
        for name, weight in empty.weigh(bag).items():
            postings[name].append((index, weight))
    frozen = {name: tuple(entries) for name, entries in postings.items()}
    return IntentModel(tuple(intent for intent, _ in pairs), rarity, empty.unseen, frozen)


def extract_features(words: Sequence[str]) -> dict[str, float]:
    """Words, stems, neighbouring pairs and letter groups of a phrase."""
    features: dict[str, float] = {}
    for word in words:
        if word.startswith("<"):
            features[word] = PLACE_WEIGHT
            continue
        features[f"w:{word}"] = WORD_WEIGHT
        for length in STEM_LENGTHS:
            if len(word) > length:
                features[f"s:{word[:length]}"] = STEM_WEIGHT
        padded = f"_{word}_"
        for start in range(len(padded) - 2):
            features[f"l:{padded[start : start + 3]}"] = LETTERS_WEIGHT
    for left, right in zip(words, words[1:], strict=False):
        features[f"p:{left[:5]} {right[:5]}"] = PAIR_WEIGHT
    return features
