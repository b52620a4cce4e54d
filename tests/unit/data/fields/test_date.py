"""A date field takes days."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tapbot.data.fields import find_field_type
from tapbot.data.types import Field
from tapbot.errors import InvalidInput

ZONE = ZoneInfo("Asia/Almaty")
FIELD = Field("value", "date")
TYPE = find_field_type("date")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("2026-03-01", "2026-03-01"),
        (date(2026, 3, 1), "2026-03-01"),
        (datetime(2026, 2, 28, 20, tzinfo=UTC), "2026-03-01"),
    ],
)
def test_a_good_value_is_kept(given: Any, shown: Any) -> None:
    assert TYPE.show(TYPE.parse(FIELD, given, ZONE), ZONE) == shown


@pytest.mark.parametrize("given", ["01.03.2026", 5, "2026-02-30"])
def test_a_wrong_value_is_refused(given: Any) -> None:
    with pytest.raises(InvalidInput, match="expected"):
        TYPE.parse(FIELD, given, ZONE)
