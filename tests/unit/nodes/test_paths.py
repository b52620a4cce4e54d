"""Paths into records."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapbot.nodes.paths import get_path, remove_path, set_path, split_path

RECORD: dict[str, Any] = {"a": {"b": [{"c": 1}, 2]}, "x.y": 3, "l": [1]}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a.b.c", ["a", "b", "c"]),
        ("a[0].b", ["a", 0, "b"]),
        ("a['b.c'][\"d\"]", ["a", "b.c", "d"]),
        ("a b.ü", ["a b", "ü"]),
        ("", [""]),
        ("[2]", [2]),
    ],
)
def test_a_path_is_split(text: str, parts: list[str | int]) -> None:
    assert list(split_path(text)) == parts


@pytest.mark.parametrize(
    ("text", "found"),
    [("a.b[0].c", 1), ("a.b.1", 2), ("x.y", 3), ("a.b[5]", None), ("a.none.c", None), ("l.b", None), ("l[0].b", None)],
)
def test_a_place_is_looked_up(text: str, found: object) -> None:
    assert get_path(RECORD, text) == (found is not None, found)


def test_without_dots_a_name_is_a_name() -> None:
    assert get_path(RECORD, "a.b", dots=False) == (False, None)
    assert get_path(RECORD, "x.y", dots=False) == (True, 3)


def test_writing_copies_what_lies_on_the_way() -> None:
    before = copy.deepcopy(RECORD)
    changed = dict(RECORD)
    set_path(changed, "a.b[0].c", 9)
    set_path(changed, "l[2]", "new")
    assert before == RECORD
    assert changed["a"] == {"b": [{"c": 9}, 2]}
    assert changed["l"] == [1, None, "new"]


def test_writing_into_a_plain_value_replaces_it() -> None:
    record: dict[str, Any] = {"a": 1}
    set_path(record, "a.b", 2)
    assert record == {"a": {"b": 2}}


def test_a_huge_index_fills_no_memory() -> None:
    record: dict[str, Any] = {}
    set_path(record, "a[999999999]", 1)
    assert record == {"a": []}


def test_a_place_is_removed() -> None:
    before = copy.deepcopy(RECORD)
    changed = dict(RECORD)
    for path in ("a.b[0].c", "x.y", "none.there", "l[0]"):
        remove_path(changed, path)
    assert changed == {"a": {"b": [{}, 2]}, "l": [None]}
    assert before == RECORD


@given(st.lists(st.one_of(st.text("abc", min_size=1, max_size=2), st.integers(0, 3)), min_size=1, max_size=5))
def test_what_was_written_is_read(parts: list[str | int]) -> None:
    text = "r" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    record: dict[str, Any] = {}
    set_path(record, text, "value")
    assert get_path(record, text) == (True, "value")
