"""Names that stand where a name of a collection is expected, and are in none: `хочу из Алматы в Москву`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tapbot.bots.understanding.common_words import COMMON_WORDS
from tapbot.bots.understanding.entities import FILLERS, cut_endings, side_before
from tapbot.bots.understanding.lexicon import TABLE
from tapbot.bots.understanding.text import Token

SHORTEST_WORD = 3
JOURNEY_SIDES = frozenset({"from", "to", "in"})


def find_stranger(tokens: Sequence[Token], taken: Iterable[tuple[int, int]], *, expected: bool) -> str | None:
    """The word, as it was written, that must be a name which nobody knows; `None` when there is none.

    A capital letter inside a message marks it, beside a preposition or with a Kazakh ending of direction.

    Args:
        taken: First and last token of every value that was read.
        expected: A name was just asked for, so that a single word alone is meant as one, in small letters too.
    """
    known = {index for first, last in taken for index in range(first, last + 1)}
    strange = [index for index, token in enumerate(tokens) if index not in known and _may_be_name(token)]
    shouted = not any(token.raw.islower() for token in tokens if token.kind == "word")
    for index in strange:
        is_proper = index > 0 and tokens[index].raw[0].isupper() and not shouted
        if is_proper and _is_directed(tokens, index):
            return tokens[index].raw
    words = [token for token in tokens if token.kind == "word" and token.fold not in FILLERS]
    alone = [index for index in strange if expected and (len(words) == 1 or side_before(tokens, index))]
    return tokens[alone[0]].raw if len(alone) == 1 and len(words) <= 2 else None


def _may_be_name(token: Token) -> bool:
    everyday = token.fold in COMMON_WORDS or token.fold in TABLE or token.fold in FILLERS
    return token.kind == "word" and len(token.raw) >= SHORTEST_WORD and not everyday


def _is_directed(tokens: Sequence[Token], index: int) -> bool:
    """A preposition before it, or a Kazakh ending, says from where or whither."""
    endings = (side for _, side in cut_endings(tokens[index].fold))
    return side_before(tokens, index) in JOURNEY_SIDES or any(side in JOURNEY_SIDES for side in endings)
