"""An integer field takes whole numbers that JSON readers keep."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tapbot.data.fields import find_field_type
from tapbot.data.types import Field
from tapbot.errors import InvalidInput

ZONE = ZoneInfo("Asia/Almaty")
FIELD = Field("value", "integer")
TYPE = find_field_type("integer")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (3, 3),
        ("  42 ", 42),
        (-7, -7),
        (2.0, 2),
        (2**53 - 1, 2**53 - 1),
    ],
)
def test_a_good_value_is_kept(given: Any, shown: Any) -> None:
    assert TYPE.show(TYPE.parse(FIELD, given, ZONE), ZONE) == shown


@pytest.mark.parametrize("given", [True, 2.5, "2.0", "٣", 2**53, "1e3", float("nan"), float("inf"), None])
def test_a_wrong_value_is_refused(given: Any) -> None:
    with pytest.raises(InvalidInput, match="expected"):
        TYPE.parse(FIELD, given, ZONE)
