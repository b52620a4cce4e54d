"""One of the values that the definition lists."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import String

from tapbot.data.types import Field, FieldType, as_it_is, unexpected


def parse(field: Field, value: Any, _zone: ZoneInfo) -> str:
    """Take a listed value."""
    for choice in field.choices:
        if value == choice.value:
            return choice.value
    raise unexpected(f"one of {', '.join(choice.value for choice in field.choices)}", value)


field_type = FieldType(column=lambda: String(255), parse=parse, show=as_it_is, text=True)
