"""JavaScript's rules, as Node.js answers."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapbot.nodes.javascript import (
    equals,
    is_at_most,
    is_less,
    is_truthy,
    number_to_text,
    parse_json,
    same_json,
    stringify,
    to_number,
    to_text,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", 0),
        (" \n12 ", 12),
        ("1.50", 1.5),
        (".5", 0.5),
        ("5.", 5),
        ("1e3", 1000),
        ("0x1F", 31),
        ("-1", -1),
        ("0b11", 3),
        (None, 0),
        (True, 1),
        ([], 0),
        ([7], 7),
        ("\u00a03", 3),
        (9007199254740993, 9007199254740992),
    ],
)
def test_a_value_becomes_the_number_that_javascript_sees(value: object, expected: float) -> None:
    assert to_number(value) == expected


@pytest.mark.parametrize("value", ["a", "1,5", "1_000", "0x", "0xg", "1 2", "NaN", "inf", "١", {}, [1, 2], "--1"])
def test_what_is_no_number_is_nan(value: object) -> None:
    assert math.isnan(to_number(value))


def test_infinity_has_one_name() -> None:
    assert to_number("-Infinity") == -math.inf


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.0, "1"),
        (-0.0, "0"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1.5e-5, "0.000015"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (-2.5e-6, "-0.0000025"),
        (123456.789, "123456.789"),
        (2**53 + 1, "9007199254740992"),
        (math.inf, "Infinity"),
        (math.nan, "NaN"),
    ],
)
def test_a_number_prints_as_in_javascript(value: float, expected: str) -> None:
    assert number_to_text(value) == expected


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_printed_number_reads_as_itself(value: float) -> None:
    assert to_number(number_to_text(value)) == value


def test_lists_and_objects_print_as_in_javascript() -> None:
    assert to_text([1, None, ["a", True]]) == "1,,a,true"
    assert to_text({}) == "[object Object]"
    assert stringify({"a": [1.0, None, "é"], "n": math.nan}) == '{"a":[1,null,"é"],"n":null}'


def test_equality_is_strict_and_lists_are_never_the_same() -> None:
    assert equals(1, 1.0)
    assert not equals(1, True)
    assert not equals("1", 1)
    assert not equals([], [])
    assert same_json({"a": [1, {"b": 2}], "c": 0}, {"c": 0, "a": [1.0, {"b": 2}]})
    assert not same_json([1], [True])
    assert not same_json([1], [1, 2])


def test_order_is_by_number_unless_both_are_text() -> None:
    assert is_less("10", "9")
    assert is_less("9", 10)
    assert is_less(None, 1)
    assert not is_less("a", 1)
    assert not is_at_most("a", 1)
    assert is_at_most("a", "a")
    # U+1F600 is the pair D83D DE00, which comes before U+FF5E.
    assert is_less("\U0001f600", "\uff5e")


def test_empty_lists_are_true_and_nan_is_not() -> None:
    assert is_truthy([])
    assert is_truthy({})
    assert not is_truthy(math.nan)
    assert not is_truthy("")


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "{", "", "[" * 100_000, "{'a': 1}", "1" * 5000 + "x"])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_json(text)


def test_numbers_of_json_are_doubles_and_half_characters_are_replaced() -> None:
    assert parse_json("[9007199254740993, 1e400, 1.0, -5]") == [9007199254740992, None, 1.0, -5]
    assert parse_json("1" + "0" * 30) == 1e30
    assert parse_json("1" + "0" * 400) is None
    assert parse_json(r'["\ud800x", "\ud83d\ude00", {"\udc00": "é"}]') == ["\ufffdx", "\U0001f600", {"\ufffd": "é"}]
    assert parse_json(b'"\xc3\xa9"') == "é"
