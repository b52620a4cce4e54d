"""A moment as it was said: a date part, a time part, and the part of the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

AFTERNOON_HOURS = 12


@dataclass(frozen=True, slots=True)
class Moment:
    """A date, a time, or both; and the part of the day when no hour was said."""

    date: date | None = None
    time: time | None = None
    part: str | None = None

    def is_empty(self) -> bool:
        """Neither a date nor a time: nothing that fills a slot."""
        return self.date is None and self.time is None

    def to_text(self) -> str:
        """`2026-03-05T08:00`, `2026-03-05` or `T08:00`."""
        day = self.date.isoformat() if self.date else ""
        hour = f"T{self.time:%H:%M}" if self.time else ""
        return day + hour


@dataclass(frozen=True, slots=True)
class Found:
    """A piece of a moment and the tokens that say it."""

    first: int
    """Index of the first token."""
    last: int
    """Index of the last token."""
    date: date | None = None
    time: time | None = None
    part: str | None = None
    bare: bool = False
    """An hour below 13 said without a part of the day."""
    ablative: bool = False
    """Said as a starting point: `с 8`, `8-ден`, `from 8`."""


def apply_part(clock: time, part: str) -> time:
    """An hour on the twelve-hour clock and the part of the day: `7` and `evening` give 19:00."""
    hour = clock.hour
    if hour > AFTERNOON_HOURS:
        return clock
    if part in {"pm", "evening"}:
        hour = hour + 12 if hour < AFTERNOON_HOURS else (12 if part == "pm" else 0)
    elif part == "day":
        hour = hour + 12 if hour <= 7 else hour
    elif part == "night":
        hour = 0 if hour == AFTERNOON_HOURS else hour + 12 if hour >= 8 else hour
    elif part == "am":
        hour = hour % 12
    return clock.replace(hour=hour)


def avoid_past(clock: time, now: datetime) -> time:
    """`сегодня в 8` said at ten in the morning means the evening."""
    if clock <= now.timetz().replace(tzinfo=None) and clock.hour < AFTERNOON_HOURS:
        return clock.replace(hour=clock.hour + AFTERNOON_HOURS)
    return clock
