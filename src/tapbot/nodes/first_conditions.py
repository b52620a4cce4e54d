"""The operators of the first If and Switch (typeVersion 1 and 2): no types are checked, JavaScript decides."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import tzinfo
from typing import Any

from tapbot.nodes.dates import read_date
from tapbot.nodes.javascript import equals, is_at_most, is_less, is_truthy, to_text
from tapbot.nodes.patterns import matches

Operation = Callable[[str, Any, Any, tzinfo], bool]


def _number_or_zero(value: Any) -> Any:
    return value if is_truthy(value) else 0


def _text_or_empty(value: Any) -> str:
    return to_text(value) if is_truthy(value) else ""


def _less(left: Any, right: Any) -> bool:
    return is_less(_number_or_zero(left), _number_or_zero(right))


def _at_most(left: Any, right: Any) -> bool:
    return is_at_most(_number_or_zero(left), _number_or_zero(right))


def _equal(kind: str, left: Any, right: Any, zone: tzinfo) -> bool:
    if kind == "dateTime":
        return read_date(left, zone) == read_date(right, zone)
    return equals(left, right)


def _before(left: Any, right: Any, zone: tzinfo) -> bool:
    first, second = read_date(left, zone), read_date(right, zone)
    return first is not None and second is not None and first < second


def _is_empty(value: Any) -> bool:
    if isinstance(value, float) and math.isnan(value):
        return True
    return value is None or (isinstance(value, (str, list, dict)) and not value)


def _texts(test: Callable[[str, str], bool]) -> Operation:
    return lambda _kind, left, right, _zone: test(_text_or_empty(left), _text_or_empty(right))


FIRST_OPERATIONS: dict[str, Operation] = {
    "equal": _equal,
    "notEqual": lambda kind, left, right, zone: not _equal(kind, left, right, zone),
    "after": lambda _kind, left, right, zone: _before(right, left, zone),
    "before": lambda _kind, left, right, zone: _before(left, right, zone),
    "smaller": lambda _kind, left, right, _zone: _less(left, right),
    "smallerEqual": lambda _kind, left, right, _zone: _at_most(left, right),
    "larger": lambda _kind, left, right, _zone: _less(right, left),
    "largerEqual": lambda _kind, left, right, _zone: _at_most(right, left),
    "isEmpty": lambda _kind, left, _right, _zone: _is_empty(left),
    "isNotEmpty": lambda _kind, left, _right, _zone: not _is_empty(left),
    "contains": _texts(lambda left, right: right in left),
    "notContains": _texts(lambda left, right: right not in left),
    "startsWith": _texts(str.startswith),
    "notStartsWith": _texts(lambda left, right: not left.startswith(right)),
    "endsWith": _texts(str.endswith),
    "notEndsWith": _texts(lambda left, right: not left.endswith(right)),
    "regex": _texts(lambda left, right: matches(right, left)),
    "notRegex": _texts(lambda left, right: not matches(right, left)),
}
"""By name: given the type, both values and the zone of dates that name none."""

FIRST_DEFAULTS: dict[str, tuple[str, Any]] = {
    "boolean": ("equal", False),
    "dateTime": ("after", ""),
    "number": ("smaller", 0),
    "string": ("equal", ""),
}
"""By type, in the order of evaluation: the operation and the value where the file names none."""


def first_conditions(lists: Any, combinator: str) -> dict[str, Any]:
    """Conditions of the first If and Filter, a list for each type, in the form of today.

    Args:
        lists: Conditions by type.
        combinator: `and` or `or`.
    """
    conditions = [
        {
            "leftValue": entry.get("value1", default),
            "rightValue": entry.get("value2", default),
            "operator": {"type": kind, "operation": entry.get("operation", operation)},
        }
        for kind, (operation, default) in FIRST_DEFAULTS.items()
        for entry in (lists or {}).get(kind) or []
    ]
    return {"options": {"version": 0}, "conditions": conditions, "combinator": combinator}
