"""An identifier of 128 bits."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import String

from tapbot.data.types import Field, FieldType, as_it_is, unexpected


def parse(_field: Field, value: Any, _zone: ZoneInfo) -> str:
    """Take a UUID in any common spelling; it is kept in lower case with hyphens."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, str):
        try:
            return str(UUID(value.strip()))
        except ValueError:
            raise unexpected("a UUID", value) from None
    raise unexpected("a UUID", value)


field_type = FieldType(column=lambda: String(36), parse=parse, show=as_it_is)
