"""Yes or no."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Boolean

from tapbot.data.types import Field, FieldType, as_it_is, unexpected

WRITTEN = {"true": True, "false": False, "1": True, "0": False}


def parse(_field: Field, value: Any, _zone: ZoneInfo) -> bool:
    """Take a boolean, `"true"`, `"false"`, 1 or 0."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | str) and str(value).strip().lower() in WRITTEN:
        return WRITTEN[str(value).strip().lower()]
    raise unexpected("true or false", value)


field_type = FieldType(column=Boolean, parse=parse, show=as_it_is)
