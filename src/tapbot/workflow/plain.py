"""The plainest expressions, read without a sandbox: fields of the item, numbers, texts, and sums of them.

`={{ $json.trip.seats + 1 }}` needs no JavaScript, and handing it to another process costs ten times its work. Whatever
is not sure to mean the same in JavaScript, by its form or by the values it meets, is left to the sandbox.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

GAP = r"[ \t\r\n]*"
WHOLE = re.compile(rf"=\{{\{{{GAP}(?P<sum>[^{{}}]+?){GAP}\}}\}}")
TERM = re.compile(
    rf"{GAP}(?:(?P<number>0|[1-9][0-9]{{0,14}})(?![\w.])"
    r"|'(?P<single>[^'\\\r\n\u2028\u2029]*)'|\"(?P<double>[^\"\\\r\n\u2028\u2029]*)\""
    r"|\$json(?P<fields>(?:\.[A-Za-z_][A-Za-z0-9_]*)+)(?![\w$(.\[]))"
    rf"{GAP}"
)
LONGEST_SOURCE = 500
MOST_TERMS = 8
MOST_LETTERS = 100_000
LARGEST_WHOLE = 2**53
ANOTHER_MEANING = frozenset({"__proto__"})

Read = Callable[[Mapping[str, Any]], Any]
"""Gives the value for an item's record."""


class NotPlain(Exception):
    """Only JavaScript knows what this gives."""


def compile_plain(source: str) -> Read | None:
    """How to read an expression without a sandbox; `None` when it is not of the plainest kind.

    Args:
        source: As it stands in the parameters, with its `=`.
    """
    whole = WHOLE.fullmatch(source) if len(source) <= LONGEST_SOURCE else None
    terms = _split(whole["sum"]) if whole else None
    if not terms or len(terms) > MOST_TERMS:
        return None
    first, *others = terms

    def read(record: Mapping[str, Any]) -> Any:
        total = first(record)
        for term in others:
            total = _add(total, term(record))
        return total

    return read


def _split(text: str) -> list[Read] | None:
    """The terms of a sum."""
    terms: list[Read] = []
    position = 0
    while True:
        match = TERM.match(text, position)
        if match is None:
            return None
        terms.append(_term(match))
        position = match.end()
        if position == len(text):
            return None if any(term is _never for term in terms) else terms
        if text[position] != "+" or text[position + 1 : position + 2] == "+":
            return None
        position += 1


def _term(match: re.Match[str]) -> Read:
    if match["fields"] is not None:
        names = tuple(match["fields"].split(".")[1:])
        if ANOTHER_MEANING.intersection(names):
            return _never
        return lambda record: _look_up(record, names)
    constant = int(match["number"]) if match["number"] is not None else match["single"] or match["double"] or ""
    return lambda _record: constant


def _never(_record: Mapping[str, Any]) -> Any:
    raise NotPlain


def _look_up(record: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    """A field that the record has itself; what JavaScript would inherit or call undefined is its business."""
    place: Any = record
    for name in names:
        if not isinstance(place, dict) or name not in place:
            raise NotPlain
        place = place[name]
    return _plain(place)


def _plain(value: Any) -> Any:
    """A text, a boolean, null, or a number as it comes back from JavaScript."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        if abs(value) < LARGEST_WHOLE:
            return value
    elif isinstance(value, float) and math.isfinite(value) and abs(value) < LARGEST_WHOLE:
        return int(value) if value.is_integer() else value
    raise NotPlain


def _add(left: Any, right: Any) -> Any:
    """JavaScript's `+` of texts and numbers."""
    if isinstance(left, bool) or isinstance(right, bool) or left is None or right is None:
        raise NotPlain
    if not isinstance(left, str) and not isinstance(right, str):
        return _plain(left + right)
    if isinstance(left, float) or isinstance(right, float):
        raise NotPlain  # JavaScript writes numbers in its own way
    total = f"{left}{right}"
    if len(total) > MOST_LETTERS:
        raise NotPlain
    return total
