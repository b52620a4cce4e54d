"""Values of a message replaced by marks, so that examples of one city and hour teach about all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone

from tapbot.bots.understanding.lexicon import Atom, read_atoms
from tapbot.bots.understanding.moments import find_moments
from tapbot.bots.understanding.people import find_counts
from tapbot.bots.understanding.text import Token, split_tokens

PLACEHOLDER = re.compile(r"\{\w+\}")
PLACE_WORD = "placeholderxq"
PLACE_FOLD = split_tokens(PLACE_WORD)[0].fold
ANY_MOMENT = datetime(2026, 3, 4, 10, tzinfo=timezone.utc)  # noqa: UP017 - one style with the type hints of 3.11
KEPT_MARKS = "?!"


def mask_words(
    tokens: Sequence[Token],
    places: Iterable[tuple[int, int]],
    moments: Iterable[tuple[int, int]],
    counts: Iterable[tuple[int, int]],
    phones: Iterable[tuple[int, int]] = (),
) -> list[str]:
    """Folded words of a message with its values as `<place>`, `<time>`, `<count>`, `<phone>` and `<number>`.

    Args:
        places: First and last token of each; so for the others.
    """
    marks: dict[int, str] = {}
    for name, spans in (("<count>", counts), ("<time>", moments), ("<place>", places), ("<phone>", phones)):
        for first, last in spans:
            marks.update(dict.fromkeys(range(first, last + 1), name))
    words: list[str] = []
    for index, token in enumerate(tokens):
        word = marks.get(index) or name_token(token)
        if word and not (word.startswith("<") and words and words[-1] == word):
            words.append(word)
    return words


def name_token(token: Token) -> str:
    if token.kind == "number":
        return "<number>"
    if token.kind == "mark":
        return token.raw if token.raw in KEPT_MARKS else ""
    return token.fold


def mask_example(example: str, language: str) -> list[str]:
    """An example phrase of a definition, masked as a message would be; `{city}` stands for any entity."""
    tokens = split_tokens(PLACEHOLDER.sub(PLACE_WORD, example))
    places = [(index, index) for index, token in enumerate(tokens) if token.fold.startswith(PLACE_FOLD)]
    atoms = hide(read_atoms(tokens, (language, *(one for one in ("kk", "ru", "en") if one != language))), places)
    moments = [(found.first, found.last) for found in find_moments(atoms, ANY_MOMENT)]
    taken = frozenset(index for first, last in moments for index in range(first, last + 1))
    counts = [(found.first, found.last) for found in find_counts(atoms, taken)]
    return mask_words(tokens, places, moments, counts)


def hide(atoms: Sequence[Atom], spans: Iterable[tuple[int, int]]) -> list[Atom]:
    """Atoms with the stretches that mean something else turned into `place`."""
    hidden = {index for first, last in spans for index in range(first, last + 1)}
    return [
        Atom("place", "", atom.first, atom.last, "") if hidden.intersection(range(atom.first, atom.last + 1)) else atom
        for atom in atoms
    ]
