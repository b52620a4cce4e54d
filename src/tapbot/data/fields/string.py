"""A short text on one line: names, phones, keys."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import String

from tapbot.data.types import Field, FieldType, as_it_is, unexpected

LIMIT_CHARACTERS = 255


def parse(_field: Field, value: Any, _zone: ZoneInfo) -> str:
    """Take text, or a whole number such as a phone written without quotes."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise unexpected("text", value)
    if len(value) > LIMIT_CHARACTERS:
        raise unexpected(f"at most {LIMIT_CHARACTERS} characters (type `text` takes more)", value)
    if any(character in value for character in "\0\r\n"):
        raise unexpected("text on one line", value)
    return value


field_type = FieldType(column=lambda: String(LIMIT_CHARACTERS), parse=parse, show=as_it_is, text=True)
