"""Arithmetic of dates on the calendar. Pure."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from tapbot.errors import InvalidInput
from tapbot.nodes.javascript import plain

Unit = Literal["year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond"]
ORDER: tuple[Unit, ...] = ("year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond")
MONTHS = {"year": 12, "quarter": 3, "month": 1}
DAYS = {"week": 7, "day": 1}
SECONDS = {"hour": 3_600.0, "minute": 60.0, "second": 1.0, "millisecond": 0.001}
LETTERS = {"year": "Y", "month": "M", "week": "W", "day": "D", "hour": "H", "minute": "M", "second": "S"}
PARTS: dict[str, Callable[[datetime], int]] = {
    "year": lambda moment: moment.year,
    "quarter": lambda moment: (moment.month - 1) // 3 + 1,
    "month": lambda moment: moment.month,
    "week": lambda moment: moment.isocalendar().week,
    "day": lambda moment: moment.day,
    "hour": lambda moment: moment.hour,
    "minute": lambda moment: moment.minute,
    "second": lambda moment: moment.second,
    "millisecond": lambda moment: moment.microsecond // 1000,
}
"""By unit: the part of a date."""


def singular(value: Any) -> Any:
    """A unit without its plural ending."""
    return value.removesuffix("s") if isinstance(value, str) else value


def move(moment: datetime, unit: str, amount: float) -> datetime:
    """A date later or earlier: months and days on the calendar, hours and less by the clock.

    Raises:
        InvalidInput: The result is no date that can be written.
    """
    try:
        if unit in MONTHS:
            return _move_months(moment, int(amount * MONTHS[unit]))
        if unit in DAYS:
            return moment + timedelta(days=amount * DAYS[unit])
        passed = moment.astimezone(UTC) + timedelta(seconds=amount * SECONDS[unit])
        return passed.astimezone(moment.tzinfo)
    except (OverflowError, ValueError):
        raise InvalidInput(f"{amount:g} {unit}s are too many.", code="node.invalid_parameter") from None


def _move_months(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


def round_down(moment: datetime, unit: str) -> datetime:
    """The begin of the year, month, week … that a date lies in; weeks begin on Monday."""
    if unit == "week":
        return round_down(moment - timedelta(days=moment.weekday()), "day")
    if unit == "quarter":
        return round_down(moment.replace(day=1, month=(moment.month - 1) // 3 * 3 + 1), "day")
    parts: dict[str, Any] = {}
    for smaller, start in (("millisecond", 0), ("second", 0), ("minute", 0), ("hour", 0), ("day", 1), ("month", 1)):
        if smaller == unit:
            break
        if smaller != "millisecond":
            parts[smaller] = start
    return moment.replace(microsecond=0, **parts)


def between(start: datetime, end: datetime, units: Sequence[str], *, as_text: bool) -> Any:
    """The time between two dates, by unit; the smallest one may have a fraction.

    Args:
        as_text: Give it as ISO 8601 writes a duration.
    """
    wanted = [unit for unit in ORDER if unit in units]
    sign = -1 if end < start else 1
    cursor, goal = (start, end) if sign > 0 else (end, start)
    found: dict[str, float | int] = {}
    for place, unit in enumerate(wanted):
        count = _whole(cursor, goal, unit)
        reached = move(cursor, unit, count)
        amount: float = count
        if place == len(wanted) - 1:
            following = move(cursor, unit, count + 1)
            amount += (goal - reached) / (following - reached)
        found[f"{unit}s"] = plain(sign * round(amount, 12)) if amount else 0
        cursor = reached
    return _as_text(found) if as_text else found


def _whole(start: datetime, end: datetime, unit: str) -> int:
    """How many whole units pass."""
    if unit in MONTHS:
        count = ((end.year - start.year) * 12 + end.month - start.month) // MONTHS[unit]
    elif unit in DAYS:
        count = (end.date() - start.date()).days // DAYS[unit]
    else:
        count = int((end - start).total_seconds() // SECONDS[unit])
    while count > 0 and move(start, unit, count) > end:
        count -= 1
    return max(0, count)


def _as_text(found: dict[str, float | int]) -> str:
    date = "".join(f"{found[f'{unit}s']}{LETTERS[unit]}" for unit in ORDER[:5] if found.get(f"{unit}s"))
    clock = "".join(f"{found[f'{unit}s']}{LETTERS[unit]}" for unit in ORDER[5:8] if found.get(f"{unit}s"))
    if not date and not clock:
        return "PT0S"
    return f"P{date}" + (f"T{clock}" if clock else "")
