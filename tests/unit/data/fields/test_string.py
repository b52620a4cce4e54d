"""A string field takes one line of text."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tapbot.data.fields import find_field_type
from tapbot.data.types import Field
from tapbot.errors import InvalidInput

ZONE = ZoneInfo("Asia/Almaty")
FIELD = Field("value", "string")
TYPE = find_field_type("string")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Алматы", "Алматы"),
        (77011234567, "77011234567"),
        ("", ""),
    ],
)
def test_a_good_value_is_kept(given: Any, shown: Any) -> None:
    assert TYPE.show(TYPE.parse(FIELD, given, ZONE), ZONE) == shown


@pytest.mark.parametrize("given", [True, 1.5, "a\nb", "x" * 256, "a\0", []])
def test_a_wrong_value_is_refused(given: Any) -> None:
    with pytest.raises(InvalidInput, match="expected"):
        TYPE.parse(FIELD, given, ZONE)
