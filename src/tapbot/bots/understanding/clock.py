"""Clock times beyond the bare hour: `14:30`, `полвосьмого`, `без пятнадцати восемь`, `через два часа`, noon."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from tapbot.bots.understanding.atoms import glued, is_mark, kind_at, number_at, skip
from tapbot.bots.understanding.dates import read_span
from tapbot.bots.understanding.hours import finish_time
from tapbot.bots.understanding.lexicon import Atom
from tapbot.bots.understanding.moment import Found


def read_hours_ahead(atoms: Sequence[Atom], index: int, now: datetime) -> tuple[Found, int] | None:
    """`через два часа`, `in half an hour`, `2 сағаттан кейін`, `через полтора часа`."""
    count, unit, end = read_span(atoms, index, frozenset({"hour", "minute"}))
    if unit:
        span = timedelta(hours=count) if unit == "hour" else timedelta(minutes=count)
        more = number_at(atoms, end + 1, 1, 59)
        if unit == "hour" and more and kind_at(atoms, end + 2) == "minute":
            span, end = span + timedelta(minutes=more), end + 2
        elif kind_at(atoms, end + 1) == "half":
            span, end = span + timedelta(minutes=30), end + 1
    else:
        minutes, end = read_half_span(atoms, index)
        if not minutes:
            return None
        span = timedelta(minutes=minutes)
    moment = (now + span).replace(second=0, microsecond=0)
    clock = time(moment.hour, moment.minute)
    return Found(atoms[index].first, atoms[end].last, date=moment.date(), time=clock, part="said"), end + 1


def read_half_span(atoms: Sequence[Atom], index: int) -> tuple[int, int]:
    """Minutes of `через полчаса`, `жарты сағаттан кейін`, `через полтора часа`, and the index of the last atom."""
    cursor = index + 1 if kind_at(atoms, index) == "in" else index
    kind = kind_at(atoms, cursor)
    if kind == "halfhour":
        minutes, end = 30, cursor
    elif kind == "onehalf":
        minutes, end = 90, cursor + 1 if kind_at(atoms, cursor + 1) == "hour" else cursor
    else:
        return 0, index
    if cursor > index:
        return minutes, end
    return (minutes, end + 1) if kind_at(atoms, end + 1) == "after" else (0, index)


def read_clock(atoms: Sequence[Atom], index: int, _now: datetime) -> tuple[Found, int] | None:
    """`14:30`, `8.30`, `8-30`, with what follows: `8:30 pm`."""
    hour = number_at(atoms, index, 0, 23)
    if hour is None or not is_mark(atoms, index + 1, ":.-") or not glued(atoms, index, 3):
        return None
    minute = number_at(atoms, index + 2, 0, 59)
    if minute is None or len(atoms[index + 2].fold) != 2:
        return None
    if str(atoms[index + 1].value) == "-" and minute % 5:
        return None
    return finish_time(atoms, index, index + 2, time(hour, minute))


def read_special_hour(atoms: Sequence[Atom], index: int, _now: datetime) -> tuple[Found, int] | None:
    """Noon and midnight."""
    kind = kind_at(atoms, index)
    if kind == "midnight" or (kind == "noon" and number_at(atoms, index + 1, 1, 12) is None):
        clock = time(12 if kind == "noon" else 0)
        return Found(atoms[index].first, atoms[index].last, time=clock, part="said"), index + 1
    return None


def read_half(atoms: Sequence[Atom], index: int, _now: datetime) -> tuple[Found, int] | None:
    """`полвосьмого`, `half past six`, `сегіз жарым`, `half six`."""
    kind = kind_at(atoms, index)
    if kind == "half_to":
        hour = int(atoms[index].value)
        return finish_time(atoms, index, index, time((hour - 1) % 24 or 12, 30))
    said = number_at(atoms, index + 1, 1, 12)
    if kind in {"half_past", "half"} and said is not None and atoms[index].language == "en":
        return finish_time(atoms, index, index + 1, time(said, 30))
    said = number_at(atoms, index, 1, 23)
    if said is not None and kind_at(atoms, index + 1) == "half":
        return finish_time(atoms, index, index + 1, time(said, 30))
    return None


def read_minutes_to(atoms: Sequence[Atom], index: int, _now: datetime) -> tuple[Found, int] | None:
    """`без пятнадцати восемь`, `quarter to nine`, `ten past six`."""
    if kind_at(atoms, index) == "minus" and atoms[index].language == "ru":
        minutes, end = read_minutes(atoms, index + 1)
        hour = number_at(atoms, end, 1, 12)
        if 20 < minutes < 30 and hour is None:  # `двадцати пять` was joined to twenty-five
            return finish_time(atoms, index, index + 1, shift_time(minutes % 10, -20))
        if minutes and hour is not None:
            return finish_time(atoms, index, end, shift_time(hour, -minutes))
        return None
    minutes, end = read_minutes(atoms, skip(atoms, index, frozenset({"article"})))
    side = kind_at(atoms, end)
    hour = number_at(atoms, end + 1, 1, 12)
    if not minutes or minutes % 5 or side not in {"minus", "past"} or hour is None or atoms[end].language != "en":
        return None
    return finish_time(atoms, index, end + 1, shift_time(hour, minutes if side == "past" else -minutes))


def read_minutes_of(atoms: Sequence[Atom], index: int, _now: datetime) -> tuple[Found, int] | None:
    """Minutes of the hour that has begun: `четверть восьмого`, `пятнадцать минут восьмого` are 7:15."""
    minutes, end = read_minutes(atoms, index)
    if not minutes or kind_at(atoms, end) != "ordinal" or atoms[end].language != "ru":
        return None
    if kind_at(atoms, end - 1) not in {"quarter", "minute"} or not 1 <= int(atoms[end].value) <= 12:
        return None
    return finish_time(atoms, index, end, shift_time(int(atoms[end].value) - 1 or 12, minutes))


def read_minutes(atoms: Sequence[Atom], index: int) -> tuple[int, int]:
    """Minutes at an index (`15`, `quarter`) and the index after them."""
    if kind_at(atoms, index) == "quarter":
        return 15, index + 1
    minutes = number_at(atoms, index, 1, 29)
    if minutes is None:
        return 0, index
    return minutes, index + 2 if kind_at(atoms, index + 1) == "minute" else index + 1


def shift_time(hour: int, minutes: int) -> time:
    total = (hour * 60 + minutes) % (24 * 60)
    return time(total // 60 or 12, total % 60) if hour <= 12 else time(total // 60, total % 60)
