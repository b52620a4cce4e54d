"""Writing dates by the format letters of luxon (`yyyy-MM-dd`) and of moment (`YYYY-MM-DD`), and reading moment's."""

from __future__ import annotations

import re
from calendar import day_name, month_name
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo

DAYS = tuple(day_name)
MONTHS = tuple(month_name)
ORDINALS = {1: "st", 2: "nd", 3: "rd"}
Writer = Callable[[datetime], str]


def iso(moment: datetime) -> str:
    """A date as luxon writes it: milliseconds and an offset."""
    return moment.isoformat(timespec="milliseconds")


def utc_iso(moment: datetime) -> str:
    """A date as JavaScript's `toISOString` writes it.

    Args:
        moment: Aware, in UTC.
    """
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def _offset(moment: datetime, colon: str, *, short: bool = False) -> str:
    minutes = int((moment.utcoffset() or timedelta()).total_seconds() // 60)
    sign, minutes = ("-", -minutes) if minutes < 0 else ("+", minutes)
    hours, rest = divmod(minutes, 60)
    if short:
        return f"{sign}{hours}" + (f":{rest:02}" if rest else "")
    return f"{sign}{hours:02}{colon}{rest:02}"


def _ordinal(number: int) -> str:
    ending = "th" if 11 <= number % 100 <= 13 else ORDINALS.get(number % 10, "th")
    return f"{number}{ending}"


def _day_of_year(moment: datetime) -> int:
    return moment.timetuple().tm_yday


def _clock(moment: datetime, *, seconds: bool = False) -> str:
    hour = moment.hour % 12 or 12
    rest = f":{moment.second:02}" if seconds else ""
    return f"{hour}:{moment.minute:02}{rest} {'AM' if moment.hour < 12 else 'PM'}"


def _quarter(moment: datetime) -> int:
    return (moment.month - 1) // 3 + 1


def _stamp(moment: datetime) -> int:
    return int(moment.timestamp())


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


BOTH: dict[str, Writer] = {
    "H": lambda moment: str(moment.hour),
    "HH": lambda moment: f"{moment.hour:02}",
    "h": lambda moment: str(moment.hour % 12 or 12),
    "hh": lambda moment: f"{moment.hour % 12 or 12:02}",
    "m": lambda moment: str(moment.minute),
    "mm": lambda moment: f"{moment.minute:02}",
    "s": lambda moment: str(moment.second),
    "ss": lambda moment: f"{moment.second:02}",
    "SSS": lambda moment: f"{moment.microsecond // 1000:03}",
    "M": lambda moment: str(moment.month),
    "MM": lambda moment: f"{moment.month:02}",
    "MMM": lambda moment: MONTHS[moment.month][:3],
    "MMMM": lambda moment: MONTHS[moment.month],
    "W": lambda moment: str(moment.isocalendar().week),
    "WW": lambda moment: f"{moment.isocalendar().week:02}",
    "X": lambda moment: str(_stamp(moment)),
    "x": lambda moment: str(_milliseconds(moment)),
}
LUXON: dict[str, Writer] = BOTH | {
    "S": lambda moment: str(moment.microsecond // 1000),
    "u": lambda moment: f"{moment.microsecond // 1000:03}",
    "uu": lambda moment: f"{moment.microsecond // 10_000:02}",
    "uuu": lambda moment: str(moment.microsecond // 100_000),
    "Z": lambda moment: _offset(moment, ":", short=True),
    "ZZ": lambda moment: _offset(moment, ":"),
    "ZZZ": lambda moment: _offset(moment, ""),
    "ZZZZ": lambda moment: moment.strftime("%Z"),
    "z": lambda moment: str(moment.tzinfo),
    "a": lambda moment: "AM" if moment.hour < 12 else "PM",
    "d": lambda moment: str(moment.day),
    "dd": lambda moment: f"{moment.day:02}",
    "c": lambda moment: str(moment.isoweekday()),
    "ccc": lambda moment: DAYS[moment.weekday()][:3],
    "cccc": lambda moment: DAYS[moment.weekday()],
    "ccccc": lambda moment: DAYS[moment.weekday()][0],
    "MMMMM": lambda moment: MONTHS[moment.month][0],
    "y": lambda moment: str(moment.year),
    "yy": lambda moment: f"{moment.year % 100:02}",
    "yyyy": lambda moment: f"{moment.year:04}",
    "yyyyyy": lambda moment: f"{moment.year:06}",
    "G": lambda _moment: "AD",
    "kk": lambda moment: f"{moment.isocalendar().year % 100:02}",
    "kkkk": lambda moment: f"{moment.isocalendar().year:04}",
    "o": lambda moment: str(_day_of_year(moment)),
    "ooo": lambda moment: f"{_day_of_year(moment):03}",
    "q": lambda moment: str(_quarter(moment)),
    "qq": lambda moment: f"{_quarter(moment):02}",
    "D": lambda moment: f"{moment.month}/{moment.day}/{moment.year}",
    "DD": lambda moment: f"{MONTHS[moment.month][:3]} {moment.day}, {moment.year}",
    "DDD": lambda moment: f"{MONTHS[moment.month]} {moment.day}, {moment.year}",
    "DDDD": lambda moment: f"{DAYS[moment.weekday()]}, {MONTHS[moment.month]} {moment.day}, {moment.year}",
    "t": _clock,
    "tt": lambda moment: _clock(moment, seconds=True),
    "T": lambda moment: f"{moment:%H:%M}",
    "TT": lambda moment: f"{moment:%H:%M:%S}",
    "f": lambda moment: f"{moment.month}/{moment.day}/{moment.year}, {_clock(moment)}",
    "ff": lambda moment: f"{MONTHS[moment.month][:3]} {moment.day}, {moment.year}, {_clock(moment)}",
    "F": lambda moment: f"{moment.month}/{moment.day}/{moment.year}, {_clock(moment, seconds=True)}",
}
LUXON |= {letters.replace("c", "E"): LUXON[letters] for letters in ("c", "ccc", "cccc", "ccccc")}
LUXON |= {letters.replace("M", "L"): LUXON[letters] for letters in ("M", "MM", "MMM", "MMMM", "MMMMM")}
MOMENT: dict[str, Writer] = BOTH | {
    "YY": LUXON["yy"],
    "YYYY": LUXON["yyyy"],
    "Y": LUXON["y"],
    "Mo": lambda moment: _ordinal(moment.month),
    "D": LUXON["d"],
    "DD": LUXON["dd"],
    "Do": lambda moment: _ordinal(moment.day),
    "DDD": LUXON["o"],
    "DDDD": LUXON["ooo"],
    "d": lambda moment: str(moment.isoweekday() % 7),
    "dd": lambda moment: DAYS[moment.weekday()][:2],
    "ddd": LUXON["ccc"],
    "dddd": LUXON["cccc"],
    "e": lambda moment: str(moment.isoweekday() % 7),
    "E": LUXON["c"],
    "GG": LUXON["kk"],
    "GGGG": LUXON["kkkk"],
    "Q": LUXON["q"],
    "A": LUXON["a"],
    "a": lambda moment: "am" if moment.hour < 12 else "pm",
    "k": lambda moment: str(moment.hour or 24),
    "kk": lambda moment: f"{moment.hour or 24:02}",
    "S": lambda moment: str(moment.microsecond // 100_000),
    "SS": LUXON["uu"],
    "Z": LUXON["ZZ"],
    "ZZ": LUXON["ZZZ"],
    "z": LUXON["ZZZZ"],
    "L": lambda moment: f"{moment:%m/%d/%Y}",
    "LL": LUXON["DDD"],
    "LLL": lambda moment: f"{LUXON['DDD'](moment)} {_clock(moment)}",
    "LLLL": lambda moment: f"{LUXON['DDDD'](moment)} {_clock(moment)}",
    "LT": LUXON["t"],
    "LTS": LUXON["tt"],
    "l": LUXON["D"],
}
LUXON_PART = re.compile(r"'(?P<plain>[^']*)'|(?P<letters>([A-Za-z])\3*)|(?P<rest>[^A-Za-z']+|')")
MOMENT_PART = re.compile(r"\[(?P<plain>[^\]]*)\]|(?P<letters>LTS?|Mo|Do|([A-Za-z])\3*)|(?P<rest>[^A-Za-z\[]+|\[)")


def format_luxon(moment: datetime, form: str) -> str:
    """A date by luxon's letters; what is between single quotes stays."""
    return _write(moment, form, LUXON_PART, LUXON)


def format_moment(moment: datetime, form: str) -> str:
    """A date by moment's letters; what is between square brackets stays."""
    return _write(moment, form, MOMENT_PART, MOMENT)


def _write(moment: datetime, form: str, part: re.Pattern[str], writers: dict[str, Writer]) -> str:
    written = []
    for found in part.finditer(form):
        letters = found["letters"]
        if letters:
            writer = writers.get(letters)
            written.append(writer(moment) if writer else letters)
        else:
            written.append(found["plain"] if found["plain"] is not None else found["rest"])
    return "".join(written)


READERS = {
    "YYYY": r"(?P<year>\d{4})",
    "YY": r"(?P<short_year>\d{2})",
    "MMMM": "(?P<month_name>[A-Za-z]+)",
    "MMM": "(?P<month_name>[A-Za-z]+)",
    "MM": r"(?P<month>\d{1,2})",
    "M": r"(?P<month>\d{1,2})",
    "DD": r"(?P<day>\d{1,2})",
    "D": r"(?P<day>\d{1,2})",
    "Do": r"(?P<day>\d{1,2})(?:st|nd|rd|th)",
    "dddd": "[A-Za-z]+",
    "ddd": "[A-Za-z]+",
    "HH": r"(?P<hour>\d{1,2})",
    "H": r"(?P<hour>\d{1,2})",
    "hh": r"(?P<hour>\d{1,2})",
    "h": r"(?P<hour>\d{1,2})",
    "mm": r"(?P<minute>\d{1,2})",
    "m": r"(?P<minute>\d{1,2})",
    "ss": r"(?P<second>\d{1,2})",
    "s": r"(?P<second>\d{1,2})",
    "SSS": r"(?P<fraction>\d{1,3})",
    "A": "(?P<half>[AaPp][Mm])",
    "a": "(?P<half>[AaPp][Mm])",
    "Z": r"(?P<offset>Z|[+-]\d{2}:?\d{2})",
    "ZZ": r"(?P<offset>Z|[+-]\d{2}:?\d{2})",
}
READERS |= {letters.replace("Y", "y").replace("D", "d"): READERS[letters] for letters in ("YYYY", "YY", "DD", "D")}


def parse_by_format(text: str, form: str, zone: tzinfo) -> datetime | None:
    """A date by moment's letters (luxon's for years and days too); `None` when it does not fit.

    Args:
        zone: Zone of a date that names none.
    """
    if form in {"x", "X"}:
        try:
            return datetime.fromtimestamp(float(text) / (1000 if form == "x" else 1), zone)
        except (ValueError, OverflowError, OSError):
            return None
    pattern, seen = [], set[str]()
    for found in MOMENT_PART.finditer(form):
        reader = READERS.get(found["letters"] or "")
        name = re.search(r"\?P<(\w+)>", reader)[1] if reader and "?P<" in reader else ""  # type: ignore[index]  # it is there
        if reader is None or name in seen:
            pattern.append(re.escape(found["letters"] or found["plain"] or found["rest"] or ""))
            continue
        seen.add(name)
        pattern.append(reader)
    match = re.match(r"\s*" + "".join(pattern), text)
    return _from_parts({key: value for key, value in match.groupdict().items() if value}, zone) if match else None


def _from_parts(parts: dict[str, str], zone: tzinfo) -> datetime | None:
    names = [name.lower()[:3] for name in MONTHS]
    month = parts.get("month") or ""
    if "month_name" in parts:
        found = parts["month_name"].lower()[:3]
        month = str(names.index(found)) if found in names[1:] else "0"
    hour = int(parts.get("hour", 0))
    if "half" in parts:
        hour = hour % 12 + (12 if parts["half"].lower() == "pm" else 0)
    year = int(parts["short_year"]) + 2000 if "short_year" in parts else int(parts.get("year", 1970))
    fraction = int(parts.get("fraction", "0").ljust(3, "0")) * 1000
    try:
        moment = datetime(
            year, int(month or 1), int(parts.get("day", 1)), hour, int(parts.get("minute", 0)),
            int(parts.get("second", 0)), fraction, tzinfo=zone,
        )  # fmt: skip
        if "offset" in parts:
            offset = datetime.fromisoformat("2000-01-01T00:00:00" + parts["offset"]).tzinfo
            return moment.replace(tzinfo=offset).astimezone(zone)
    except ValueError:
        return None
    return moment
