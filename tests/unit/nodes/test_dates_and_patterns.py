"""Dates and patterns as people write them."""

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tapbot.errors import InvalidInput, LimitExceeded
from tapbot.nodes.dates import read_date
from tapbot.nodes.patterns import matches

ALMATY = ZoneInfo("Asia/Almaty")
MOMENT = datetime(2026, 3, 5, 4, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-05T04:30:00Z",
        "2026-03-05T09:30:00+05:00",
        "2026-03-05 09:30",
        "2026-03-05T09:30:00.000",
        "20260305T0930",
        1772685000,
        1772685000000,
        "1772685000000",
        "Thu, 05 Mar 2026 04:30:00 GMT",
        "03/05/2026 09:30",
        "2026-03-05 09:30:00 +05:00",
    ],
)
def test_a_moment_is_read(value: object) -> None:
    assert read_date(value, ALMATY) == MOMENT


@pytest.mark.parametrize("value", ["2026-03-05", "March 5, 2026", "5 March 2026", "03/05/2026", "2026-W10-4"])
def test_a_day_is_read_in_the_zone(value: str) -> None:
    assert read_date(value, ALMATY) == datetime(2026, 3, 5, tzinfo=ALMATY)


@pytest.mark.parametrize(
    "value", ["", "soon", "2026-13-01", "31/31/2026", None, True, [], {}, float("nan"), 1e300, "12", "9" * 400]
)
def test_what_is_no_date_is_none(value: object) -> None:
    assert read_date(value, ALMATY) is None


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("ab", "xabx", True),
        ("/AB/i", "xabx", True),
        ("^a$", "a\n", False),
        ("/^b$/m", "a\nb", True),
        ("a.b", "a\nb", False),
        ("/a.b/s", "a\nb", True),
        (r"^\w+$", "привет", False),
        (r"^\d+$", "١٢", False),
        (r"\bб", "б", False),
        ("/ПРИВЕТ/i", "привет", True),
        (r"(?<year>\d{4})", "in 2026", True),
        (r"a\/b", "a/b", True),
        ("[$]", "5$", True),
        ("[[]", "[", True),
        ("a{2}", "aa", True),
    ],
)
def test_a_pattern_matches_as_in_javascript(pattern: str, text: str, found: bool) -> None:
    assert matches(pattern, text) is found


def test_a_pattern_may_ignore_case() -> None:
    assert matches("AB", "xabx", ignore_case=True)


def test_a_malformed_pattern_is_an_error() -> None:
    with pytest.raises(InvalidInput, match="malformed"):
        matches("(", "x")


def test_a_pattern_that_explodes_is_stopped() -> None:
    began = time.monotonic()
    with pytest.raises(LimitExceeded, match="took more than"):
        matches("(a|aa)+$", "a" * 80 + "b")
    assert time.monotonic() - began < 5
