"""What JavaScript makes of plain values, where Python can say it for sure; all else is `NotPlain`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

MOST_LETTERS = 100_000
MOST_PARTS = 1_000
LARGEST_WHOLE = 2**53
BLANK = "\t\n\v\f\r \u00a0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000\ufeff"
"""What JavaScript's `trim` takes away; Python's `strip` takes more and less."""
KNOWN_CASE = re.compile(r"[\x00-\xff\u0400-\u052f]*")
"""Latin and Cyrillic letters: their capitals are the same in every version of Unicode."""


class NotPlain(Exception):
    """Only JavaScript knows what this gives."""


def to_plain(value: Any) -> Any:
    """A value as it comes back from JavaScript; lists and objects are copied."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, (int, float)):
        return to_number(value)
    return _copied(value, [MOST_PARTS])


def _copied(value: Any, left: list[int]) -> Any:
    left[0] -= 1
    if left[0] < 0:
        raise NotPlain
    if isinstance(value, dict):
        if any(name[:1].isdecimal() or name == "__proto__" for name in value):
            raise NotPlain  # JavaScript puts names that look like numbers first
        return {name: _copied(entry, left) for name, entry in value.items()}
    if isinstance(value, list):
        return [_copied(entry, left) for entry in value]
    return value if value is None or isinstance(value, (str, bool)) else to_number(value)


def to_number(value: Any) -> int | float:
    """A number that is the same in both: finite, and whole ones below 2^53."""
    if type(value) is int and -LARGEST_WHOLE < value < LARGEST_WHOLE:
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -LARGEST_WHOLE < value < LARGEST_WHOLE:
        raise NotPlain
    return int(value) if isinstance(value, float) and value.is_integer() else value


def to_text(value: Any) -> str:
    """A text, or a whole number as JavaScript writes it; it writes other numbers in its own way."""
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(to_number(value))
    raise NotPlain


def is_true(value: Any) -> bool:
    """`Boolean(value)`: empty lists and objects are true."""
    return isinstance(value, (list, dict)) or bool(value)


def field_of(place: Any, name: str) -> Any:
    """A field that an object has itself, and lengths; what would be inherited or undefined is JavaScript's business."""
    if isinstance(place, dict) and name in place:
        return place[name]
    if name == "length":
        if isinstance(place, list):
            return len(place)
        if isinstance(place, str):
            return len(_short_units(place))
    raise NotPlain


def entry_of(place: Any, index: Any) -> Any:
    """An entry of a list by its place, or a field of an object by its name."""
    if isinstance(index, str):
        return field_of(place, index)
    if isinstance(place, list) and type(index) is int and 0 <= index < len(place):
        return place[index]
    raise NotPlain


def add(left: Any, right: Any) -> Any:
    """`+` of texts and numbers."""
    if isinstance(left, str) or isinstance(right, str):
        return _bounded(f"{to_text(left)}{to_text(right)}")
    return to_number(to_number(left) + to_number(right))


def subtract(left: Any, right: Any) -> Any:
    """`-` of numbers."""
    return to_number(to_number(left) - to_number(right))


def multiply(left: Any, right: Any) -> Any:
    """`*` of numbers."""
    return to_number(to_number(left) * to_number(right))


def divide(left: Any, right: Any) -> Any:
    """`/` of numbers."""
    if not to_number(right):
        raise NotPlain
    return to_number(to_number(left) / right)


def remainder(left: Any, right: Any) -> Any:
    """`%` of numbers: its sign is the first one's."""
    if not to_number(right):
        raise NotPlain
    return to_number(math.fmod(to_number(left), right))


def is_same(left: Any, right: Any) -> bool:
    """`===` of plain values."""
    return _kind(left) is _kind(right) and bool(left == right)


def is_like(left: Any, right: Any) -> bool:
    """`==` of values of one kind, and of anything with null; between others JavaScript converts."""
    if _kind(left) is not _kind(right) and left is not None and right is not None:
        raise NotPlain
    return is_same(left, right)


def is_less(left: Any, right: Any) -> bool:
    """`<` of two numbers, or of two texts by their letters."""
    if isinstance(left, str) and isinstance(right, str):
        return _short_units(left) < _short_units(right)
    return to_number(left) < to_number(right)


def _kind(value: Any) -> type:
    if isinstance(value, (dict, list)):
        raise NotPlain  # equal only to itself
    if value is None or isinstance(value, (str, bool)):
        return type(value)
    to_number(value)
    return float


def _short_units(text: str) -> str:
    """A text whose letters are one unit of UTF-16 each."""
    if not text.isascii() and max(text) > "\uffff":
        raise NotPlain
    return text


def _bounded(text: str) -> str:
    if len(text) > MOST_LETTERS:
        raise NotPlain
    return text


def _upper(text: str) -> str:
    return _of_known_case(text).upper()


def _lower(text: str) -> str:
    return _of_known_case(text).lower()


def _of_known_case(text: str) -> str:
    if KNOWN_CASE.fullmatch(text) is None:
        raise NotPlain
    return text


def _replaced(text: str, wanted: Any, instead: Any, count: int) -> str:
    if not isinstance(instead, str) or "$" in instead:
        raise NotPlain
    if isinstance(wanted, Pattern):
        if count < 0 and not wanted.everywhere:
            raise NotPlain
        times = 0 if wanted.everywhere else 1
        return _bounded(wanted.compiled.sub(lambda _found: instead, _short_units(text), count=times))
    return _bounded(_short_units(text).replace(_text(wanted), instead, count))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise NotPlain
    return value


METHODS: Mapping[str, tuple[int, Callable[..., Any]]] = {
    "toUpperCase": (0, _upper),
    "toLowerCase": (0, _lower),
    "trim": (0, lambda text: text.strip(BLANK)),
    "includes": (1, lambda text, part: _text(part) in text),
    "startsWith": (1, lambda text, part: text.startswith(_text(part))),
    "endsWith": (1, lambda text, part: text.endswith(_text(part))),
    "replace": (2, lambda text, wanted, instead: _replaced(text, wanted, instead, 1)),
    "replaceAll": (2, lambda text, wanted, instead: _replaced(text, wanted, instead, -1)),
}
"""Methods of texts by name: how many arguments they take, and what they do."""


class Pattern:
    """A regular expression that is found in one pass over a text: single letters in a row, the last one repeated.

    Args:
        source: Between the slashes.
        everywhere: The flag `g`.

    Raises:
        NotPlain: It is of another kind, or may mean something else in Python.
    """

    ATOM = re.compile(
        r"\\[dD]|\\[-/.()+*?\[\]{}|^$]|\[\^?(?:[A-Za-z0-9](?:-[A-Za-z0-9])?|[ .,:;_@#/+])+\]"
        r"|[A-Za-z0-9 ,:;_@#=\"'<>&%!~-]"
    )

    def __init__(self, source: str, *, everywhere: bool) -> None:
        anchored, last = source.startswith("^"), source.endswith("$") and not source.endswith("\\$")
        inside = source[1 if anchored else 0 : -1 if last else None]
        repeated = inside.endswith("+") and not inside.endswith("\\+") and not last
        atoms, position = 0, 0
        inside = inside[:-1] if repeated else inside
        while position < len(inside):
            match = self.ATOM.match(inside, position)
            if match is None:
                raise NotPlain
            atoms, position = atoms + 1, match.end()
        if not atoms:
            raise NotPlain
        written = f"{'^' if anchored else ''}{inside}{'+' if repeated else ''}" + (r"\Z" if last else "")
        try:
            self.compiled = re.compile(written, re.ASCII)
        except re.error:
            raise NotPlain from None
        self.everywhere = everywhere
