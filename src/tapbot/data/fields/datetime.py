"""A moment. Stored in UTC, shown in the project's zone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tapbot.data.types import Field, FieldType, unexpected
from tapbot.storage.columns import Utc


def parse(_field: Field, value: Any, zone: ZoneInfo) -> datetime:
    """Take an ISO 8601 date and time, or a `datetime`; without an offset it is the project's local time."""
    moment = value
    if isinstance(value, str):
        if len(value.strip()) <= len("2026-03-01"):  # a date alone would silently become midnight
            raise unexpected("a date and time such as 2026-03-01T08:00:00+05:00", value)
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            raise unexpected("a date and time such as 2026-03-01T08:00:00+05:00", value) from None
    if not isinstance(moment, datetime):
        raise unexpected("a date and time such as 2026-03-01T08:00:00+05:00", value)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    try:
        return aware.astimezone(UTC)
    except OverflowError:
        raise unexpected("a date and time between the years 1 and 9999", value) from None


def show(value: Any, zone: ZoneInfo) -> str:
    """ISO 8601 with the zone's offset."""
    moment: datetime = value
    try:
        return moment.astimezone(zone).isoformat()
    except OverflowError:  # within a day of the year 1 or 9999
        return moment.isoformat()


field_type = FieldType(column=Utc, parse=parse, show=show)
