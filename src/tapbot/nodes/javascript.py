"""JavaScript's rules for JSON values: conversions, equality and order, as people's workflows rely on them."""

from __future__ import annotations

import json
import math
import re
from typing import Any

NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|Infinity)", re.ASCII)
PREFIXED = {"0x": 16, "0b": 2, "0o": 8}
# What JavaScript strips around a number; Python's strip() takes more and less.
BLANK = "\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
OUTER_BLANK = re.compile(f"^[{BLANK}]+|[{BLANK}]+$")
SAFE_INTEGER = 2**53


def is_number(value: object) -> bool:
    """Whether the value is a number; Python's `True` is none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def kind_of(value: object) -> str:
    """The kind of a JSON value in words: `string`, `number`, `boolean`, `array`, `object` or `null`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, (int, float)):
        return "number"
    return "array" if isinstance(value, list) else "object"


def to_number(value: object) -> float | int:
    """`Number(value)`: NaN when it is none."""
    if value is None:
        return 0
    if isinstance(value, (int, float)):
        return plain(value) if not isinstance(value, bool) else int(value)
    if isinstance(value, list):
        return to_number(to_text(value))
    if isinstance(value, str):
        return _parse_number(OUTER_BLANK.sub("", value))
    return math.nan


def _parse_number(text: str) -> float | int:
    if not text:
        return 0
    base = PREFIXED.get(text[:2].lower())
    if base:
        digits = text[2:]
        try:
            return plain(int(digits, base)) if digits.isascii() and digits.isalnum() else math.nan
        except ValueError:
            return math.nan
    return plain(float(text)) if NUMBER.fullmatch(text) else math.nan


def plain(value: float | int) -> float | int:
    """The same number as JSON prints it: whole ones without a fraction, large ones as doubles hold them."""
    if isinstance(value, int):
        return value if abs(value) <= SAFE_INTEGER else plain(float(value)) if abs(value) < 10**308 else math.inf
    if math.isfinite(value) and value.is_integer() and abs(value) < 1e21:
        return int(value)
    return value


def to_text(value: object) -> str:
    """`String(value)`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return number_to_text(value)
    if isinstance(value, list):
        return ",".join("" if entry is None else to_text(entry) for entry in value)
    return value if isinstance(value, str) else "[object Object]"


def number_to_text(value: float | int) -> str:
    """A number as JavaScript prints it: shortest digits, an exponent from 1e21 up and below 1e-6."""
    value = plain(value)
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    mantissa, _, exponent_text = repr(value).partition("e")
    if not exponent_text:
        return mantissa
    exponent = int(exponent_text)
    if -7 < exponent < 0:
        # Python turns to exponents below 1e-4 already.
        sign, digits = ("-", mantissa[1:]) if mantissa.startswith("-") else ("", mantissa)
        return f"{sign}0.{'0' * (-exponent - 1)}{digits.replace('.', '')}"
    return f"{mantissa}e{'+' if exponent > 0 else '-'}{abs(exponent)}"


def stringify(value: Any) -> str:
    """`JSON.stringify(value)`."""
    return ENCODE(_printable(value))


def pretty(value: Any) -> str:
    """`JSON.stringify(value, null, 2)`."""
    return json.dumps(_printable(value), ensure_ascii=False, indent=2, allow_nan=False)


def parse_json(text: str | bytes) -> Any:
    """`JSON.parse(text)`: numbers are doubles, and what no JSON can hold again (half a character) is replaced.

    Raises:
        ValueError: The text is not JSON, or is nested too deep.
    """
    try:
        whole = text if isinstance(text, str) else text.decode(json.detect_encoding(text), "surrogatepass")
        parsed = (DECODE if LONG_NUMBER.search(whole) else DECODE_SHORT)(whole)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    escape = b"\\u" if isinstance(text, bytes) else "\\u"
    return _mended(parsed) if escape in text else parsed  # type: ignore[operator]  # both are of one type


LONG_NUMBER = re.compile(r"[0-9]{16}")
"""A whole number that a double may not hold has as many digits; asking about each number costs a call of Python's."""


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _whole(digits: str) -> float | int | None:
    # Only short ones are read digit by digit: the others are too large for a double anyway, or nearly so.
    return plain(int(digits)) if len(digits) <= 20 else _double(digits)


def _double(digits: str) -> float | int | None:
    value = float(digits)
    return value if math.isfinite(value) else None


ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
DECODE = json.JSONDecoder(parse_constant=_refuse, parse_int=_whole, parse_float=_double).decode
DECODE_SHORT = json.JSONDecoder(parse_constant=_refuse, parse_float=_double).decode
# Made once: `json.dumps` and `json.loads` with settings make one for each call.


def _mended(value: Any) -> Any:
    """Without halves of UTF-16 pairs, which UTF-8 cannot write."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_mended(name): _mended(entry) for name, entry in value.items()}
    return [_mended(entry) for entry in value] if isinstance(value, list) else value


def _printable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _printable(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_printable(entry) for entry in value]
    if isinstance(value, float):
        return plain(value) if math.isfinite(value) else None
    return value


def is_truthy(value: object) -> bool:
    """`Boolean(value)`: empty lists and objects are true, NaN is not."""
    if isinstance(value, (list, dict)):
        return True
    return bool(value) and value == value  # noqa: PLR0124  # NaN is the only value that differs from itself


def equals(left: object, right: object) -> bool:
    """`left === right` for plain values; lists and objects are never the same one."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, (list, dict)) or isinstance(right, (list, dict)):
        return False
    return left == right


def same_json(left: Any, right: Any) -> bool:
    """Whether two values are the same JSON: types are strict, the order of keys does not matter."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same_json(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_json, left, right))
    return equals(left, right)


def is_less(left: object, right: object) -> bool:
    """`left < right`: strings by their UTF-16 units, all else as numbers."""
    if isinstance(left, str) and isinstance(right, str):
        return left.encode("utf-16-be", "surrogatepass") < right.encode("utf-16-be", "surrogatepass")
    return to_number(left) < to_number(right)


def is_at_most(left: object, right: object) -> bool:
    """`left <= right`; false where one of them is no number."""
    if isinstance(left, str) and isinstance(right, str):
        return not is_less(right, left)
    return to_number(left) <= to_number(right)
