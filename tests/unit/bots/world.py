"""What the tests of the guided answerer share: the clock, and a reader for the taxi bot."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from tests.contract.bots.taxi_world import cities, taxi_bot

from tapbot.bots.guided.reading import Reader
from tapbot.bots.understanding.language import rank_languages
from tapbot.bots.understanding.lexicon import Atom, read_atoms
from tapbot.bots.understanding.text import split_tokens

NOW = datetime.fromisoformat("2026-03-04T10:00:00+05:00")


@cache
def taxi_reader() -> Reader:
    guided = taxi_bot().guided
    assert guided is not None
    return Reader(guided, {"cities": cities()})


def atoms_of(text: str) -> list[Atom]:
    tokens = split_tokens(text)
    return read_atoms(tokens, rank_languages(tokens))
