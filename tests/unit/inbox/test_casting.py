"""What a broadcast says: a contact's values are data, whatever stands in them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapbot.inbox.casting import Filter, choose_language, fill, matches, read_content

NOW = datetime(2026, 3, 4, 5, tzinfo=UTC)


def contact(**values: Any) -> dict[str, Any]:
    empty = {"first_name": None, "phone": None, "language": None, "fields": None, "tags": None, "created_at": NOW}
    return empty | values


@given(st.text(max_size=60))
def test_a_value_is_said_as_it_is_and_never_looked_into(value: str) -> None:
    filled = fill("A{{ name }}B{{phone|none}}C", contact(first_name=value, phone="+7"))
    plain = " ".join(value.split())
    assert filled == (f"A{plain}B+7C" if plain else None)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{city}}", "{{phone}}"),
        ("{{fields}}", None),
        ("{{unknown|friend}}", "friend"),
        ("{{unknown|}}", None),
        ("{{rides}} of {{half}}", "3 of 2.5"),
        ("{{whole}}", "2"),
        ("{{vip|-}}", "-"),
        ("no placeholder", "no placeholder"),
    ],
)
def test_placeholders(text: str, filled: str | None) -> None:
    fields = {"city": "{{phone}}", "rides": 3, "half": 2.5, "whole": 2.0, "vip": True}
    assert fill(text, contact(fields=fields, phone="+7")) == filled


@pytest.mark.parametrize(
    ("op", "value", "holds"),
    [
        ("eq", 3, True),
        ("eq", 3.0, True),
        ("eq", "3", False),
        ("eq", True, False),
        ("neq", 4, True),
        ("in", [1, 3], True),
        ("nin", [1, 3], False),
        ("gt", 2, True),
        ("gt", "2", False),
        ("lte", 3, True),
        ("lt", 3, False),
        ("null", None, False),
        ("nnull", None, True),
    ],
)
def test_filters(op: Any, value: Any, holds: bool) -> None:
    assert matches([Filter("rides", op, value)], contact(fields={"rides": 3})) is holds


def test_times_are_compared_as_they_are_written() -> None:
    assert matches([Filter("created_at", "gte", "2026-03-01"), Filter("created_at", "lt", "2026-04")], contact())
    assert not matches([Filter("created_at", "gte", "2026-04")], contact())


def test_the_language_is_the_persons_else_the_projects_else_any() -> None:
    content = read_content({"texts": {"kk": "a", "en": "b"}})
    assert choose_language(content, ("en", "kk")) == "en"
    assert choose_language(content, (None, "ru", "kk")) == "kk"
    assert choose_language(content, ("ru",)) == "kk"
