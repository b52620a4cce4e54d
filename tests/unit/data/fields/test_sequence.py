"""A sequence field is given by the store and read as text."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tapbot.data.fields import find_field_type
from tapbot.data.types import Field
from tapbot.errors import InvalidInput

ZONE = ZoneInfo("Asia/Almaty")
FIELD = Field("value", "sequence")
TYPE = find_field_type("sequence")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("R-1001", "R-1001"),
    ],
)
def test_a_good_value_is_kept(given: Any, shown: Any) -> None:
    assert TYPE.show(TYPE.parse(FIELD, given, ZONE), ZONE) == shown


@pytest.mark.parametrize("given", [True])
def test_a_wrong_value_is_refused(given: Any) -> None:
    with pytest.raises(InvalidInput, match="expected"):
        TYPE.parse(FIELD, given, ZONE)
