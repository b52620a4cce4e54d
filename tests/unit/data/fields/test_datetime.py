"""A datetime field reads local times in the project's zone and shows them there."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tapbot.data.fields import find_field_type
from tapbot.data.types import Field
from tapbot.errors import InvalidInput

ZONE = ZoneInfo("Asia/Almaty")
FIELD = Field("value", "datetime")
TYPE = find_field_type("datetime")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("2026-03-01T08:00:00+05:00", "2026-03-01T08:00:00+05:00"),
        ("2026-03-01T03:00:00Z", "2026-03-01T08:00:00+05:00"),
        ("2026-03-01 08:00", "2026-03-01T08:00:00+05:00"),
        (datetime(2026, 3, 1, 3, tzinfo=UTC), "2026-03-01T08:00:00+05:00"),
    ],
)
def test_a_good_value_is_kept(given: Any, shown: Any) -> None:
    assert TYPE.show(TYPE.parse(FIELD, given, ZONE), ZONE) == shown


@pytest.mark.parametrize("given", ["2026-03-01", "tomorrow", 5, None, "0001-01-01T00:00:00"])
def test_a_wrong_value_is_refused(given: Any) -> None:
    with pytest.raises(InvalidInput, match="expected"):
        TYPE.parse(FIELD, given, ZONE)
