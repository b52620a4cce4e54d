"""A text of any length and number of lines."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Text

from tapbot.data.types import Field, FieldType, as_it_is, unexpected

LIMIT_CHARACTERS = 1_000_000


def parse(_field: Field, value: Any, _zone: ZoneInfo) -> str:
    """Take text, or a whole number."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise unexpected("text", value)
    if len(value) > LIMIT_CHARACTERS:
        raise unexpected(f"at most {LIMIT_CHARACTERS} characters", value)
    if "\0" in value:
        raise unexpected("text without a zero character", value)
    return value


field_type = FieldType(column=Text, parse=parse, show=as_it_is, text=True)
