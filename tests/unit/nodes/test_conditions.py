"""Every operator of every type, strict and loose."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tapbot.errors import InvalidInput
from tapbot.nodes.conditions import GENERAL, QUESTIONS, Conditions, hold
from tapbot.nodes.first_conditions import FIRST_OPERATIONS

ALMATY = ZoneInfo("Asia/Almaty")
DATE, LATER = "2026-03-05T00:00:00Z", "2026-03-06T00:00:00Z"
TABLE: dict[str, list[tuple[str, Any, Any, bool]]] = {
    "string": [
        ("exists", "", None, True),
        ("exists", None, None, False),
        ("notExists", None, None, True),
        ("empty", "", None, True),
        ("empty", None, None, True),
        ("notEmpty", "a", None, True),
        ("equals", "a", "a", True),
        ("equals", None, "", True),
        ("notEquals", "a", "b", True),
        ("contains", "abc", "b", True),
        ("contains", None, "b", False),
        ("notContains", "abc", "x", True),
        ("startsWith", "abc", "a", True),
        ("notStartsWith", "abc", "b", True),
        ("endsWith", "abc", "c", True),
        ("notEndsWith", "abc", "b", True),
        ("regex", "abc", "^a.c$", True),
        ("notRegex", "abc", "^b", True),
        ("notRegex", None, "a", True),
    ],
    "number": [
        ("exists", 0, None, True),
        ("notExists", None, None, True),
        ("empty", None, None, True),
        ("empty", 0, None, False),
        ("notEmpty", 0, None, True),
        ("equals", 1, 1.0, True),
        ("notEquals", 1, 2, True),
        ("gt", 2, 1, True),
        ("gt", None, -1, False),
        ("lt", 1, 2, True),
        ("lt", None, 1, False),
        ("gte", 2, 2, True),
        ("lte", 2, 2, True),
        ("equals", None, "", True),
    ],
    "dateTime": [
        ("exists", DATE, None, True),
        ("notExists", None, None, True),
        ("empty", None, None, True),
        ("notEmpty", DATE, None, True),
        ("equals", DATE, "2026-03-05T05:00:00", True),
        ("notEquals", DATE, LATER, True),
        ("after", LATER, DATE, True),
        ("after", DATE, DATE, False),
        ("before", DATE, LATER, True),
        ("afterOrEquals", DATE, DATE, True),
        ("beforeOrEquals", DATE, DATE, True),
        ("after", None, DATE, False),
    ],
    "boolean": [
        ("exists", False, None, True),
        ("notExists", None, None, True),
        ("empty", None, None, True),
        ("notEmpty", False, None, True),
        ("true", True, None, True),
        ("true", None, None, False),
        ("false", False, None, True),
        ("false", None, None, False),
        ("equals", True, True, True),
        ("notEquals", True, False, True),
    ],
    "array": [
        ("exists", [], None, True),
        ("notExists", None, None, True),
        ("empty", [], None, True),
        ("notEmpty", [0], None, True),
        ("contains", [1, "a"], "a", True),
        ("contains", [1], "1", False),
        ("contains", [[1]], [1], False),
        ("notContains", [1], 2, True),
        ("contains", None, 1, False),
        ("lengthEquals", [1], 1, True),
        ("lengthNotEquals", [1], 2, True),
        ("lengthGt", [1], 0, True),
        ("lengthLt", None, 1, True),
        ("lengthGte", [1], 1, True),
        ("lengthLte", [1], 1, True),
    ],
    "object": [
        ("exists", {}, None, True),
        ("notExists", None, None, True),
        ("empty", {}, None, True),
        ("empty", None, None, True),
        ("notEmpty", {"a": 1}, None, True),
    ],
    "any": [
        ("equals", 1, 1, True),
        ("notEquals", 1, "1", True),
        ("exists", 0, None, True),
        ("notExists", None, None, True),
        ("empty", [], None, True),
        ("notEmpty", 0, None, True),
    ],
}
ROWS = [(kind, *row) for kind, rows in TABLE.items() for row in rows]


def ask(kind: str, operation: str, left: Any, right: Any, *, version: int = 2, **options: Any) -> bool:
    condition = {"leftValue": left, "rightValue": right, "operator": {"type": kind, "operation": operation}}
    asked = Conditions.model_validate({"options": {"version": version, **options}, "conditions": [condition]})
    return hold(asked, ALMATY)


@pytest.mark.parametrize(("kind", "operation", "left", "right", "expected"), ROWS)
def test_an_operator_answers(kind: str, operation: str, left: Any, right: Any, expected: bool) -> None:
    assert ask(kind, operation, left, right) is expected


def test_every_operator_is_tested() -> None:
    for kind, questions in QUESTIONS.items():
        assert {row[0] for row in TABLE[kind]} == questions.keys() | GENERAL.keys()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("string", 1),
        ("number", "1"),
        ("number", True),
        ("boolean", "true"),
        ("dateTime", 5),
        ("dateTime", "soon"),
        ("array", "[]"),
        ("object", []),
        ("string", {"a": 1}),
    ],
)
def test_strict_comparison_refuses_another_type(kind: str, value: Any) -> None:
    with pytest.raises(InvalidInput, match=r"Wrong type: .* but was expecting an? \w+ \[condition 0\]"):
        ask(kind, "notEmpty", value, None)


@pytest.mark.parametrize(
    ("kind", "operation", "left", "right"),
    [
        ("string", "equals", 1, "1"),
        ("string", "contains", {"a": 1}, '"a":1'),
        ("number", "equals", " 1 ", True),
        ("boolean", "true", "TRUE", ""),
        ("boolean", "false", 0, ""),
        ("dateTime", "before", 0, DATE),
        ("array", "contains", "[1]", 1),
        ("object", "notEmpty", '{"a": 1}', ""),
    ],
)
def test_loose_comparison_converts(kind: str, operation: str, left: Any, right: Any) -> None:
    assert ask(kind, operation, left, right, typeValidation="loose")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("number", "a"),
        ("boolean", "maybe"),
        ("boolean", 2),
        ("dateTime", "soon"),
        ("array", "{}"),
        ("object", "[1]"),
        ("object", "{"),
        ("array", 5),
    ],
)
def test_loose_comparison_says_what_cannot_be_converted(kind: str, value: Any) -> None:
    with pytest.raises(InvalidInput, match="Conversion error"):
        ask(kind, "notEmpty", value, None, typeValidation="loose")


def test_case_is_ignored_on_both_sides_and_in_lists() -> None:
    assert ask("string", "equals", "ҚАЗАҚ", "қазақ", caseSensitive=False)
    assert ask("array", "contains", ["ABC"], "abc", caseSensitive=False)
    assert ask("string", "regex", "ABC", "^abc$", caseSensitive=False)


def test_no_conditions_hold() -> None:
    assert hold(Conditions(), ALMATY)


@pytest.mark.parametrize(
    ("kind", "operation", "left", "right", "expected"),
    [
        ("number", "equal", 1, 1.0, True),
        ("number", "equal", "1", 1, False),
        ("number", "notEqual", "1", 1, True),
        ("number", "smaller", "1", 2, True),
        ("number", "smaller", None, 1, True),
        ("number", "smallerEqual", 2, 2, True),
        ("number", "smallerEqual", "a", 2, False),
        ("number", "larger", 3, "2", True),
        ("number", "largerEqual", 2, 2, True),
        ("number", "isEmpty", None, 0, True),
        ("number", "isNotEmpty", 0, 0, True),
        ("string", "contains", "abc", "b", True),
        ("string", "contains", 123, 2, True),
        ("string", "notContains", "abc", "x", True),
        ("string", "startsWith", "abc", "a", True),
        ("string", "notStartsWith", "abc", "b", True),
        ("string", "endsWith", "abc", "c", True),
        ("string", "notEndsWith", "abc", "b", True),
        ("string", "regex", "abc", "/B/i", True),
        ("string", "notRegex", "abc", "x", True),
        ("boolean", "equal", None, False, False),
        ("dateTime", "after", LATER, DATE, True),
        ("dateTime", "before", LATER, DATE, False),
        ("dateTime", "equal", DATE, "2026-03-05T05:00:00", True),
        ("dateTime", "after", "soon", DATE, False),
        ("string", "isEmpty", {}, "", True),
    ],
)
def test_the_first_operators_answer(kind: str, operation: str, left: Any, right: Any, expected: bool) -> None:
    assert ask(kind, operation, left, right, version=0) is expected


def test_an_unknown_first_operator_is_an_error() -> None:
    assert len(FIRST_OPERATIONS) == 18
    with pytest.raises(InvalidInput, match="no operator"):
        ask("string", "roughly", "a", "a", version=0)


def test_no_first_conditions_hold_by_their_combination() -> None:
    every = Conditions.model_validate({"options": {"version": 0}})
    some = Conditions.model_validate({"options": {"version": 0}, "combinator": "or"})
    assert hold(every, ALMATY)
    assert not hold(some, ALMATY)
