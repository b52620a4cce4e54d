"""A uuid field keeps one spelling."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from tapbot.data.fields import find_field_type
from tapbot.data.types import Field
from tapbot.errors import InvalidInput

ZONE = ZoneInfo("Asia/Almaty")
FIELD = Field("value", "uuid")
TYPE = find_field_type("uuid")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ],
)
def test_a_good_value_is_kept(given: Any, shown: Any) -> None:
    assert TYPE.show(TYPE.parse(FIELD, given, ZONE), ZONE) == shown


@pytest.mark.parametrize("given", ["x", 5, None])
def test_a_wrong_value_is_refused(given: Any) -> None:
    with pytest.raises(InvalidInput, match="expected"):
        TYPE.parse(FIELD, given, ZONE)
