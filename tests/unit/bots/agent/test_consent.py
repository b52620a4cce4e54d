"""What counts as a yes to a summary, and what does not."""

from __future__ import annotations

import pytest

from tapbot.bots.agent.consent import NO_VALUE, YES_VALUE, leans_to_yes, read_decision, read_text


@pytest.mark.parametrize(
    "text", ["да", "Да!", "ага", "да, всё верно", "Да, спасибо", "иә", "Иә, дұрыс", "yes", "Yes, please", "ok"]
)
def test_a_plain_yes_is_a_yes(text: str) -> None:
    assert read_text(text) == "yes"


@pytest.mark.parametrize("text", ["нет", "Нет, спасибо", "жоқ", "керек емес", "no", "No, thank you"])
def test_a_plain_no_is_a_no(text: str) -> None:
    assert read_text(text) == "no"


@pytest.mark.parametrize(
    "text",
    [
        "да, но на 9", "да?", "отменяйте", "бронируйте", "да нет", "не верно", "иә, бірақ 9-да", "yes, but at 9", "",
        "да, но на девять", "сколько стоит", "хорошо, а багаж",
    ],
)  # fmt: skip
def test_anything_else_is_neither(text: str) -> None:
    assert read_text(text) is None


def test_a_button_counts_only_with_the_hash_that_it_was_shown_with() -> None:
    assert read_decision([{"value": f"{YES_VALUE}abc"}], "abc") == "yes"
    assert read_decision([{"value": f"{NO_VALUE}abc"}], "abc") == "no"
    assert read_decision([{"value": f"{YES_VALUE}abc"}], "def") == "stale"
    assert read_decision([{"value": f"{YES_VALUE}abc"}], None) == "stale"


def test_a_yes_with_nothing_to_say_yes_to_is_no_decision() -> None:
    assert read_decision([{"text": "да"}], None) is None


def test_every_message_of_a_burst_has_to_agree() -> None:
    assert read_decision([{"text": "да"}, {"text": "да!"}], "abc") == "yes"
    assert read_decision([{"text": "да"}, {"text": "а багаж?"}], "abc") is None
    assert read_decision([{"text": "да"}, {"text": "нет"}], "abc") is None


@pytest.mark.parametrize(
    ("text", "leans"), [("да, бронируйте", True), ("да, на 9", False), ("да? точно", False), ("не надо, да", False)]
)
def test_a_yes_among_other_words_only_leans(text: str, leans: bool) -> None:
    assert leans_to_yes([{"text": text}]) is leans
