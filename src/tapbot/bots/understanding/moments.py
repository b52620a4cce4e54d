"""Every date and time of a message, in three languages, and the one moment that they make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from tapbot.bots.understanding.clock import (
    read_clock,
    read_half,
    read_hours_ahead,
    read_minutes_of,
    read_minutes_to,
    read_special_hour,
)
from tapbot.bots.understanding.dates import (
    read_day,
    read_day_of_named_month,
    read_days_ahead,
    read_dotted_date,
    read_iso_date,
    read_month_day,
    read_number_of_month,
    read_weekday,
    tells_past,
)
from tapbot.bots.understanding.hours import read_bare_hour, read_hour, read_hour_near, read_now, read_part
from tapbot.bots.understanding.lexicon import Atom
from tapbot.bots.understanding.moment import AFTERNOON_HOURS, Found, Moment, apply_part, avoid_past

Pattern = Callable[[Sequence[Atom], int, datetime], "tuple[Found, int] | None"]

NO_BEGINNING = frozenset({"word", "mark", "place"})
"""Kinds that begin no date and no time."""
__all__ = ["Found", "Moment", "apply_part", "avoid_past", "find_moments", "merge_moments", "tells_past"]


def find_moments(atoms: Sequence[Atom], now: datetime, *, expected: bool = False) -> list[Found]:
    """Every date, time and part of the day in a message, in order; none when it tells of a past day.

    Args:
        now: Aware time in the passenger's zone.
        expected: The bot has just asked for a date or time: a bare number is an hour, `now` is a time.
    """
    if tells_past(atoms):
        return []
    found: list[Found] = []
    index = 0
    patterns = PATTERNS + ((read_bare_hour, read_now) if expected else ())
    while index < len(atoms):
        if atoms[index].kind in NO_BEGINNING:
            index += 1
            continue
        for pattern in patterns:
            match = pattern(atoms, index, now)
            if match:
                found.append(match[0])
                index = match[1]
                break
        else:
            near = read_hour_near(atoms, index, found)
            if near:
                found.append(near)
            index += 1
    return found


def merge_moments(found: Sequence[Found], now: datetime) -> Moment:
    """One moment of the pieces: the first date and the first time, unless a later one replaces it (`с 8 на 9`)."""
    day = pick([piece for piece in found if piece.date])
    hour = pick([piece for piece in found if piece.time is not None])
    part = next((piece.part for piece in found if piece.part), None)
    said_day = day.date if day else None
    if hour is None or hour.time is None:
        return Moment(said_day, None, part)
    clock = (
        apply_part(hour.time, part) if part and hour.part is None and hour.time.hour <= AFTERNOON_HOURS else hour.time
    )
    if hour.bare and part is None and said_day == now.date():
        clock = avoid_past(clock, now)
    return Moment(said_day, clock, part)


def pick(pieces: Sequence[Found]) -> Found | None:
    """The piece that counts; a starting point gives way to what follows it."""
    if len(pieces) > 1 and pieces[0].ablative:
        return pieces[1]
    return pieces[0] if pieces else None


PATTERNS: tuple[Pattern, ...] = (
    read_iso_date, read_dotted_date, read_month_day, read_day_of_named_month, read_days_ahead, read_hours_ahead,
    read_clock, read_number_of_month, read_day, read_weekday, read_special_hour, read_half, read_minutes_of,
    read_minutes_to, read_hour, read_part,
)  # fmt: skip
