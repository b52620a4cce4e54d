"""Dates and times of a message, in three languages: what was said, as a date part and a time part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from tapbot.bots.understanding.lexicon import ABLATIVE, DATIVE, LOCATIVE, ORDINAL_MARKS, Atom
from tapbot.bots.understanding.text import fold_word, fold_words

AFTERNOON_HOURS = 12
PART_HOURS = {"morning": (4, 11), "day": (12, 17), "evening": (17, 23), "night": (0, 5)}
MOST_PEOPLE = 7
"""`на 8` with nothing beside it is an hour, `на 3` counts people."""
MOVING = fold_words("перенес перенос перенест сдвин передвин отлож ауыстыр жылжыт шегер қойыңыз move push reschedul postpon shift")


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


Pattern = Callable[[Sequence[Atom], int, datetime], "tuple[Found, int] | None"]


def find_moments(atoms: Sequence[Atom], now: datetime, *, expected: bool = False) -> list[Found]:
    """Every date, time and part of the day in a message, in order; none when it tells of yesterday.

    Args:
        now: Aware time in the passenger's zone.
        expected: The bot has just asked for a date or time: a bare number is an hour, `now` is a time.
    """
    if any(atom.kind == "day" and int(atom.value) < 0 for atom in atoms):
        return []
    found: list[Found] = []
    index = 0
    patterns = PATTERNS + ((read_bare_hour, read_now) if expected else ())
    while index < len(atoms):
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


def avoid_past(clock: time, now: datetime) -> time:
    """`сегодня в 8` said at ten in the morning means the evening."""
    if clock <= now.timetz().replace(tzinfo=None) and clock.hour < AFTERNOON_HOURS:
        return clock.replace(hour=clock.hour + AFTERNOON_HOURS)
    return clock


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


# --- reading the atoms ---------------------------------------------------------------------------------------------


def kind_at(atoms: Sequence[Atom], index: int) -> str:
    return atoms[index].kind if 0 <= index < len(atoms) else ""


def number_at(atoms: Sequence[Atom], index: int, low: int, high: int) -> int | None:
    if kind_at(atoms, index) == "number" and low <= int(atoms[index].value) <= high:
        return int(atoms[index].value)
    return None


def skip(atoms: Sequence[Atom], index: int, kinds: frozenset[str]) -> int:
    """The first index from `index` on whose atom is none of `kinds`."""
    while kind_at(atoms, index) in kinds:
        index += 1
    return index


def is_mark(atoms: Sequence[Atom], index: int, marks: str) -> bool:
    return kind_at(atoms, index) == "mark" and str(atoms[index].value) in marks


def is_ordinal(atom: Atom) -> bool:
    return atom.kind == "ordinal" or (atom.kind == "number" and atom.suffix in ORDINAL_MARKS)


def is_start(atoms: Sequence[Atom], first: int, last: int) -> bool:
    """Said as a starting point, so that a later value may replace it."""
    return kind_at(atoms, first - 1) == "since" or any(atom.suffix in ABLATIVE for atom in atoms[first : last + 1])


# --- dates ---------------------------------------------------------------------------------------------------------


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
    """A date of a day and a month; the year is the said one, else the next that is not past."""
    end = last
    year = number_at(atoms, last + 1, now.year, now.year + 1)
    if year is not None:
        end = last + 1
    day = next_date(month, number, year, now.date())
    if kind_at(atoms, end + 1) == "dayword":
        end += 1
    return (Found(atoms[first].first, atoms[end].last, date=day), end + 1) if day else None


def next_date(month: int, number: int, year: int | None, today: date) -> date | None:
    for candidate in (year,) if year else (today.year, today.year + 1):
        try:
            day = date(candidate, month, number)
        except ValueError:
            return None
        if year or day >= today:
            return day
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


def glued(atoms: Sequence[Atom], index: int, count: int) -> bool:
    """Whether `count` atoms stand in neighbouring tokens."""
    return index + count <= len(atoms) and atoms[index + count - 1].first - atoms[index].last == count - 1


def read_iso_date(atoms: Sequence[Atom], index: int, now: datetime) -> tuple[Found, int] | None:
    """`2026-03-05`, as a button says it."""
    year = number_at(atoms, index, now.year, now.year + 1)
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
    """A length of time that begins now: how many, of what, index of its last atom; `(0, "", index)` when there is none."""
    start = index + 1 if kind_at(atoms, index) == "in" else index
    cursor = skip(atoms, start, frozenset({"article"}))
    count = number_at(atoms, cursor, 1, 99)
    unit_index = cursor + 1 if count is not None else cursor
    unit = kind_at(atoms, unit_index)
    if unit not in units:
        return 0, "", index
    if start > index:
        return count or 1, unit, unit_index
    if kind_at(atoms, unit_index + 1) == "after" and (count is not None or atoms[unit_index].suffix in ABLATIVE):
        return count or 1, unit, unit_index + 1
    if kind_at(atoms, index - 1) == "" and kind_at(atoms, unit_index + 1) == "in":
        return count or 1, unit, unit_index + 1
    return 0, "", index


# --- times ---------------------------------------------------------------------------------------------------------


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


def read_clock(atoms: Sequence[Atom], index: int, now: datetime) -> tuple[Found, int] | None:
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


def read_special_hour(atoms: Sequence[Atom], index: int, now: datetime) -> tuple[Found, int] | None:
    """Noon and midnight."""
    kind = kind_at(atoms, index)
    if kind == "midnight" or (kind == "noon" and number_at(atoms, index + 1, 1, 12) is None):
        clock = time(12 if kind == "noon" else 0)
        return Found(atoms[index].first, atoms[index].last, time=clock, part="said"), index + 1
    return None


def read_half(atoms: Sequence[Atom], index: int, now: datetime) -> tuple[Found, int] | None:
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


def read_minutes_to(atoms: Sequence[Atom], index: int, now: datetime) -> tuple[Found, int] | None:
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


def read_hour(atoms: Sequence[Atom], index: int, now: datetime) -> tuple[Found, int] | None:
    """An hour with something that makes it one: `в 8`, `8 утра`, `сағат 10-да`, `8am`, `сегізде`, `в час дня`."""
    if kind_at(atoms, index) == "hour" and is_mark(atoms, index + 2, ":.-") and glued(atoms, index + 1, 3):
        return None
    if (
        kind_at(atoms, index) == "hour"
        and number_at(atoms, index + 1, 0, 24) is not None
        and atoms[index].language != "en"
    ):
        if atoms[index].language == "kk" or kind_at(atoms, index - 1) != "number":
            return read_hour_number(atoms, index + 1, first=index)
        return None
    if kind_at(atoms, index) == "hour" and atoms[index].language == "ru" and atoms[index].fold == "час":
        if kind_at(atoms, index + 1) in {"part", "dnya"} or atoms[max(0, index - 1)].fold in {"в", "к"}:
            return finish_time(atoms, index, index, time(1))
        return None
    hour = number_at(atoms, index, 0, 24)
    if hour is None or not has_hour_cue(atoms, index):
        return None
    return read_hour_number(atoms, index, first=index)


def read_hour_number(atoms: Sequence[Atom], index: int, *, first: int) -> tuple[Found, int]:
    """The hour at `index`, with minutes after it: `8 часов 30 минут`, `он бір отыз`."""
    hour = int(atoms[index].value) % 24
    end = index
    if kind_at(atoms, end + 1) == "hour":
        end += 1
    minute = number_at(atoms, end + 1, 0, 59)
    if kind_at(atoms, end + 1) == "half":
        return finish_time(atoms, first, end + 1, time(hour, 30))
    if minute is not None and is_minutes_of_hour(atoms, end + 1):
        end += 2 if kind_at(atoms, end + 2) == "minute" else 1
        return finish_time(atoms, first, end, time(hour, minute))
    return finish_time(atoms, first, end, time(hour))


def part_ahead(atoms: Sequence[Atom], index: int) -> int | None:
    """Index of an English part of the day behind `in the`, as in `6 in the evening`."""
    far = skip(atoms, index, frozenset({"in", "article"}))
    return far if far > index and kind_at(atoms, far) == "part" and atoms[far].language == "en" else None


def is_minutes_of_hour(atoms: Sequence[Atom], index: int) -> bool:
    """Whether the number at `index` tells minutes: `8 30`, `eight thirty`, `8 часов 5 минут`; not the seats that follow."""
    atom = atoms[index]
    if kind_at(atoms, index + 1) == "minute":
        return True
    if kind_at(atoms, index + 1) in {"people", "seat", "adult", "child", "kin", "kin_many", "month", "mark"}:
        return False
    return int(atom.value) in {15, 20, 30, 40, 45, 50} or (
        len(atom.fold) == 2 and atom.fold.isdigit() and atom.fold[0] == "0"
    )


def has_hour_cue(atoms: Sequence[Atom], index: int) -> bool:
    """Whether the words around a number make it an hour."""
    after = kind_at(atoms, index + 1)
    before = kind_at(atoms, index - 1)
    if after in COUNTED or (after == "dayunit"):
        return False
    if part_ahead(atoms, index + 1) is not None:
        return True
    if after in {"meridiem", "part"} or (after == "dnya" and before != "in"):
        return True
    if after == "hour":
        return names_hour(atoms, index)
    if after == "number" and is_minutes_of_hour(atoms, index + 1) and kind_at(atoms, index + 2) in {"meridiem", "part"}:
        return True
    if atoms[index].suffix in LOCATIVE:
        return True
    if (atoms[index].suffix in DATIVE and atoms[index].suffix) or (
        before == "minus" and atoms[index - 1].language == "en"
    ):
        return is_moved(atoms, index)
    return before == "at" and is_time_preposition(atoms, index) or before == "part"


def names_hour(atoms: Sequence[Atom], index: int) -> bool:
    """`в 8 часов`, `8 часов утра`, `8 o'clock`; not `ждали 2 часа`, `бір сағат кешікті`, `8 hours`."""
    unit = atoms[index + 1]
    if unit.language != "ru":
        return unit.language == "en" and int(unit.value) == 1
    if kind_at(atoms, index + 2) in {"part", "dnya", "number"} or kind_at(atoms, index - 1) in {"since", "day", "weekday", "part"}:
        return True
    return kind_at(atoms, index - 1) == "at" and (atoms[index - 1].fold != "на" or is_time_preposition(atoms, index))


COUNTED = frozenset({"of", "people", "seat", "adult", "child", "kin", "kin_many", "month", "number_day", "collective"})


def is_time_preposition(atoms: Sequence[Atom], index: int) -> bool:
    """`в 8`, `к 8`, `at 8` tell a time; `на 3` and `by 3` may count people, so they need a date beside them."""
    preposition = atoms[index - 1]
    if preposition.fold in {"на", "он"}:
        return (
            int(atoms[index].value) > MOST_PEOPLE
            or is_moved(atoms, index)
            or any(kind_at(atoms, near) in {"day", "weekday", "part", "month"} for near in range(index - 4, index + 4))
        )
    return True


def is_moved(atoms: Sequence[Atom], index: int) -> bool:
    """`перенесите на 7`, `9-ға ауыстырыңыз`, `move it to 9`: a verb nearby moves something to an hour."""
    return any(atom.fold.startswith(MOVING) for atom in atoms[max(0, index - 5) : index + 3] if atom.kind == "word")


def finish_time(atoms: Sequence[Atom], first: int, last: int, clock: time) -> tuple[Found, int]:
    """A time with the part of the day or the meridiem beside it applied."""
    before, after = kind_at(atoms, first - 1), kind_at(atoms, last + 1)
    part: str | None = None
    end = last
    if after == "hour":
        end, after = last + 1, kind_at(atoms, last + 2)
    far = part_ahead(atoms, end + 1)
    if far is not None:
        end, after = far - 1, "part"
    if after in {"meridiem", "part"}:
        part, end = str(atoms[end + 1].value), end + 1
    elif after == "dnya":
        part, end = "day", end + 1
    elif before == "part":
        part = str(atoms[first - 1].value)
    elif before == "noon":
        part = "day"
    ablative = is_start(atoms, first, last)
    if part:
        return Found(
            atoms[first].first, atoms[end].last, time=apply_part(clock, part), part=part, ablative=ablative
        ), end + 1
    bare = clock.hour <= AFTERNOON_HOURS
    return Found(atoms[first].first, atoms[end].last, time=clock, bare=bare, ablative=ablative), end + 1


def read_part(atoms: Sequence[Atom], index: int, now: datetime) -> tuple[Found, int] | None:
    """A part of the day with no hour: `завтра вечером`."""
    atom = atoms[index]
    if atom.kind != "part":
        return None
    return Found(atom.first, atom.last, part=str(atom.value)), index + 1


def read_hour_near(atoms: Sequence[Atom], index: int, found: Sequence[Found]) -> Found | None:
    """A bare number right after a date: `завтра 8`, `ертең 9`."""
    hour = number_at(atoms, index, 0, 23)
    if hour is None or not found or kind_at(atoms, index + 1) in COUNTED | {"dayunit"}:
        return None
    before = found[-1]
    if (before.date or before.part) and before.time is None and before.last == atoms[index].first - 1:
        return finish_time(atoms, index, index, time(hour))[0]
    return None


def read_bare_hour(atoms: Sequence[Atom], index: int, now: datetime) -> tuple[Found, int] | None:
    """A bare number, when a time was asked for."""
    hour = number_at(atoms, index, 0, 24)
    if hour is None or kind_at(atoms, index + 1) in COUNTED | {"dayunit"}:
        return None
    return read_hour_number(atoms, index, first=index)


def read_now(atoms: Sequence[Atom], index: int, now: datetime) -> tuple[Found, int] | None:
    """`сейчас`, when a time was asked for."""
    if kind_at(atoms, index) != "now":
        return None
    atom = atoms[index]
    return Found(atom.first, atom.last, date=now.date(), time=time(now.hour, now.minute), part="said"), index + 1


PATTERNS: tuple[Pattern, ...] = (
    read_iso_date, read_dotted_date, read_month_day, read_day_of_named_month, read_days_ahead, read_hours_ahead,
    read_clock, read_number_of_month, read_day, read_weekday, read_special_hour, read_half, read_minutes_to, read_hour,
    read_part,
)  # fmt: skip
