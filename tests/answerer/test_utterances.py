"""The guided answerer over the held-out utterances: slots right in 95 of 100, intents in 90, in every language."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.answerer.scoring import Tally, score, table
from tests.contract.bots.taxi_world import cities, taxi_bot, taxi_knowledge

from tapbot.bots.guided.reading import Reader

UTTERANCES = Path(__file__).parent / "utterances.jsonl"
SLOTS_GOAL, INTENTS_GOAL = 0.95, 0.90


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    return [json.loads(line) for line in UTTERANCES.read_text().splitlines() if line.strip()]


@pytest.fixture(scope="module")
def tallies(lines: list[dict[str, Any]]) -> dict[str, Tally]:
    guided = taxi_bot().guided
    assert guided is not None
    found = score(Reader(guided, {"cities": cities()}), taxi_knowledge(), lines)
    print("\n" + table(found))
    return found


def test_there_are_at_least_300_utterances_in_three_languages(lines: list[dict[str, Any]]) -> None:
    assert len(lines) >= 300
    assert {line["lang"] for line in lines} == {"kk", "ru", "en"}


@pytest.mark.parametrize("language", ["kk", "ru", "en", "all"])
def test_slots_are_right_in_95_of_100_utterances_that_have_some(tallies: dict[str, Tally], language: str) -> None:
    one = tallies[language]
    assert one.slots_right / one.slots >= SLOTS_GOAL, table(tallies)


@pytest.mark.parametrize("language", ["kk", "ru", "en", "all"])
def test_intents_are_right_in_90_of_100_utterances(tallies: dict[str, Tally], language: str) -> None:
    one = tallies[language]
    assert one.intents_right / one.intents >= INTENTS_GOAL, table(tallies)
