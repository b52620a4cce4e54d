"""What a message wants, by example phrases: a linear model of words, stems and letters, learned at load."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

STEM_LENGTHS = (4, 6)
WORD, STEM, PAIR, LETTERS, VALUE, CUE = 1.0, 0.8, 0.7, 0.35, 0.8, 3.0
CUE_RARITY = 2.0
"""A cue is worth as much as a rather rare word, however often examples hold it."""
PASSES, STEP, MARGIN = 6, 1.0, 1.0
SHARPNESS = 8.0
"""Makes a lead of one margin a score of about 0.8."""

Features = dict[str, float]


@dataclass(frozen=True, slots=True)
class Ranked:
    """An intent and how likely it is, 0 to 1."""

    intent: str
    score: float


@dataclass(frozen=True)
class IntentModel:
    """What was learned from the example phrases."""

    intents: tuple[str, ...]
    rarity: Mapping[str, float]
    """Inverse document frequency of each feature."""
    unseen: float
    """The rarity of a feature that no example has."""
    weights: Mapping[str, Mapping[int, float]]
    """Feature → number of an intent → how much it speaks for it."""

    def rank(self, words: Sequence[str], cues: Iterable[str] = ()) -> list[Ranked]:
        """All intents, the likeliest first.

        Args:
            words: Folded words, values replaced by marks such as `<place>`.
            cues: Intents that have a cue in the message.
        """
        features = weigh(extract_features(words, cues), self.rarity, self.unseen)
        raw = add_up(features.items(), self.weights, len(self.intents))
        top = max(raw, default=0.0)
        shares = [math.exp(SHARPNESS * (score - top)) for score in raw]
        whole = sum(shares) or 1.0
        ranked = [Ranked(intent, share / whole) for intent, share in zip(self.intents, shares, strict=True)]
        return sorted(ranked, key=lambda one: (-one.score, one.intent))


def train_intents(examples: Iterable[tuple[str, Sequence[str], Sequence[str]]]) -> IntentModel:
    """A model of example phrases, the same for the same examples.

    The passive-aggressive rule (Crammer et al. 2006), averaged over all steps: an example that wins by less than the
    margin moves the weights just so far that it would win.

    Args:
        examples: Intent, folded words and cues of each.
    """
    rows = list(examples)
    intents = tuple(sorted({intent for intent, _, _ in rows}))
    bags = [extract_features(words, cues) for _, words, cues in rows]
    seen = Counter(name for bag in bags for name in bag)
    rarity = {name: math.log((len(bags) + 1) / (count + 0.5)) for name, count in seen.items()}
    rarity |= {name: CUE_RARITY for name in seen if name.startswith("c:")}
    unseen = math.log(len(bags) + 1) if bags else 1.0
    vectors = [tuple(weigh(bag, rarity, unseen).items()) for bag in bags]
    answers = [intents.index(intent) for intent, _, _ in rows]
    return IntentModel(intents, rarity, unseen, learn(vectors, answers, len(intents)))


def learn(
    vectors: Sequence[tuple[tuple[str, float], ...]], answers: Sequence[int], intents: int
) -> dict[str, dict[int, float]]:
    """Weights by feature and intent, averaged over the steps.

    After the first pass only examples that were not yet safe are seen again: most are, and a bot must load quickly.
    """
    weights: dict[str, dict[int, float]] = {name: {} for vector in vectors for name, _ in vector}
    late: dict[str, dict[int, float]] = {name: {} for name in weights}
    linked = [[(weights[name], late[name], value) for name, value in vector] for vector in vectors]
    order = list(range(len(vectors)))
    shuffler = random.Random(0)  # noqa: S311 - an order of learning, the same each time
    steps = 1
    for _ in range(PASSES):
        shuffler.shuffle(order)
        unsafe = []
        for index in order:
            scores = [0.0] * intents
            for own, _, value in linked[index]:
                for intent, weight in own.items():
                    scores[intent] += value * weight
            right = answers[index]
            reached, scores[right] = scores[right], -math.inf
            loss = MARGIN - reached + max(scores)
            if loss > 0:
                correct(linked[index], right, scores.index(max(scores)), min(STEP, loss / 2), steps)
                unsafe.append(index)
            steps += 1
        order = unsafe
    averaged = (
        (name, {intent: weight - late[name][intent] / steps for intent, weight in own.items()})
        for name, own in weights.items()
        if own
    )
    return dict(averaged)


def correct(
    vector: Sequence[tuple[dict[int, float], dict[int, float], float]], right: int, rival: int, step: float, now: int
) -> None:
    """Move the weights of an example's features towards the right intent and away from its rival."""
    for own, late, value in vector:
        amount = step * value
        own[right] = own.get(right, 0.0) + amount
        own[rival] = own.get(rival, 0.0) - amount
        late[right] = late.get(right, 0.0) + amount * now
        late[rival] = late.get(rival, 0.0) - amount * now


def add_up(
    features: Iterable[tuple[str, float]], weights: Mapping[str, Mapping[int, float]], intents: int
) -> list[float]:
    """The sum of the features' weights for each intent."""
    scores = [0.0] * intents
    for name, value in features:
        for intent, weight in weights.get(name, {}).items():
            scores[intent] += value * weight
    return scores


def weigh(features: Features, rarity: Mapping[str, float], unseen: float) -> Features:
    """Features times their rarity, as a vector of unit length."""
    vector = {name: amount * rarity.get(name, unseen) for name, amount in features.items()}
    length = math.sqrt(sum(amount * amount for amount in vector.values())) or 1.0
    return {name: amount / length for name, amount in vector.items()}


def extract_features(words: Sequence[str], cues: Iterable[str] = ()) -> Features:
    """Words, stems, neighbouring pairs and letter groups of a phrase, and its cues."""
    features: Features = {f"c:{intent}": CUE for intent in cues}
    for word in words:
        if word.startswith("<"):
            features[word] = VALUE
            continue
        features[f"w:{word}"] = WORD
        for length in STEM_LENGTHS:
            if len(word) > length:
                features[f"s:{word[:length]}"] = STEM
        padded = f"_{word}_"
        for start in range(len(padded) - 2):
            features[f"l:{padded[start : start + 3]}"] = LETTERS
    for left, right in pairwise(words):
        features[f"p:{left[:5]} {right[:5]}"] = PAIR
    return features
