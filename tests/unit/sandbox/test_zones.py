"""Time zone tables say what `zoneinfo` says."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tapbot.sandbox.zones import zone_table

ZONES = ["Asia/Almaty", "Europe/Moscow", "America/New_York", "Africa/Casablanca", "Australia/Lord_Howe", "UTC"]


@pytest.mark.parametrize("name", ZONES)
def test_a_table_gives_the_offset_of_every_hour_of_some_years(name: str) -> None:
    table = zone_table(name)
    assert table is not None
    starts, offsets = table["starts"], table["offsets"]
    assert isinstance(starts, list)
    assert isinstance(offsets, list)
    moment = datetime(2023, 1, 1, tzinfo=UTC)
    while moment.year < 2027:
        expected = moment.astimezone(ZoneInfo(name)).utcoffset()
        assert expected is not None
        assert offsets[bisect_right(starts, moment.timestamp()) - 1] == expected.total_seconds()
        moment += timedelta(hours=7)


def test_the_lists_of_a_table_have_one_length_and_ascend() -> None:
    table = zone_table("Asia/Almaty")
    assert table is not None
    starts = table["starts"]
    assert isinstance(starts, list)
    assert starts == sorted(starts)
    assert len(starts) == len(table["offsets"]) == len(table["names"])  # type: ignore[arg-type]


def test_a_name_in_other_letter_cases_is_the_same_zone() -> None:
    table = zone_table("asia/almaty")
    assert table is not None
    assert table["name"] == "Asia/Almaty"


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", "/etc/passwd", "", "Asia/Almaty\0", "A" * 500])
def test_what_is_no_zone_gives_nothing(name: str) -> None:
    assert zone_table(name) is None
