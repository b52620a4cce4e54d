"""When schedules are due, also when clocks change."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapbot.errors import InvalidInput
from tapbot.nodes.schedules.due import next_due, read_rules
from tapbot.nodes.schedules.params import Interval

BERLIN, ALMATY = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Almaty")


def due(after: str, zone: ZoneInfo = ALMATY, *, times: int = 1, **rule: Any) -> list[str]:
    """The next times of a rule, in the zone; `after` is a time there too."""
    rules = [Interval.model_validate(rule)]
    moment, found = datetime.fromisoformat(after).replace(tzinfo=zone).astimezone(UTC), []
    for _ in range(times):
        following = next_due(rules, moment, zone)
        assert following is not None
        moment = following
        found.append(moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"))
    return found


def test_a_rule_without_anything_is_midnight() -> None:
    assert due("2026-03-05 10:00") == ["2026-03-06 00:00:00"]


def test_seconds_and_minutes_keep_their_distance() -> None:
    assert due("2026-03-05 10:00:10", field="seconds", secondsInterval=30, times=2) == [
        "2026-03-05 10:00:30",
        "2026-03-05 10:01:00",
    ]
    assert due("2026-03-05 10:02", field="minutes", minutesInterval=15) == ["2026-03-05 10:15:00"]
    assert due("2026-03-05 10:15", field="minutes", minutesInterval=15) == ["2026-03-05 10:30:00"]


def test_hours_fire_at_their_minute() -> None:
    assert due("2026-03-05 10:31", field="hours", hoursInterval=6, triggerAtMinute=30, times=2) == [
        "2026-03-05 12:30:00",
        "2026-03-05 18:30:00",
    ]
    assert due("2026-03-05 10:29", field="hours", triggerAtMinute=30) == ["2026-03-05 10:30:00"]


def test_days_are_counted_by_the_calendar() -> None:
    at = {"field": "days", "daysInterval": 2, "triggerAtHour": 9, "triggerAtMinute": 15}
    every_other = due("2026-03-05 10:00", times=3, **at)
    assert every_other == ["2026-03-07 09:15:00", "2026-03-09 09:15:00", "2026-03-11 09:15:00"]
    assert (
        due("2026-03-07 09:15", field="days", daysInterval=2, triggerAtHour=9, triggerAtMinute=15) == every_other[1:2]
    )


def test_weeks_fire_on_their_days() -> None:
    assert due("2026-03-05 10:00", field="weeks", triggerAtDay=[1, 4], triggerAtHour=9, times=3) == [
        "2026-03-09 09:00:00",
        "2026-03-12 09:00:00",
        "2026-03-16 09:00:00",
    ]
    first, second = due("2026-03-05 10:00", field="weeks", weeksInterval=2, triggerAtDay=[0], times=2)
    assert datetime.fromisoformat(second) - datetime.fromisoformat(first) == timedelta(days=14)


def test_a_month_without_the_day_is_left_out() -> None:
    assert due("2026-01-31 12:00", field="months", triggerAtDayOfMonth=31, triggerAtHour=9, times=2) == [
        "2026-03-31 09:00:00",
        "2026-05-31 09:00:00",
    ]
    assert due("2026-02-01 00:00", field="months", monthsInterval=3, triggerAtDayOfMonth=28, times=2) == [
        "2026-04-28 00:00:00",
        "2026-07-28 00:00:00",
    ]


def test_cron_has_five_fields_or_six() -> None:
    assert due("2026-03-06 10:00", field="cronExpression", expression="0 9 * * 1-5") == ["2026-03-09 09:00:00"]
    assert due("2026-03-06 10:00:01", field="cronExpression", expression="*/10 * * * * *") == ["2026-03-06 10:00:10"]


def test_a_cron_expression_that_never_fires_has_no_time() -> None:
    rule = Interval.model_validate({"field": "cronExpression", "expression": "0 0 30 2 *"})
    with pytest.raises(InvalidInput, match="not valid"):
        next_due([rule], datetime(2026, 1, 1, tzinfo=UTC), ALMATY)


@pytest.mark.parametrize("expression", ["", "99 * * * *", "* * *", "a b c d e", "* * * * * * *"])
def test_a_malformed_cron_expression_is_an_error(expression: str) -> None:
    with pytest.raises(InvalidInput, match="cron expression"):
        read_rules({"rule": {"interval": [{"field": "cronExpression", "expression": expression}]}})


def test_an_expression_is_no_rule() -> None:
    with pytest.raises(InvalidInput, match="hoursInterval"):
        read_rules({"rule": {"interval": [{"field": "hours", "hoursInterval": "={{ 5 }}"}]}})


def test_a_time_that_the_clock_leaps_over_is_the_leap() -> None:
    # 29 March 2026: 02:00 becomes 03:00.
    assert due("2026-03-28 12:00", BERLIN, triggerAtHour=2, triggerAtMinute=30, times=2) == [
        "2026-03-29 03:00:00",
        "2026-03-30 02:30:00",
    ]


def test_a_time_that_comes_twice_fires_once() -> None:
    # 25 October 2026: 03:00 becomes 02:00.
    assert due("2026-10-24 12:00", BERLIN, triggerAtHour=2, triggerAtMinute=30, times=2) == [
        "2026-10-25 02:30:00",
        "2026-10-26 02:30:00",
    ]


def test_hours_fire_in_the_hour_that_comes_twice() -> None:
    assert due("2026-10-25 01:00", BERLIN, field="hours", times=3) == [
        "2026-10-25 02:00:00",
        "2026-10-25 02:00:00",
        "2026-10-25 03:00:00",
    ]


def test_the_earliest_of_several_rules_counts() -> None:
    rules = [Interval.model_validate({"triggerAtHour": hour}) for hour in (15, 9)]
    assert next_due(rules, datetime(2026, 3, 5, 5, tzinfo=UTC), ALMATY) == datetime(2026, 3, 5, 10, tzinfo=UTC)
    assert next_due([], datetime(2026, 3, 5, tzinfo=UTC), ALMATY) is None


@given(
    st.integers(0, 15 * 365 * 86_400),
    st.sampled_from(["seconds", "minutes", "hours", "days", "weeks", "months"]),
    st.integers(1, 90),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Almaty", "Pacific/Apia"]),
)
def test_the_next_time_is_always_later_and_is_reached_from_any_moment_before(
    seconds: int, field: str, every: int, zone: str
) -> None:
    rule = Interval.model_validate(
        {"field": field, f"{field}Interval": every, "triggerAtHour": 2, "triggerAtMinute": 30}
    )
    after = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    first = next_due([rule], after, ZoneInfo(zone))
    assert first is not None
    assert first > after
    if field in {"days", "weeks", "months"}:
        assert next_due([rule], first - timedelta(milliseconds=1), ZoneInfo(zone)) == first
