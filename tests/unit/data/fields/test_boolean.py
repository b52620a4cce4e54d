"""A boolean field takes yes and no in the usual spellings."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tapbot.data.fields import find_field_type
from tapbot.data.types import Field
from tapbot.errors import InvalidInput

ZONE = ZoneInfo("Asia/Almaty")
FIELD = Field("value", "boolean")
TYPE = find_field_type("boolean")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (True, True),
        ("false", False),
        (1, True),
        ("0", False),
        (" TRUE ", True),
    ],
)
def test_a_good_value_is_kept(given: Any, shown: Any) -> None:
    assert TYPE.show(TYPE.parse(FIELD, given, ZONE), ZONE) == shown


@pytest.mark.parametrize("given", [2, "yes", None, []])
def test_a_wrong_value_is_refused(given: Any) -> None:
    with pytest.raises(InvalidInput, match="expected"):
        TYPE.parse(FIELD, given, ZONE)
