"""Dates in three languages: `завтра`, `жексенбіге`, `March 15`, `15.03`, `через 3 дня`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from tapbot.bots.understanding.atoms import glued, is_mark, is_start, kind_at, number_at, skip
from tapbot.bots.understanding.lexicon import ABLATIVE, LOCATIVE, ORDINAL_MARKS, Atom
from tapbot.bots.understanding.moment import Found

UNITS = frozenset({"dayunit", "dnya", "week", "month", "weekday", "day"})
RECENT_DAYS = 60
"""A date without a year that was so many days ago at most is meant as past, when its next return is far away."""
FAR_DAYS = 183
YEARS_AROUND = 5
"""A number next to a date is a year if it is so near."""


def tells_past(atoms: Sequence[Atom]) -> bool:
    """Whether a message names a past day: `вчера`, `3 күн бұрын`, `last friday`."""
    for index, atom in enumerate(atoms):
        if atom.kind == "day" and int(atom.value) < 0:
            return True
        if atom.kind == "previous" and kind_at(atoms, index + 1) in UNITS:
            return True
        if atom.kind == "ago" and kind_at(atoms, index - 1) in UNITS:
            return True
    return False


def read_day(atoms: Sequence[Atom], index: int, now: datetime) -> tuple[Found, int] | None:
    """`завтра`, `ертең`, `the day after tomorrow`, `tonight`."""
    atom = atoms[index]
    if atom.kind == "tonight":
        return Found(atom.first, atom.last, date=now.date(), part="evening"), index + 1
    if atom.kind != "day" or int(atom.value) < 0:
        return None
    day = now.date() + timedelta(days=int(atom.value))
    return Found(atom.first, atom.last, date=day, ablative=is_start(atoms, index, index)), index + 1


def read_weekday(atoms: Sequence[Atom], index: int, now: datetime) -> tuple[Found, int] | None:
    """`в субботу`, `жексенбіге`, `next friday`: the next such day after today."""
    start = index
    following = False
    if kind_at(atoms, index) in {"next", "this"}:
        following = atoms[index].kind == "next"
        index += 1
    if kind_at(atoms, index) != "weekday":
        return None
    wanted = int(atoms[index].value)
    ahead = (wanted - now.weekday() - 1) % 7 + 1
    day = now.date() + timedelta(days=ahead)
    if following and day.isocalendar().week == now.date().isocalendar().week:
        day += timedelta(days=7)
    end = index + 1 if kind_at(atoms, index + 1) == "dayword" else index
    found = Found(atoms[start].first, atoms[end].last, date=day, ablative=is_start(atoms, start, index))
    return found, end + 1


def read_month_day(atoms: Sequence[Atom], index: int, now: datetime) -> tuple[Found, int] | None:
    """`15 марта`, `the 15th of March`, `15 наурызда`."""
    number = day_of_month(atoms[index])
    if number is None:
        return None
    after = skip(atoms, index + 1, frozenset({"of", "number_day"}))
    if is_mark(atoms, after, "-–"):
        after += 1
    if kind_at(atoms, after) != "month":
        return None
    return finish_date(atoms, index, after, int(atoms[after].value), number, now)


def read_day_of_named_month(atoms: Sequence[Atom], index: int, now: datetime) -> tuple[Found, int] | None:
    """`March 15`, `наурыздың 15-і`."""
    if kind_at(atoms, index) != "month":
        return None
    after = skip(atoms, index + 1, frozenset({"article"}))
    number = day_of_month(atoms[after]) if after < len(atoms) else None
    if number is None or is_mark(atoms, after + 1, ":"):
        return None
    return finish_date(atoms, index, after, int(atoms[index].value), number, now)


def day_of_month(atom: Atom) -> int | None:
    if atom.kind in {"number", "ordinal"} and 1 <= int(atom.value) <= 31:
        return int(atom.value)
    return None


def finish_date(
    atoms: Sequence[Atom], first: int, last: int, month: int, number: int, now: datetime
) -> tuple[Found, int] | None:
    """A date of a day and a month; the year is the said one, else see `next_date`."""
    end = last
    year = number_at(atoms, last + 1, now.year - YEARS_AROUND, now.year + YEARS_AROUND)
    if year is not None:
        end = last + 1
    day = next_date(month, number, year, now.date())
    if kind_at(atoms, end + 1) == "dayword":
        end += 1
    return (Found(atoms[first].first, atoms[end].last, date=day), end + 1) if day else None


def next_date(month: int, number: int, year: int | None, today: date) -> date | None:
    """The day of a year, or its next return; one that has just gone by is taken as it stands, to be told so."""
    if year:
        return real_date(year, month, number)
    days = [day for ahead in (-1, 0, 1) if (day := real_date(today.year + ahead, month, number))]
    coming = next((day for day in days if day >= today), None)
    gone = next((day for day in reversed(days) if day < today), None)
    if gone and (today - gone).days <= RECENT_DAYS and (coming is None or (coming - today).days > FAR_DAYS):
        return gone
    return coming


def real_date(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None


def read_dotted_date(atoms: Sequence[Atom], index: int, now: datetime) -> tuple[Found, int] | None:
    """`15.03`, `15/03/2026`; `8.30` and `в 10.05` are times."""
    number = number_at(atoms, index, 1, 31)
    if number is None or not is_mark(atoms, index + 1, "./") or not glued(atoms, index, 3):
        return None
    month = number_at(atoms, index + 2, 1, 12)
    if month is None:
        return None
    year = None
    end = index + 2
    if is_mark(atoms, end + 1, "./") and glued(atoms, end, 3):
        said = number_at(atoms, end + 2, 1, 9999)
        year = said + 2000 if said is not None and said < 100 else said
        end += 2
    elif kind_at(atoms, index - 1) in {"at", "hour"} and number < 24 and str(atoms[index + 1].value) == ".":
        return None
    day = next_date(month, number, year, now.date())
    return (Found(atoms[index].first, atoms[end].last, date=day), end + 1) if day else None


def read_iso_date(atoms: Sequence[Atom], index: int, now: datetime) -> tuple[Found, int] | None:
    """`2026-03-05`, as a button says it."""
    year = number_at(atoms, index, now.year - YEARS_AROUND, now.year + YEARS_AROUND)
    month, number = number_at(atoms, index + 2, 1, 12), number_at(atoms, index + 4, 1, 31)
    if not year or not month or not number or not is_mark(atoms, index + 1, "-") or not is_mark(atoms, index + 3, "-"):
        return None
    day = next_date(month, number, year, now.date())
    return (Found(atoms[index].first, atoms[index + 4].last, date=day), index + 5) if day else None


def read_number_of_month(atoms: Sequence[Atom], index: int, now: datetime) -> tuple[Found, int] | None:
    """`15-го`, `15 числа`, `on the 15th`, `15-інде`: the next such day, this month or the one after."""
    atom = atoms[index]
    number = day_of_month(atom)
    if number is None:
        return None
    end = index
    if kind_at(atoms, index + 1) == "number_day":
        end = index + 1
    elif not is_calendar_ordinal(atoms, index):
        return None
    today = now.date()
    for ahead in range(3):
        month = (today.month + ahead - 1) % 12 + 1
        day = next_date(month, number, today.year + (today.month + ahead - 1) // 12, today)
        if day and day >= today:
            return Found(atom.first, atoms[end].last, date=day), end + 1
    return None


def is_calendar_ordinal(atoms: Sequence[Atom], index: int) -> bool:
    """An ordinal in digits that names a day: `15-го`, `15th`; not `1-й`, `2nd seat`."""
    atom = atoms[index]
    if atom.kind == "ordinal":
        return atom.language == "ru" and atom.fold.endswith(("ого", "его"))
    if atom.kind != "number" or atom.spelled or atom.suffix in LOCATIVE:
        return False
    return atom.suffix in ORDINAL_MARKS and kind_at(atoms, index + 1) not in {"seat", "people", "hour"}


def read_days_ahead(atoms: Sequence[Atom], index: int, now: datetime) -> tuple[Found, int] | None:
    """`через 3 дня`, `in two weeks`, `бір аптадан кейін`, `через неделю`."""
    count, unit, end = read_span(atoms, index, frozenset({"dayunit", "dnya", "week"}))
    if not unit:
        return None
    days = count * (7 if unit == "week" else 1)
    return Found(atoms[index].first, atoms[end].last, date=now.date() + timedelta(days=days)), end + 1


def read_span(atoms: Sequence[Atom], index: int, units: frozenset[str]) -> tuple[int, str, int]:
    """A length of time that begins now: how many, of what, its last atom; `(0, "", index)` when there is none."""
    start = index + 1 if kind_at(atoms, index) == "in" else index
    cursor = skip(atoms, start, frozenset({"article"}))
    count = 2 if kind_at(atoms, cursor) == "couple" else number_at(atoms, cursor, 1, 99)
    unit_index = skip(atoms, cursor + 1, frozenset({"of"})) if count is not None else cursor
    unit = kind_at(atoms, unit_index)
    if unit not in units:
        return 0, "", index
    if start > index:
        return count or 1, unit, unit_index
    if kind_at(atoms, unit_index + 1) == "after" and (count is not None or atoms[unit_index].suffix in ABLATIVE):
        return count or 1, unit, unit_index + 1
    if kind_at(atoms, unit_index + 1) == "since" and kind_at(atoms, unit_index + 2) == "day":
        return count or 1, unit, unit_index + 2
    if kind_at(atoms, index - 1) == "" and kind_at(atoms, unit_index + 1) == "in":
        return count or 1, unit, unit_index + 1
    return 0, "", index
