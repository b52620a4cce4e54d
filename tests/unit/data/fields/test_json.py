"""A json field takes what JSON can carry."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tapbot.data.fields import find_field_type
from tapbot.data.types import Field
from tapbot.errors import InvalidInput

ZONE = ZoneInfo("Asia/Almaty")
FIELD = Field("value", "json")
TYPE = find_field_type("json")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"a": [1, None, "я"]}, {"a": [1, None, "я"]}),
        (5, 5),
        ((1, 2), [1, 2]),
    ],
)
def test_a_good_value_is_kept(given: Any, shown: Any) -> None:
    assert TYPE.show(TYPE.parse(FIELD, given, ZONE), ZONE) == shown


@pytest.mark.parametrize("given", [object(), "x" * 1_000_001, {1: object()}])
def test_a_wrong_value_is_refused(given: Any) -> None:
    with pytest.raises(InvalidInput, match="expected"):
        TYPE.parse(FIELD, given, ZONE)
