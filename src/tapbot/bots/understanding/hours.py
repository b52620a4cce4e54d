"""Hours in three languages: `в 8`, `8 утра`, `сағат 10-да`, `8am`, `сегізде`, and what makes a number an hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time

from tapbot.bots.understanding.atoms import glued, is_mark, is_start, kind_at, number_at, skip
from tapbot.bots.understanding.lexicon import DATIVE, LOCATIVE, Atom
from tapbot.bots.understanding.moment import AFTERNOON_HOURS, Found, apply_part
from tapbot.bots.understanding.text import fold_words

MOST_PEOPLE = 7
"""`на 8` with nothing beside it is an hour, `на 3` counts people."""
MOVING = fold_words(
    "перенес перенос перенест сдвин передвин отлож ауыстыр жылжыт шегер қойыңыз move push reschedul postpon shift"
)
COUNTED = frozenset({"of", "people", "seat", "adult", "child", "kin", "kin_many", "month", "number_day"})


def read_hour(atoms: Sequence[Atom], index: int, _now: datetime) -> tuple[Found, int] | None:
    """An hour with something that makes it one: `в 8`, `8 утра`, `сағат 10-да`, `8am`, `сегізде`, `в час дня`."""
    if kind_at(atoms, index) == "hour":
        return read_after_hour_word(atoms, index)
    if number_at(atoms, index, 0, 24) is None or not has_hour_cue(atoms, index):
        return None
    return read_hour_number(atoms, index, first=index)


def read_after_hour_word(atoms: Sequence[Atom], index: int) -> tuple[Found, int] | None:
    """`сағат 10`, `часов в 8` and the single `в час дня`; a clock such as `сағат 7:30` is read as one later."""
    word = atoms[index]
    if is_mark(atoms, index + 2, ":.-") and glued(atoms, index + 1, 3):
        return None
    if word.language != "en" and number_at(atoms, index + 1, 0, 24) is not None:
        counted = word.language != "kk" and kind_at(atoms, index - 1) == "number"
        return None if counted else read_hour_number(atoms, index + 1, first=index)
    single = kind_at(atoms, index + 1) in {"part", "dnya"} or (index > 0 and atoms[index - 1].fold in {"в", "к"})
    if word.language == "ru" and word.fold == "час" and single:
        return finish_time(atoms, index, index, time(1))
    return None


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


def is_minutes_of_hour(atoms: Sequence[Atom], index: int) -> bool:
    """Whether the number at `index` tells minutes: `8 30`, `eight thirty`; not the seats that follow."""
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
    if after in COUNTED or after == "dayunit":
        return False
    if after == "hour":
        return part_ahead(atoms, index + 1) is not None or names_hour(atoms, index)
    return has_cue_behind(atoms, index, after) or has_cue_before(atoms, index)


def has_cue_behind(atoms: Sequence[Atom], index: int, after: str) -> bool:
    """`8 утра`, `8am`, `3 дня`, `6 in the evening`, `eight thirty am`."""
    if after in {"meridiem", "part"} or part_ahead(atoms, index + 1) is not None:
        return True
    if after == "dnya":
        return kind_at(atoms, index - 1) != "in"
    return (
        after == "number" and is_minutes_of_hour(atoms, index + 1) and kind_at(atoms, index + 2) in {"meridiem", "part"}
    )


def has_cue_before(atoms: Sequence[Atom], index: int) -> bool:
    """`в 8`, `кешкі 8`, `8-де`, `9-ға ауыстырыңыз`."""
    atom, before = atoms[index], kind_at(atoms, index - 1)
    if atom.suffix in LOCATIVE or before == "part":
        return True
    if (atom.suffix and atom.suffix in DATIVE) or (before == "minus" and atoms[index - 1].language == "en"):
        return is_moved(atoms, index)
    return before == "at" and is_time_preposition(atoms, index)


def names_hour(atoms: Sequence[Atom], index: int) -> bool:
    """`в 8 часов`, `8 часов утра`, `8 o'clock`; not `ждали 2 часа`, `бір сағат кешікті`, `8 hours`."""
    unit = atoms[index + 1]
    if unit.language != "ru":
        return unit.language == "en" and int(unit.value) == 1
    if kind_at(atoms, index + 2) in {"part", "dnya", "number"} or kind_at(atoms, index - 1) in {
        "since",
        "day",
        "weekday",
        "part",
    }:
        return True
    return kind_at(atoms, index - 1) == "at" and (atoms[index - 1].fold != "на" or is_time_preposition(atoms, index))


def part_ahead(atoms: Sequence[Atom], index: int) -> int | None:
    """Index of an English part of the day behind `in the`, as in `6 in the evening`."""
    far = skip(atoms, index, frozenset({"in", "article"}))
    return far if far > index and kind_at(atoms, far) == "part" and atoms[far].language == "en" else None


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
    if kind_at(atoms, index - 1) == "this" and atom.language == "en":
        return Found(atoms[index - 1].first, atom.last, date=now.date(), part=str(atom.value)), index + 1
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


def read_bare_hour(atoms: Sequence[Atom], index: int, _now: datetime) -> tuple[Found, int] | None:
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
