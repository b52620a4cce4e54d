"""Slot values: merging, checking, showing."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest
from tests.unit.bots.world import NOW

from tapbot.bots.guided.values import check_moment, merge_moment, show_value
from tapbot.bots.understanding.moments import Moment

TODAY, TOMORROW = date(2026, 3, 4), date(2026, 3, 5)


@pytest.mark.parametrize(
    ("before", "said", "merged"),
    [
        ({}, Moment(TOMORROW, time(8)), {"date": "2026-03-05", "time": "08:00"}),
        ({"date": "2026-03-05"}, Moment(None, time(9)), {"date": "2026-03-05", "time": "09:00"}),
        ({"time": "08:00"}, Moment(TOMORROW), {"date": "2026-03-05", "time": "08:00"}),
        ({"date": "2026-03-05", "part": "evening"}, Moment(None, time(7)), {"date": "2026-03-05", "time": "19:00"}),
        (
            {"date": "2026-03-05", "time": "07:00"},
            Moment(None, None, "evening"),
            {"date": "2026-03-05", "time": "19:00"},
        ),
        ({"date": "2026-03-04"}, Moment(None, time(8)), {"date": "2026-03-04", "time": "20:00"}),
    ],
)
def test_what_is_said_now_joins_what_was_said_before(
    before: dict[str, str], said: Moment, merged: dict[str, str]
) -> None:
    found = merge_moment(before, said, NOW)
    assert {name: found[name] for name in merged} == merged


@pytest.mark.parametrize(
    ("value", "left", "problem"),
    [
        ({"date": "2026-03-05", "time": "08:00"}, {"date": "2026-03-05", "time": "08:00"}, None),
        ({"date": "2026-03-04", "time": "09:00"}, {"date": "2026-03-04"}, "bad.past"),
        ({"date": "2026-03-01", "time": "09:00"}, {"time": "09:00"}, "bad.past"),
        ({"date": "2026-09-01"}, {}, "bad.too_far"),
    ],
)
def test_a_moment_that_cannot_be_is_taken_back(
    value: dict[str, str], left: dict[str, str], problem: str | None
) -> None:
    kept, said = check_moment(value, NOW, 60)
    assert kept == left
    assert (said.text if said else None) == problem


@pytest.mark.parametrize(
    ("name", "value", "language", "shown"),
    [
        ("price_kzt", 14000, "ru", "14\u00a0000\u00a0₸"),
        ("duration_minutes", 390, "kk", "6 сағ 30 мин"),
        ("duration_minutes", 45, "en", "45 min"),
        ("duration_minutes", 120, "ru", "2 ч"),
        ("distance_km", 499.6, "ru", "500"),
        ("departs_at", "2026-03-05T08:00:00+05:00", "kk", "5 наурыз, бейсенбі, 08:00"),
        ("departs_at", {"date": "2026-03-05", "time": "08:00"}, "en", "Thursday, 5 March, 08:00"),
        ("departs_at", "2026-03-05T03:00:00+00:00", "ru", "5 марта, четверг, 08:00"),
        ("phone", "+77011234567", "ru", "+7 701 123 4567"),
        ("to_city", "taraz", "ru", "Тараз"),
        ("seats", 2, "ru", "2"),
        ("free_seats", None, "ru", ""),
    ],
)
def test_values_are_shown_as_a_person_writes_them(name: str, value: Any, language: str, shown: str) -> None:
    assert show_value(name, value, language, {"taraz": "Тараз"}, NOW) == shown
