"""Slot values: merging what was said before and now, checking it, and showing it to a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from tapbot.bots.understanding.moments import Moment, apply_part, avoid_past
from tapbot.bots.understanding.phones import format_phone

MONTHS = {
    "kk": [
        "қаңтар",
        "ақпан",
        "наурыз",
        "сәуір",
        "мамыр",
        "маусым",
        "шілде",
        "тамыз",
        "қыркүйек",
        "қазан",
        "қараша",
        "желтоқсан",
    ],
    "ru": [
        "января",
        "февраля",
        "марта",
        "апреля",
        "мая",
        "июня",
        "июля",
        "августа",
        "сентября",
        "октября",
        "ноября",
        "декабря",
    ],
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
}
WEEKDAYS = {
    "kk": ["дүйсенбі", "сейсенбі", "сәрсенбі", "бейсенбі", "жұма", "сенбі", "жексенбі"],
    "ru": ["понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье"],
    "en": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
}
DURATION = {"kk": ("{h} сағ", "{m} мин"), "ru": ("{h} ч", "{m} мин"), "en": ("{h} h", "{m} min")}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a value is refused: the key of a text and what fills it."""

    text: str
    values: Mapping[str, Any]


# --- moments -------------------------------------------------------------------------------------------------------


def merge_moment(before: Mapping[str, Any] | None, said: Moment, now: datetime) -> dict[str, str]:
    """A date and time from what was said before and now; what is said now wins."""
    kept = before or {}
    day = said.date or (date.fromisoformat(kept["date"]) if kept.get("date") else None)
    clock = said.time or (time.fromisoformat(kept["time"]) if kept.get("time") else None)
    part = said.part or kept.get("part")
    joined = said.time is None or said.date is None
    if clock and part and part != "said" and joined and (said.part is None or said.time is None) and clock.hour <= 12:
        clock = apply_part(clock, part)
    if clock and day == now.date() and part is None:
        clock = avoid_past(clock, now)
    merged = {"date": day.isoformat() if day else None, "time": f"{clock:%H:%M}" if clock else None, "part": part}
    return {name: str(value) for name, value in merged.items() if value}


def is_whole(value: Mapping[str, Any] | None) -> bool:
    """Both the date and the time are known."""
    return bool(value and value.get("date") and value.get("time"))


def to_datetime(value: Mapping[str, Any], now: datetime) -> datetime:
    """The moment in the zone of `now`."""
    return datetime.fromisoformat(f"{value['date']}T{value['time']}").replace(tzinfo=now.tzinfo)


def check_moment(value: dict[str, str], now: datetime, horizon_days: int) -> tuple[dict[str, str], Problem | None]:
    """The value without what is wrong in it, and the problem."""
    day = date.fromisoformat(value["date"]) if value.get("date") else None
    if day and day < now.date():
        return {name: part for name, part in value.items() if name == "time"}, Problem("bad.past", {})
    if day and day > now.date() + timedelta(days=horizon_days):
        return {name: part for name, part in value.items() if name == "time"}, Problem(
            "bad.too_far", {"days": horizon_days}
        )
    if is_whole(value) and to_datetime(value, now) <= now:
        return {"date": value["date"]}, Problem("bad.past", {})
    return value, None


def check_integer(value: int, low: int, high: int, slot: str) -> Problem | None:
    """Whether a number is within its limits."""
    if low <= value <= high:
        return None
    return Problem(f"bad.{slot}", {"min": low, "max": high, "value": value})


# --- showing -------------------------------------------------------------------------------------------------------


def show_day(day: date, language: str) -> str:
    """`5 марта, четверг`."""
    month, weekday = MONTHS[language][day.month - 1], WEEKDAYS[language][day.weekday()]
    return f"{weekday}, {day.day} {month}" if language == "en" else f"{day.day} {month}, {weekday}"


def show_moment(moment: datetime, language: str) -> str:
    """`5 марта, четверг, 08:00`."""
    return f"{show_day(moment.date(), language)}, {moment:%H:%M}"


def show_money(amount: float) -> str:
    """`7 000 ₸`, with spaces that do not break."""
    return f"{round(amount):,}".replace(",", "\u00a0") + "\u00a0₸"


def show_duration(minutes: float, language: str) -> str:
    """`6 ч 30 мин`."""
    hours, rest = divmod(round(minutes), 60)
    hour_text, minute_text = DURATION[language]
    parts = [hour_text.format(h=hours)] if hours else []
    if rest or not hours:
        parts.append(minute_text.format(m=rest))
    return " ".join(parts)


def show_value(name: str, value: Any, language: str, names: Mapping[str, str], now: datetime) -> str:
    """A value of a form or of a tool's result, by the ending of its name.

    Args:
        names: Shown names of the entities, by id.
    """
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return show_number(name, value, language)
    if name.endswith("_at"):
        return show_stored_moment(value, language, now)
    if name.endswith("phone"):
        return format_phone(str(value))
    return names.get(str(value), str(value))


def show_number(name: str, value: float, language: str) -> str:
    """Money, a duration, a distance, or a plain number."""
    if name.endswith(("_kzt", "_price", "total")):
        return show_money(value)
    if name.endswith("_minutes"):
        return show_duration(value, language)
    return str(round(value)) if name.endswith("_km") else str(value)


def show_stored_moment(value: Any, language: str, now: datetime) -> str:
    """A moment of a form (`{"date", "time"}`) or of a tool (ISO text)."""
    if isinstance(value, Mapping):
        if is_whole(value):
            return show_moment(to_datetime(value, now), language)
        return (
            show_day(date.fromisoformat(value["date"]), language) if value.get("date") else str(value.get("time", ""))
        )
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)
    return show_moment(moment.astimezone(now.tzinfo) if moment.tzinfo else moment, language)
