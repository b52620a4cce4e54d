"""Slot values of single messages: the tables `moments.tsv`, `slots.tsv` and the development set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.answerer.scoring import expand, plain, score, table
from tests.contract.bots.taxi_world import taxi_knowledge
from tests.unit.bots.world import NOW, atoms_of, taxi_reader

from tapbot.bots.guided.reading import Asked
from tapbot.bots.understanding.language import rank_languages
from tapbot.bots.understanding.moments import find_moments, merge_moments
from tapbot.bots.understanding.text import split_tokens

HERE = Path(__file__).parent
SHORT = {"f": "from_city", "t": "to_city", "d": "departs_at", "s": "seats", "p": "phone"}


def rows(name: str) -> list[list[str]]:
    lines = (HERE / name).read_text().splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def slots(code: str) -> dict[str, Any]:
    """`f=almaty s=2 d=2026-03-05T08:00` as slot values."""
    values: dict[str, Any] = {}
    for part in code.split():
        short, value = part.split("=")
        values[SHORT[short]] = int(value) if short == "s" else expand(value) if short == "d" else value
    return values


@pytest.mark.parametrize(("text", "wanted"), rows("moments.tsv"))
def test_a_date_and_time_is_read_as_it_was_said(text: str, wanted: str) -> None:
    assert merge_moments(find_moments(atoms_of(text), NOW), NOW).to_text() == wanted


@pytest.mark.parametrize(("asked", "code", "text"), rows("slots.tsv"))
def test_every_slot_of_a_message_is_read_and_none_is_invented(asked: str, code: str, text: str) -> None:
    reader = taxi_reader()
    tokens = split_tokens(text)
    question = Asked(asked or None, bool(asked))
    values = reader.find_values(text, tokens, rank_languages(tokens), question, NOW)
    assert plain(reader.fill_slots(values, question, NOW)) == slots(code)


def test_the_development_set_is_read_right() -> None:
    lines = [
        {"id": str(number), "lang": lang, "asked": asked or None, "intent": intent, "slots": slots(code), "text": text}
        for number, (lang, asked, intent, code, text) in enumerate(rows("development.tsv"), 1)
    ]
    tallies = score(taxi_reader(), taxi_knowledge(), lines)
    overall = tallies["all"]
    assert overall.slots_right == overall.slots, table(tallies)
    assert overall.intents_right / overall.intents >= 0.98, overall.wrong
    assert overall.languages_right / overall.languages >= 0.99, overall.wrong
