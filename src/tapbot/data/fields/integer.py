"""A whole number."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger

from tapbot.data.types import Field, FieldType, as_it_is, unexpected

LARGEST = 2**53 - 1
"""Beyond this, JavaScript and many JSON readers lose digits."""

WRITTEN = re.compile(r"[+-]?[0-9]{1,16}")


def parse(_field: Field, value: Any, _zone: ZoneInfo) -> int:
    """Take a whole number, also when it is written as text or as `2.0`."""
    number: Any = value
    written = isinstance(value, str) and WRITTEN.fullmatch(value.strip())
    if written or (isinstance(value, float) and value.is_integer()):
        number = int(value)
    if not isinstance(number, int) or isinstance(number, bool):
        raise unexpected("a whole number", value)
    if abs(number) > LARGEST:
        raise unexpected(f"a whole number between -{LARGEST} and {LARGEST}", value)
    return number


field_type = FieldType(column=BigInteger, parse=parse, show=as_it_is, counts=True)
