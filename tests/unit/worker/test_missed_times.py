"""What becomes of due times that passed while nothing ran."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapbot.errors import InvalidInput
from tapbot.nodes.schedules.due import next_due
from tapbot.nodes.schedules.params import Interval
from tapbot.scheduler.missed import LATE, MOST_MADE_UP, NextAfter, firing_of
from tapbot.workflow.rules import Missed, read_rules

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 3, 5, 12, 0, 30, tzinfo=UTC)


def every(minutes: int) -> NextAfter:
    rule = Interval.model_validate({"field": "minutes", "minutesInterval": minutes})
    return lambda after: next_due([rule], after, BERLIN)


def test_once_is_one_run_for_all_that_passed() -> None:
    firing = firing_of("once", NOON - timedelta(hours=5), NOON, every(15))
    assert (len(firing.times), firing.following) == (1, datetime(2026, 3, 5, 12, 15, tzinfo=UTC))


def test_skip_begins_nothing_for_what_is_long_over() -> None:
    assert firing_of("skip", NOON - timedelta(minutes=20), NOON + timedelta(minutes=5), every(15)).times == ()
    recent = firing_of("skip", NOON - timedelta(hours=5), NOON, every(15))
    assert recent.times == (datetime(2026, 3, 5, 12, 0, tzinfo=UTC),), "30 seconds are late, not missed"


def test_each_makes_up_for_every_time_some_at_once() -> None:
    firing = firing_of("each", datetime(2026, 3, 5, 11, 15, tzinfo=UTC), NOON, every(15))
    assert [at.strftime("%H:%M") for at in firing.times] == ["11:15", "11:30", "11:45", "12:00"]
    assert firing.following == datetime(2026, 3, 5, 12, 15, tzinfo=UTC)
    many = firing_of("each", NOON - timedelta(days=3), NOON, every(1))
    assert len(many.times) == MOST_MADE_UP
    assert many.following == many.times[-1] + timedelta(minutes=1), "the rest comes next"


@pytest.mark.parametrize(
    ("change", "before", "after", "wanted"),
    [
        # 29 March 2026: 02:00 becomes 03:00, so 02:30 is the leap itself.
        ("spring", "2026-03-28T00:00+01:00", "2026-03-31T00:00+02:00", ["28 02:30", "29 03:00", "30 02:30"]),
        # 25 October 2026: 03:00 becomes 02:00; 02:30 comes twice and counts once.
        ("autumn", "2026-10-24T00:00+02:00", "2026-10-27T00:00+01:00", ["24 02:30", "25 02:30", "26 02:30"]),
    ],
)
def test_days_over_a_change_of_the_clock_are_made_up_for_once_each(
    change: str, before: str, after: str, wanted: list[str]
) -> None:
    rule = Interval.model_validate({"field": "days", "triggerAtHour": 2, "triggerAtMinute": 30})

    def following(moment: datetime) -> datetime | None:
        return next_due([rule], moment, BERLIN)

    first = following(datetime.fromisoformat(before))
    assert first is not None
    firing = firing_of("each", first, datetime.fromisoformat(after), following)
    assert [at.astimezone(BERLIN).strftime("%d %H:%M") for at in firing.times] == wanted, change


@pytest.mark.parametrize(("expression", "runs"), [("30 2 * * *", 3), ("0 * * * *", 72)])
@pytest.mark.parametrize("first", ["2026-03-28T00:00", "2026-10-24T00:00", "2026-06-01T00:00"])
def test_a_cron_expression_loses_no_day_over_a_change(expression: str, runs: int, first: str) -> None:
    rule = Interval.model_validate({"field": "cronExpression", "expression": expression})
    moment = datetime.fromisoformat(first).replace(tzinfo=BERLIN).astimezone(UTC) - timedelta(seconds=1)
    end = (datetime.fromisoformat(first) + timedelta(days=3)).replace(tzinfo=BERLIN).astimezone(UTC)
    found: list[datetime] = []
    while (following := next_due([rule], moment, BERLIN)) is not None and following < end:
        found.append(following)
        moment = following
    assert found == sorted(set(found)), "no moment fires twice"
    assert {at.astimezone(BERLIN).day for at in found} == {int(first[8:10]) + day for day in range(3)}
    assert abs(len(found) - runs) <= 2, "an hour more or less, where the clock changes"


@given(st.sampled_from(["once", "skip", "each"]), st.integers(1, 90), st.integers(0, 600_000))
def test_the_schedule_always_moves_on_and_no_time_fires_twice(policy: Missed, minutes: int, seconds: int) -> None:
    following = every(minutes)
    due_at = following(NOON - timedelta(seconds=seconds))
    assert due_at is not None
    firing = firing_of(policy, due_at, max(NOON, due_at), following)
    assert list(firing.times) == sorted(set(firing.times))
    assert firing.following is not None
    assert all(due_at <= at < firing.following for at in firing.times)
    if policy == "skip":
        assert all(at > NOON - LATE for at in firing.times) or due_at > NOON - LATE


def test_a_policy_that_nobody_knows_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"settings\.tapbot\.missed"):
        read_rules({"tapbot": {"missed": "sometimes"}}, project_most=None, place="w")
