"""Values that a message takes back: `не в 8, а в 9`, `8 емес, 9`, `instead of Taraz`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from tapbot.bots.understanding.text import Token, fold_word, fold_words

BEFORE = frozenset(fold_words("не вместо not ne"))
AFTER = frozenset(fold_words("емес орнына emes"))
BETWEEN = frozenset(fold_words("в во на к ко из до с со от for at to from in of the on нас сағат городе город"))
REACH = 3


class Spanned(Protocol):
    """Something found in tokens."""

    @property
    def first(self) -> int:
        """Index of the first token."""

    @property
    def last(self) -> int:
        """Index of the last token."""


S = TypeVar("S", bound=Spanned)


def drop_negated(tokens: Sequence[Token], found: Sequence[S]) -> list[S]:
    """The values that are meant."""
    return [one for one in found if not is_negated(tokens, one)]


def is_negated(tokens: Sequence[Token], one: Spanned) -> bool:
    """Whether `не` stands before a value, or `емес` after it."""
    after = one.last + 1
    if after < len(tokens) and tokens[after].fold in AFTER:
        return True
    position = one.first - 1
    while position >= 0 and position >= one.first - REACH and tokens[position].fold in BETWEEN:
        position -= 1
    if position < 0 or tokens[position].fold not in BEFORE:
        return False
    return not (tokens[position].fold == "не" and not tokens[position].latin and is_question_word(tokens, position))


def is_question_word(tokens: Sequence[Token], position: int) -> bool:
    """Kazakh `не` is `what`: `не үшін`."""
    return position + 1 < len(tokens) and tokens[position + 1].fold in {fold_word("үшін")}
