"""When a person is called by rule, and when people are there."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from tapbot.bots.handoff import DeskPart, DeskRules, is_angry, person_wanted, tell_opening
from tapbot.bots.types import TurnInput, TurnResult

ALMATY = ZoneInfo("Asia/Almaty")
HOURS = {"mon-fri": ["09:00-13:00", "14:00-18:00"], "sat": ["22:00-02:00"]}


def at(day: int, clock: str) -> datetime:
    """A moment of the week that begins on Monday, 2 March 2026."""
    hour, minute = clock.split(":")
    return datetime(2026, 3, 1 + day, int(hour), int(minute), tzinfo=ALMATY)


def rules(**part: Any) -> DeskRules:
    return DeskRules(DeskPart(**part))


def wanted(desk: DeskRules, text: str = "hello", *, tags: tuple[str, ...] = (), now: datetime, **result: Any) -> Any:
    turn = TurnInput("c", 1, None, {}, [{"text": text, "value": None}], {"tags": list(tags)})
    return person_wanted(desk, turn, TurnResult([], result.pop("state", {}), "ru", **result), now)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (at(1, "09:00"), None),
        (at(1, "12:59"), None),
        (at(1, "13:00"), at(1, "14:00")),  # the lunch break
        (at(1, "18:00"), at(2, "09:00")),
        (at(5, "19:00"), at(6, "22:00")),
        (at(6, "23:30"), None),
        (at(7, "01:59"), None),  # the night of Saturday ends on Sunday
        (at(7, "02:00"), at(8, "09:00")),
    ],
)
def test_people_are_there_when_the_hours_say_so(now: datetime, opens: datetime | None) -> None:
    assert rules(hours=HOURS).opens_at(now) == opens


def test_without_hours_people_are_always_there() -> None:
    assert rules().opens_at(at(7, "03:00")) is None


@pytest.mark.parametrize("hours", [{"monday": ["09:00-18:00"]}, {"mon": ["9-18"]}, {"mon": ["25:00-26:00"]}, {"": []}])
def test_hours_that_say_nothing_are_refused(hours: dict[str, list[str]]) -> None:
    with pytest.raises(ValidationError):
        rules(hours=hours)


@pytest.mark.parametrize(
    "text",
    [
        "Это безобразие!",
        "верните деньги",
        "ВЫ МОШЕННИКИ",
        "Масқара!",
        "ақшамды қайтарыңдар",
        "I want my money back",
        "this is ridiculous",
    ],
)
def test_anger_is_heard_in_three_languages(text: str) -> None:
    assert is_angry([{"text": text, "value": None}])


@pytest.mark.parametrize(
    "text",
    ["Из Алматы в Тараз завтра", "спасибо, всё отлично", "рахмет, жақсы", "two seats please", "сколько стоит", ""],
)
def test_a_calm_customer_is_not_taken_for_angry(text: str) -> None:
    assert not is_angry([{"text": text, "value": None}])


def test_each_rule_calls_a_person_while_people_are_there() -> None:
    desk = rules(hand_over={"misses": 2, "anger": True, "tags": ["VIP"]}, hours=HOURS)
    work, night = at(1, "10:00"), at(1, "23:00")
    assert wanted(desk, now=work) is None
    assert wanted(desk, now=work, state={"misses": 1}) is None
    assert wanted(desk, now=work, state={"misses": 2}) == "misses"
    assert wanted(desk, "кошмар!", now=work) == "anger"
    assert wanted(desk, now=work, tags=("vip",)) == "tag"
    assert wanted(desk, "кошмар!", now=night, tags=("vip",), state={"misses": 9}) is None
    assert wanted(desk, now=night, handoff="asked") == "asked"  # who asks for a person gets one, if later
    assert wanted(rules(), "кошмар!", now=work, tags=("vip",), state={"misses": 9}) is None


def test_the_customer_hears_when_somebody_will_be_there() -> None:
    assert "02.03 09:00" in tell_opening(at(1, "09:00"), "kk")
