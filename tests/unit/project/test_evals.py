"""Evals: what they may say, and what they notice."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest

from tapbot.project.evals import EvalFile, EvalOutcome, Replies, find_button, read_evals, run_eval

NOW = "now: 2026-03-04T10:00:00+05:00\n"
YES = [{"text": "Всё верно? Цена 7000", "buttons": [{"label": "Да", "value": "confirm:yes"}]}]


class Parrot:
    """A world whose bot always says the same."""

    def __init__(self, replies: Replies, records: Sequence[Mapping[str, Any]]) -> None:
        self.replies, self.found = replies, records
        self.heard: list[tuple[str | None, str | None]] = []

    async def say(self, message_id: str, *, text: str | None, value: str | None) -> Replies:
        self.heard.append((text, value))
        return self.replies

    async def records(self, collection: str, where: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        return self.found


async def hold(
    turns: str, *, then: str = "", replies: Replies = YES, records: Sequence[Any] = ()
) -> tuple[EvalOutcome, Parrot]:
    (file,), problems = read_evals({"evals/a.yaml": f"name: A\n{NOW}turns:\n{turns}{then}"})
    assert problems == []
    world = Parrot(replies, records)

    @asynccontextmanager
    async def open_world(*, bot: str | None, language: str | None, now: datetime) -> AsyncIterator[Parrot]:
        assert now.isoformat() == "2026-03-04T10:00:00+05:00"
        yield world

    return await run_eval(file, open_world), world


async def test_what_holds_passes_and_a_button_is_pressed_by_its_label() -> None:
    expect = "{contains: [верно, цена], not_contains: нет, matches: '7\\d+', buttons: [да]}"
    turns = f"  - {{say: hi, expect: {expect}}}\n  - {{press: да}}\n"
    outcome, world = await hold(turns)
    assert outcome.failures == ()
    assert world.heard == [("hi", None), (None, "confirm:yes")]


async def test_messages_sent_at_once_are_answered_together() -> None:
    outcome, world = await hold("  - {say: [hi, two of us], expect: {contains: цена}}\n")
    assert outcome.passed
    assert world.heard == [("hi", None), ("two of us", None)]
    assert outcome.transcript == ("contact: hi", "contact: two of us", "bot: Всё верно? Цена 7000 [Да]")


@pytest.mark.parametrize(
    ("expect", "message"),
    [
        ("contains: спасибо", "lacks"),
        ("not_contains: верно", "holds"),
        ("matches: '^no$'", "does not match"),
        ("buttons: [Нет]", "no button"),
    ],
)
async def test_what_does_not_hold_is_told(expect: str, message: str) -> None:
    outcome, _ = await hold(f"  - {{say: hi, expect: {{{expect}}}}}\n  - say: never said\n")
    assert len(outcome.failures) == 1
    assert message in outcome.failures[0]
    assert not any("never said" in line for line in outcome.transcript)


async def test_silence_and_a_button_that_was_not_offered_fail() -> None:
    assert "no reply" in (await hold("  - say: hi\n", replies=[]))[0].failures[0]
    assert "'Нет'" in (await hold("  - say: hi\n  - press: Нет\n"))[0].failures[0]


async def test_what_must_be_stored_is_compared() -> None:
    then = "then: {rides: {count: 1, values: {seats: 2, departs_at: 2026-03-05T08:00:00+05:00}}}"
    right = [{"seats": 2, "departs_at": "2026-03-05T08:00:00+05:00"}]
    assert (await hold("  - say: hi\n", then=then, records=right))[0].passed
    assert "seats" in (await hold("  - say: hi\n", then=then, records=[{**right[0], "seats": 3}]))[0].failures[0]
    assert "holds 0" in (await hold("  - say: hi\n", then=then))[0].failures[0]


@pytest.mark.parametrize(
    "text",
    [
        "name: A\nturns: [{say: hi}]",
        f"name: A\n{NOW}turns: [{{say: hi, press: b}}]",
        f"name: A\n{NOW}turns: []",
        "[3]",
        "a: [",
    ],
)
def test_a_broken_eval_is_a_problem_that_names_its_line(text: str) -> None:
    evals, problems = read_evals({"evals/a.yaml": text})
    assert evals == []
    assert problems[0].place.startswith("evals/a.yaml:")


def test_a_file_may_hold_several() -> None:
    one = "- name: {}\n  now: 2026-03-04T10:00:00+05:00\n  turns: [{{say: hi}}]\n"
    evals, _ = read_evals({"evals/a.yaml": one.format("a") + one.format("b"), "bots/x.yaml": "not an eval"})
    assert [(entry.eval.name, entry.place) for entry in evals] == [("a", "evals/a.yaml:1"), ("b", "evals/a.yaml:4")]
    assert isinstance(evals[0], EvalFile)


def test_a_button_is_found_by_value_too() -> None:
    assert find_button(YES, "confirm:yes") == "confirm:yes"
    assert find_button(YES, "nope") is None
