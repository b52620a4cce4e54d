"""Values of conditions by their type: refused when strict, converted when loose."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import tzinfo
from typing import Any

from tapbot.errors import InvalidInput
from tapbot.nodes.dates import read_date
from tapbot.nodes.javascript import kind_of, parse_json, stringify, to_number, to_text

TRUE_WORDS = frozenset({"true", "1"})
FALSE_WORDS = frozenset({"false", "0"})


class Unfit(Exception):
    """The value cannot be had in the wanted type."""


def convert(value: Any, wanted: str, position: int, zone: tzinfo, *, loose: bool) -> Any:
    """A value in the type that a condition wants; a missing one stays missing.

    Args:
        wanted: `string`, `number`, `boolean`, `dateTime`, `array`, `object` or `any`.
        position: Place of the condition in its list, from 0.
        zone: Zone of a date that names none.
        loose: Convert; otherwise another type is an error.

    Raises:
        InvalidInput: The value does not fit.
    """
    if value is None or wanted == "any":
        return value
    try:
        if wanted == "dateTime":
            return _date(value, zone, loose=loose)
        if kind_of(value) == wanted:
            return value
        if loose:
            return CONVERSIONS[wanted](value)
    except Unfit:
        pass
    kind = kind_of(value)
    shown = to_text(value) if kind not in {"array", "object"} else stringify(value)
    shown = shown if len(shown) <= 100 else f"{shown[:100]}…"
    article = "an" if kind[0] in "aeiou" else "a"
    if loose:
        problem = f"Conversion error: the {kind} '{shown}' can't be converted to a {wanted}"
        hint = "Try changing the type of comparison."
    else:
        problem = f"Wrong type: '{shown}' is {article} {kind} but was expecting a {wanted}"
        hint = "Change the type of comparison, or turn on 'Convert types where required'."
    raise InvalidInput(f"{problem} [condition {position}]", code="node.wrong_type", hint=hint)


def _date(value: Any, zone: tzinfo, *, loose: bool) -> Any:
    if not loose and not isinstance(value, str):
        raise Unfit
    found = read_date(value, zone)
    if found is None:
        raise Unfit
    return found


def _text(value: Any) -> str:
    return stringify(value) if isinstance(value, (list, dict)) else to_text(value)


def _number(value: Any) -> float:
    number = to_number(value)
    if not math.isfinite(number):
        raise Unfit
    return number


def _boolean(value: Any) -> bool:
    word = to_text(value).strip().lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise Unfit


def _parsed(kind: str) -> Callable[[Any], Any]:
    def parse(value: Any) -> Any:
        if not isinstance(value, str):
            raise Unfit
        try:
            found = parse_json(value)
        except ValueError:
            raise Unfit from None
        if kind_of(found) != kind:
            raise Unfit
        return found

    return parse


CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "string": _text,
    "number": _number,
    "boolean": _boolean,
    "array": _parsed("array"),
    "object": _parsed("object"),
}
