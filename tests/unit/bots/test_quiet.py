"""Quiet hours: whose clock counts, and when they end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapbot.bots.quiet import hours_of, quiet_until
from tapbot.settings import Settings

ALMATY = "Asia/Almaty"  # UTC+5
ZONES = st.sampled_from([ALMATY, "Asia/Aqtau", "Europe/Berlin", "America/New_York", "Pacific/Auckland"])


@pytest.mark.parametrize(
    ("now", "zones", "ends"),
    [
        ("2026-03-04T16:59", (ALMATY,), None),
        ("2026-03-04T17:00", (ALMATY,), "2026-03-05T03:00"),
        ("2026-03-04T23:30", (ALMATY,), "2026-03-05T03:00"),
        ("2026-03-05T02:59", (ALMATY,), "2026-03-05T03:00"),
        ("2026-03-05T03:00", (ALMATY,), None),
        ("2026-03-05T03:00", ("Europe/Berlin", ALMATY), "2026-03-05T07:00"),
        ("2026-03-05T02:00", ("Nowhere/Land", ALMATY), "2026-03-05T03:00"),
        ("2026-03-05T02:00", ("../etc/passwd", ALMATY), "2026-03-05T03:00"),
        ("2026-03-05T02:00", (None, ALMATY), "2026-03-05T03:00"),
        ("2026-03-29T01:30", ("Europe/Berlin",), "2026-03-29T06:00"),  # summer time begins in that night
    ],
)
def test_they_end_in_the_morning_of_the_receiver(now: str, zones: tuple[str | None, ...], ends: str | None) -> None:
    found = quiet_until("22:00-08:00", datetime.fromisoformat(f"{now}+00:00"), zones)
    assert found == (datetime.fromisoformat(f"{ends}+00:00") if ends else None)


@given(
    minute=st.integers(0, 366 * 24 * 60),
    zone=ZONES,
    start=st.integers(0, 23),
    end=st.integers(0, 23),
)
def test_when_they_end_they_are_over(minute: int, zone: str, start: int, end: int) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    ends_at = quiet_until(f"{start:02}:00-{end:02}:00", now, (zone,))
    if ends_at is not None:
        assert now < ends_at <= now + timedelta(hours=26)
        if start != end:
            assert quiet_until(f"{start:02}:00-{end:02}:00", ends_at, (zone,)) is None


def test_a_bot_may_have_other_hours_or_none() -> None:
    settings = Settings.model_validate(
        {
            "project": {"quiet_hours": "22:00-08:00"},
            "bots": {"shop": {"quiet_hours": "21:00-24:00"}, "taxi": {"quiet_hours": "none"}, "other": {}},
        }
    )
    assert [hours_of(settings, bot) for bot in ("shop", "taxi", "other", "new")] == [
        "21:00-24:00",
        None,
        "22:00-08:00",
        "22:00-08:00",
    ]
    assert hours_of(Settings(), "taxi") is None


@pytest.mark.parametrize("hours", ["22-8", "22:00", "25:00-08:00", "22:00-08:60", "none"])
def test_what_are_no_hours_is_refused(hours: str) -> None:
    with pytest.raises(ValueError, match="quiet_hours"):
        Settings.model_validate({"project": {"quiet_hours": hours}})
