"""Reading the many ways in which people and programs write a date."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime

ISO = re.compile(r"[+-]?\d{4}-?\d{2}-?\d{2}([T ]\d{2}(:?\d{2}(:?\d{2}([.,]\d+)?)?)?\s*(Z|[+-]\d{2}(:?\d{2})?)?)?", re.I)
WEEK_DATE = re.compile(r"\d{4}-W\d{2}(-\d)?")
YEAR_MONTH = re.compile(r"\d{4}-\d{2}")
WRITTEN = (
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%m/%d/%Y",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%B %d, %Y",
    "%b %d, %Y",
    "%d %B %Y",
    "%d %b %Y",
)
SECONDS_END = 10**11
"""A number below this counts seconds since 1970, one above it milliseconds."""


def read_date(value: object, zone: tzinfo) -> datetime | None:
    """A date from a string or a number; `None` when it is none.

    Args:
        zone: Zone of a date that names none.
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return _from_number(float(value))
    if not isinstance(value, str):
        return None
    text = value.strip()
    is_stamp = text.isascii() and text.isdecimal() and len(text) > 4 and len(text) != 8
    found = _from_number(float(text)) if is_stamp else _from_text(text)
    if found is None:
        return None
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _from_number(number: float) -> datetime | None:
    if not math.isfinite(number):
        return None
    seconds = number if abs(number) < SECONDS_END else number / 1000
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    except OverflowError:
        return None


def _from_text(text: str) -> datetime | None:
    try:
        if YEAR_MONTH.fullmatch(text):
            return datetime.fromisoformat(f"{text}-01")
        if ISO.fullmatch(text) or WEEK_DATE.fullmatch(text):
            return datetime.fromisoformat(re.sub(r"\s+(?=[+-]|Z$)", "", text.replace(",", ".")))
    except ValueError:
        return None
    for form in WRITTEN:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007  # the caller adds the zone
        except ValueError:
            continue
    try:
        return parsedate_to_datetime(text)
    except (ValueError, IndexError):
        return None
