"""What a model gives a tool, and what the workflow gets."""

from __future__ import annotations

from typing import Any

import pytest
from tests.contract.bots.taxi_world import TaxiTools, taxi_bot

from tapbot.bots.agent.arguments import Asker, Refused, read_arguments
from tapbot.bots.agent.schema import argument_schema
from tapbot.bots.agent.types import ToolSchema

FIELDS = {name: "string" for name in ("from_city", "to_city", "departs_at", "seats", "phone", "language", "contact_id",
          "conversation_id", "request_id")}  # fmt: skip
BOOK = ToolSchema("book", "", FIELDS)
GIVEN = {
    "from_city": "Алматыдан",
    "to_city": "taraz",
    "departs_at": "2026-03-05T08:00",
    "seats": "2",
    "phone": "8 701 123 45 67",
}
ASKER = Asker({"id": "contact-1"}, "conversation-1", "conversation-1:3", "kk")


def read(**changed: Any) -> dict[str, Any]:
    given = {name: value for name, value in (GIVEN | changed).items() if value is not None}
    return read_arguments(taxi_bot(), BOOK, given, ASKER, TaxiTools())


def test_names_times_numbers_and_phones_get_their_stored_form_and_ours_are_filled_in() -> None:
    assert read() == {
        "from_city": "almaty",
        "to_city": "taraz",
        "departs_at": "2026-03-05T08:00:00+05:00",
        "seats": 2,
        "phone": "+77011234567",
        "contact_id": "contact-1",
        "conversation_id": "conversation-1",
        "request_id": "conversation-1:3",
        "language": "kk",
    }


def test_a_time_with_another_zone_is_brought_to_the_project_s() -> None:
    assert read(departs_at="2026-03-05T03:00:00Z")["departs_at"] == "2026-03-05T08:00:00+05:00"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"from_city": "Атлантида"}, "not known"),
        ({"from_city": "Тараз"}, "are the same"),
        ({"departs_at": "завтра"}, "ISO 8601"),
        ({"departs_at": "2026-03-05"}, "time of day"),
        ({"departs_at": "2026-03-03T08:00"}, "in the past"),
        ({"departs_at": "2027-03-03T08:00"}, "days ahead"),
        ({"seats": 99}, "1 to 7"),
        ({"seats": "двое"}, "whole number"),
        ({"phone": "123"}, "no telephone number"),
        ({"phone": None}, "phone is missing"),
        ({"contact_id": "contact-2"}, "does not take contact_id"),
        ({"request_id": "other"}, "does not take request_id"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=said):
        read(**changed)


def test_a_known_phone_may_be_left_out() -> None:
    asker = Asker({"id": "contact-1", "phone": "+77775554433"}, "c", "c:1", "ru")
    given = {name: value for name, value in GIVEN.items() if name != "phone"}
    assert read_arguments(taxi_bot(), BOOK, given, asker, TaxiTools())["phone"] == "+77775554433"


def test_the_schema_names_what_is_needed_and_nothing_of_ours() -> None:
    schema = argument_schema(taxi_bot(), BOOK, known_phone=False)
    assert schema["required"] == list(schema["properties"]) == ["from_city", "to_city", "departs_at", "seats", "phone"]
    assert "phone" not in argument_schema(taxi_bot(), BOOK, known_phone=True)["required"]
