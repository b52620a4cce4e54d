"""Conditions of If, Filter and Switch: typed values, an operator each, joined by and or or. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import tzinfo
from typing import Any, Literal

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.nodes.first_conditions import FIRST_OPERATIONS
from tapbot.nodes.javascript import equals
from tapbot.nodes.patterns import matches
from tapbot.nodes.typed_values import convert
from tapbot.workflow.node import NodeParams


class Operator(NodeParams):
    """What a condition asks."""

    type: Literal["string", "number", "dateTime", "boolean", "array", "object", "any"] = "string"
    """Type of the values."""
    operation: str = "equals"
    """Question, for example `equals`, `contains` or `gt`."""
    right_type: str | None = None
    """Type of the second value, where it differs."""
    single_value: bool = False
    """The question needs no second value."""


class Condition(NodeParams):
    """One question about an item."""

    left_value: Any = ""
    """First value, mostly an expression."""
    right_value: Any = ""
    """Second value."""
    operator: Operator = Field(default_factory=Operator)
    """What is asked."""


class ConditionOptions(NodeParams):
    """How conditions compare."""

    case_sensitive: bool = True
    """Whether upper and lower case letters differ."""
    type_validation: Literal["strict", "loose"] = "strict"
    """`strict`: a value of another type is an error. `loose`: it is converted."""
    version: int = 1
    """Rules to compare by; 0 stands for those of the first If and Switch."""


class Conditions(NodeParams):
    """Questions, and how their answers are joined."""

    options: ConditionOptions = Field(default_factory=ConditionOptions)
    """How values are compared."""
    conditions: list[Condition] = Field(default_factory=list)
    """Questions."""
    combinator: Literal["and", "or"] = "and"
    """`and`: all must hold. `or`: one is enough."""


def hold(asked: Conditions, zone: tzinfo, *, loose: bool = False, ignore_case: bool = False) -> bool:
    """Whether the conditions hold.

    Args:
        zone: Zone of dates that name none.
        loose: Convert values, whatever the conditions' own options say.
        ignore_case: Treat letters of both cases as one, whatever the conditions' own options say.

    Raises:
        InvalidInput: A value has the wrong type, or there is no such operator.
    """
    ignore_case = ignore_case or not asked.options.case_sensitive
    loose = loose or asked.options.type_validation == "loose"
    first = asked.options.version == 0
    if first and not asked.conditions:
        return asked.combinator == "and"
    answers = (
        _ask_first(condition, zone) if first else _ask(condition, position, zone, loose=loose, ignore_case=ignore_case)
        for position, condition in enumerate(asked.conditions)
    )
    return any(answers) if asked.combinator == "or" else all(answers)


def _ask_first(condition: Condition, zone: tzinfo) -> bool:
    operation = FIRST_OPERATIONS.get(condition.operator.operation)
    if operation is None:
        raise _unknown_operator(condition.operator)
    return operation(condition.operator.type, condition.left_value, condition.right_value, zone)


def _ask(condition: Condition, position: int, zone: tzinfo, *, loose: bool, ignore_case: bool) -> bool:
    operator = condition.operator
    general = GENERAL.get(operator.operation)
    questions = QUESTIONS.get(operator.type, {})
    question = questions.get(operator.operation)
    if general is None and question is None:
        raise _unknown_operator(operator)
    if operator.operation in {"exists", "notExists"}:
        return general is not None and general(condition.left_value)
    left = convert(condition.left_value, operator.type, position, zone, loose=loose)
    if general is not None:
        return general(left)
    right_type = _right_type(operator)
    right = condition.right_value
    if not (isinstance(right, str) and right == "" and right_type not in {"string", "any"}):
        right = convert(right, right_type, position, zone, loose=loose)
    else:
        right = None  # an empty field of the form
    if ignore_case:
        left, right = _lower(left), _lower(right)
    if operator.operation in {"regex", "notRegex"}:
        found = matches(str(condition.right_value), str(left or ""), ignore_case=ignore_case)
        return found is (operator.operation == "regex")
    return question is not None and question(left, right)


def _right_type(operator: Operator) -> str:
    if operator.right_type:
        return operator.right_type
    if operator.type == "array":
        return "number" if operator.operation.startswith("length") else "any"
    return operator.type


def _lower(value: Any) -> Any:
    if isinstance(value, str):
        return value.lower()
    return [_lower(entry) for entry in value] if isinstance(value, list) else value


def _unknown_operator(operator: Operator) -> InvalidInput:
    known = sorted({*GENERAL, *QUESTIONS.get(operator.type, {})})
    return InvalidInput(
        f"There is no operator {operator.operation!r} for the type {operator.type!r}.",
        code="node.unknown_operator",
        hint=f"Known ones: {', '.join(known)}.",
    )


def _is_empty(value: Any) -> bool:
    if isinstance(value, float) and math.isnan(value):
        return True
    return value is None or (isinstance(value, (str, list, dict)) and not value)


Test = Callable[[Any, Any], bool]


def _both(test: Test) -> Test:
    """An order between two values: false where one is missing."""
    return lambda left, right: left is not None and right is not None and test(left, right)


def _text(test: Callable[[str, str], bool]) -> Test:
    """A test of two strings: a missing one counts as empty."""
    return lambda left, right: test(left or "", right or "")


def _length(test: Callable[[int, float], bool]) -> Test:
    return lambda left, right: test(len(left or []), right or 0)


def _contains(left: Any, right: Any) -> bool:
    return any(equals(entry, right) for entry in left or [])


GENERAL: dict[str, Callable[[Any], bool]] = {
    "exists": lambda value: value is not None,
    "notExists": lambda value: value is None,
    "empty": _is_empty,
    "notEmpty": lambda value: not _is_empty(value),
}
EQUALITY: dict[str, Test] = {"equals": equals, "notEquals": lambda left, right: not equals(left, right)}
QUESTIONS: dict[str, dict[str, Test]] = {
    "string": {
        "equals": _text(lambda left, right: left == right),
        "notEquals": _text(lambda left, right: left != right),
        "contains": _text(lambda left, right: right in left),
        "notContains": _text(lambda left, right: right not in left),
        "startsWith": _text(str.startswith),
        "notStartsWith": _text(lambda left, right: not left.startswith(right)),
        "endsWith": _text(str.endswith),
        "notEndsWith": _text(lambda left, right: not left.endswith(right)),
        "regex": _text(lambda _left, _right: False),  # both are asked of `patterns`, which needs the case
        "notRegex": _text(lambda _left, _right: False),
    },
    "number": {
        **EQUALITY,
        "gt": _both(lambda left, right: left > right),
        "lt": _both(lambda left, right: left < right),
        "gte": _both(lambda left, right: left >= right),
        "lte": _both(lambda left, right: left <= right),
    },
    "dateTime": {
        **EQUALITY,
        "after": _both(lambda left, right: left > right),
        "before": _both(lambda left, right: left < right),
        "afterOrEquals": _both(lambda left, right: left >= right),
        "beforeOrEquals": _both(lambda left, right: left <= right),
    },
    "boolean": {**EQUALITY, "true": lambda left, _: left is True, "false": lambda left, _: left is False},
    "array": {
        "contains": _contains,
        "notContains": lambda left, right: not _contains(left, right),
        "lengthEquals": _length(lambda length, right: length == right),
        "lengthNotEquals": _length(lambda length, right: length != right),
        "lengthGt": _length(lambda length, right: length > right),
        "lengthLt": _length(lambda length, right: length < right),
        "lengthGte": _length(lambda length, right: length >= right),
        "lengthLte": _length(lambda length, right: length <= right),
    },
    "object": {},
    "any": EQUALITY,
}
