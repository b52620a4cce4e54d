"""A text field takes many lines."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tapbot.data.fields import find_field_type
from tapbot.data.types import Field
from tapbot.errors import InvalidInput

ZONE = ZoneInfo("Asia/Almaty")
FIELD = Field("value", "text")
TYPE = find_field_type("text")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("a\nb", "a\nb"),
        (5, "5"),
        ("x" * 10_000, "x" * 10_000),
    ],
)
def test_a_good_value_is_kept(given: Any, shown: Any) -> None:
    assert TYPE.show(TYPE.parse(FIELD, given, ZONE), ZONE) == shown


@pytest.mark.parametrize("given", [True, "a\0b", "x" * 1_000_001, {}])
def test_a_wrong_value_is_refused(given: Any) -> None:
    with pytest.raises(InvalidInput, match="expected"):
        TYPE.parse(FIELD, given, ZONE)
