"""A day without a time."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Date

from tapbot.data.types import Field, FieldType, unexpected


def parse(_field: Field, value: Any, zone: ZoneInfo) -> date:
    """Take `2026-03-01`, a `date`, or a `datetime`, of which the day in the project's zone counts."""
    if isinstance(value, datetime):
        return (value.astimezone(zone) if value.tzinfo else value).date()
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            raise unexpected("a date such as 2026-03-01", value) from None
    raise unexpected("a date such as 2026-03-01", value)


def show(value: Any, _zone: ZoneInfo) -> str:
    """ISO 8601."""
    day: date = value
    return day.isoformat()


field_type = FieldType(column=Date, parse=parse, show=show)
