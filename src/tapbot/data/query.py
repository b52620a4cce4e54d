"""Conditions, search and order to SQL. Names come from the definition, values are always parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, get_args

from sqlalchemy import Column, ColumnElement, UnaryExpression, and_, false, or_, true

from tapbot.data.fields import find_field_type
from tapbot.data.records import Records
from tapbot.data.types import Condition, Field, Match, Operator
from tapbot.data.values import find_field, parse_value
from tapbot.errors import InvalidInput

MOST_VALUES = 1000
MOST_CONDITIONS = 50
Test = Callable[[Column[Any], Any], ColumnElement[bool]]

COMPARE: dict[str, Test] = {
    "lt": lambda column, value: column < value,
    "lte": lambda column, value: column <= value,
    "gt": lambda column, value: column > value,
    "gte": lambda column, value: column >= value,
    "eq": lambda column, value: column == value,
    "neq": lambda column, value: or_(column != value, column.is_(None)),
}


def build_where(
    records: Records, where: Sequence[Condition], search: str | None = None, *, match: Match = "all"
) -> ColumnElement[bool]:
    """The conditions, all of which must hold or one, and a text that any text field must contain.

    Raises:
        InvalidInput: A field or operator is unknown, or a value does not fit.
    """
    if len(where) > MOST_CONDITIONS:
        raise InvalidInput(f"at most {MOST_CONDITIONS} conditions.", code="data.invalid_condition")
    tests = [_build_test(records, condition) for condition in where]
    conditions = or_(false(), *tests) if match == "any" and tests else and_(true(), *tests)
    if not search:
        return conditions
    texts = [name for name, field in records.collection.all_fields.items() if find_field_type(field.type).text]
    return and_(conditions, or_(false(), *(_contains(records.table.c[name], search) for name in texts)))


def build_order(records: Records, sort: Sequence[str]) -> list[UnaryExpression[Any]]:
    """The order of a list: as asked, else as defined, else by age. Missing values last, ties by `id`.

    Raises:
        InvalidInput: A field is unknown or cannot be compared.
    """
    keys = [*(sort or records.collection.sort or ("created_at",)), "id"]
    order = []
    for key in keys:
        field = find_field(records.collection, key.removeprefix("-"))
        if not find_field_type(field.type).ordered:
            raise _unfit(records, field, "records cannot be sorted by it")
        column = records.table.c[field.name]
        order.append((column.desc() if key.startswith("-") else column.asc()).nulls_last())
    return order


def _build_test(records: Records, condition: Condition) -> ColumnElement[bool]:
    field = find_field(records.collection, condition.field)
    column, op, value = records.table.c[field.name], condition.op, condition.value
    if op not in get_args(Operator):
        raise _unfit(records, field, f"there is no operator {op!r}: use one of {', '.join(get_args(Operator))}")
    if op == "null" or (op == "eq" and value is None):
        return column.is_(None)
    if op == "nnull" or (op == "neq" and value is None):
        return column.is_not(None)
    if op == "contains":
        return _build_contains(records, field, value)
    return _build_comparison(records, field, op, value)


def _build_comparison(records: Records, field: Field, op: str, value: Any) -> ColumnElement[bool]:
    if not find_field_type(field.type).ordered:
        raise _unfit(records, field, "JSON can be asked for with null and nnull alone")
    if op in ("in", "nin"):
        return _build_in(records, field, op, value)
    return COMPARE[op](records.table.c[field.name], parse_value(records.collection, field, value))


def _build_in(records: Records, field: Field, op: str, value: Any) -> ColumnElement[bool]:
    if not isinstance(value, list | tuple) or len(value) > MOST_VALUES:
        raise _unfit(records, field, f"{op!r} takes a list of at most {MOST_VALUES} values")
    column = records.table.c[field.name]
    parsed = [parse_value(records.collection, field, each) for each in value]
    return column.in_(parsed) if op == "in" else or_(column.not_in(parsed), column.is_(None))


def _build_contains(records: Records, field: Field, value: Any) -> ColumnElement[bool]:
    if not find_field_type(field.type).text or not isinstance(value, str):
        raise _unfit(records, field, "'contains' takes a text and works on text fields")
    return _contains(records.table.c[field.name], value)


def _contains(column: Column[Any], wanted: str) -> ColumnElement[bool]:
    """Contained in some usual case. SQLite folds the case of Latin letters alone, so each case is asked for."""
    cases = dict.fromkeys((wanted, wanted.lower(), wanted.upper(), wanted.capitalize(), wanted.title()))
    return or_(false(), *(column.icontains(case, autoescape=True) for case in cases))


def _unfit(records: Records, field: Field, what: str) -> InvalidInput:
    return InvalidInput(f"{what}.", code="data.invalid_condition", place=f"{records.collection.name}.{field.name}")
