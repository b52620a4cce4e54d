"""When a schedule is due next. Pure, and right on the days when clocks change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic import ValidationError

from tapbot.errors import InvalidInput
from tapbot.nodes.schedules.params import Interval, ScheduleTriggerParams
from tapbot.storage.types import JsonObject

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SUNDAY = date(1970, 1, 4)
MOST_MONTHS = 12 * 50


def next_due(rules: Sequence[Interval], after: datetime, zone: ZoneInfo) -> datetime | None:
    """The first moment strictly after another one at which any of the rules fires, in UTC; `None`: never.

    A time of day that the clock leaps over counts as the moment of the leap; one that it passes twice counts once.
    Intervals of more than one day, week or month are counted from the calendar's own start, so that the answer does
    not depend on when the server was started.

    Args:
        after: Aware.
        zone: Zone in which hours and days are meant.

    Raises:
        InvalidInput: A cron expression is malformed.
    """
    found = [due for rule in rules if (due := _next(rule, after, zone)) is not None]
    return min(found).astimezone(UTC) if found else None


def read_rules(parameters: JsonObject) -> list[Interval]:
    """The rules of a schedule trigger's parameters.

    Raises:
        InvalidInput: A value is out of its range, an expression, or a malformed cron expression.
    """
    try:
        rules = ScheduleTriggerParams.model_validate(parameters).rule.interval
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(f"{place}: {first['msg']}.", code="node.bad_schedule", place=place) from None
    for rule in rules:
        next_due([rule], datetime(2026, 1, 1, tzinfo=UTC), ZoneInfo("UTC"))
    return rules


def _next(rule: Interval, after: datetime, zone: ZoneInfo) -> datetime | None:
    match rule.field:
        case "cronExpression":
            return _next_cron(rule.expression, after, zone)
        case "seconds":
            return _next_even(timedelta(seconds=rule.seconds_interval), after, zone)
        case "minutes":
            return _next_even(timedelta(minutes=rule.minutes_interval), after, zone)
        case "hours":
            return _next_hour(rule, after, zone)
        case _:
            return _next_on_days(rule, after, zone)


def _next_cron(expression: str, after: datetime, zone: ZoneInfo) -> datetime | None:
    try:
        found: datetime = next(CronSim(expression.strip(), after.astimezone(zone)))
    except (CronSimError, ValueError) as error:
        raise InvalidInput(
            f"The cron expression {expression!r} is not valid: {error}.",
            code="node.bad_schedule",
            place="rule.interval",
            hint="It has five fields (minute, hour, day, month, weekday), or six with seconds first.",
        ) from None
    except StopIteration:
        return None
    return found


def _next_even(step: timedelta, after: datetime, zone: ZoneInfo) -> datetime:
    """The next multiple of an interval, counted from midnight of 1970 in the zone's offset of that moment."""
    offset = after.astimezone(zone).utcoffset() or timedelta()
    count = (after - EPOCH + offset) // step + 1
    return EPOCH + count * step - offset


def _next_hour(rule: Interval, after: datetime, zone: ZoneInfo) -> datetime:
    """The next hour that is a multiple of the interval, at its minute: of the day where it divides one, else of all."""
    every = rule.hours_interval
    moment = after.astimezone(zone).replace(minute=rule.trigger_at_minute, second=0, microsecond=0).astimezone(UTC)
    while moment <= after or not _is_nth_hour(moment.astimezone(zone), every):
        moment += timedelta(hours=1)
    return moment


def _is_nth_hour(local: datetime, every: int) -> bool:
    if 24 % every == 0:
        return local.hour % every == 0
    return (local.toordinal() * 24 + local.hour) % every == 0


def _next_on_days(rule: Interval, after: datetime, zone: ZoneInfo) -> datetime | None:
    at = time(rule.trigger_at_hour, rule.trigger_at_minute)
    for day in DAYS[rule.field](rule, after.astimezone(zone).date()):
        due = _moment(day, at, zone)
        if due > after:
            return due
    return None


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """A time of a day as a moment. `fold=0` takes the first of two; one that does not exist becomes the leap itself."""
    local = datetime.combine(day, at, tzinfo=zone)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    # Inside the leap: the two offsets of that day give a moment before and one after it; search the change between.
    low = moment - timedelta(hours=3)
    while moment - low > timedelta(seconds=1):
        middle = low + (moment - low) / 2
        if middle.astimezone(zone).replace(tzinfo=None) < local.replace(tzinfo=None):
            low = middle
        else:
            moment = middle
    return moment.replace(microsecond=0)


def _days(rule: Interval, start: date) -> Iterator[date]:
    for offset in range(rule.days_interval + 1):
        day = start + timedelta(days=offset)
        if day.toordinal() % rule.days_interval == 0:
            yield day
            yield day + timedelta(days=rule.days_interval)
            return


def _week_days(rule: Interval, start: date) -> Iterator[date]:
    wanted = {day % 7 for day in rule.trigger_at_day}
    for offset in range(7 * rule.weeks_interval + 8):
        day = start + timedelta(days=offset)
        week = (day - SUNDAY).days // 7
        if week % rule.weeks_interval == 0 and day.isoweekday() % 7 in wanted:
            yield day


def _month_days(rule: Interval, start: date) -> Iterator[date]:
    first = start.year * 12 + start.month - 1
    for month in range(first, first + MOST_MONTHS):
        if month % rule.months_interval == 0:
            try:
                yield date(month // 12, month % 12 + 1, rule.trigger_at_day_of_month)
            except ValueError:
                continue


DAYS: dict[str, Callable[[Interval, date], Iterator[date]]] = {
    "days": _days,
    "weeks": _week_days,
    "months": _month_days,
}
"""The days on which a rule fires, from a day on, in order."""
