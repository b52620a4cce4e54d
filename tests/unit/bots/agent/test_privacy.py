"""What is hidden from a model."""

from __future__ import annotations

import pytest

from tapbot.bots.agent.privacy import mask_result, mask_text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("ИИН 900101300123.", "ИИН [identity number hidden]."),
        ("карта 4111 1111 1111 1111, срок 12/27", "карта [card number hidden], срок 12/27"),
        ("5555-5555-5555-4444", "[card number hidden]"),
        ("мой телефон +7 701 123 45 67", "мой телефон +7 701 123 45 67"),
        ("87011234567", "87011234567"),
        ("завтра в 8, нас 2", "завтра в 8, нас 2"),
    ],
)
def test_cards_and_identity_numbers_are_hidden_and_phones_stay(text: str, masked: str) -> None:
    assert mask_text(text) == masked


def test_phones_are_hidden_where_no_tool_takes_one() -> None:
    assert mask_text("звоните 87011234567 завтра", phones=True) == "звоните [phone hidden] завтра"


def test_of_a_phone_in_a_result_only_the_end_is_shown() -> None:
    result = {"rides": [{"phone": "+77011234567", "number": "TX-1001", "note": "ИИН 900101300123"}]}
    assert mask_result(result) == {
        "rides": [{"phone": "…4567", "number": "TX-1001", "note": "ИИН [identity number hidden]"}]
    }
