"""A number with a fraction (a double; for money use `integer` and the smallest unit)."""

from __future__ import annotations

import math
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Double

from tapbot.data.types import Field, FieldType, as_it_is, unexpected


def parse(_field: Field, value: Any, _zone: ZoneInfo) -> float:
    """Take a finite number, also when it is written as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise unexpected("a number", value)
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise unexpected("a number", value) from None
    if not math.isfinite(number):
        raise unexpected("a finite number", value)
    return number


field_type = FieldType(column=Double, parse=parse, show=as_it_is, counts=True)
