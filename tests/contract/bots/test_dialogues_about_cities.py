"""Dialogues with the taxi bot about cities that are not served or misspelt, and a no to the summary."""

from __future__ import annotations

import pytest
from tests.contract.bots.taxi_world import Chat


@pytest.mark.parametrize(
    ("messages", "named"),
    [
        (("Хочу из Алматы в Москву завтра в 9",), "Москву"),
        (("Хочу поехать из Алматы", "в париж"), "париж"),
        (("Хочу поехать из Алматы", "Париж"), "Париж"),
        (("I need a taxi from Almaty to London tomorrow",), "London"),
        (("Алматыдан Мәскеуге такси керек",), "Мәскеуге"),
    ],
)
async def test_a_city_that_is_not_served_is_named_and_the_question_is_asked_again(
    messages: tuple[str, ...], named: str
) -> None:
    chat = Chat()
    for message in messages:
        reply = await chat.say(message)
    assert f"«{named}»" in reply or f"“{named}”" in reply
    assert chat.state["asked"] == "to_city"
    assert chat.state["slots"]["from_city"] == "almaty"


@pytest.mark.parametrize(
    "message", ["хочу уехать в гости завтра", "Нужно такси в Тараз", "из дома в Тараз", "ХОЧУ В ГОСТИ"]
)
async def test_an_everyday_word_is_no_city_that_is_not_served(message: str) -> None:
    chat = Chat()
    assert "не нашёл" not in await chat.say(message)


async def test_a_no_to_the_summary_asks_what_to_change_also_after_a_person_was_offered() -> None:
    chat = Chat()
    await chat.say("Хочу поехать из Алматы")
    assert "person:yes" not in chat.offered()
    await chat.say("ываыва ывапро")
    await chat.say("в Тараз", "завтра в 8 утра, двое", "87011234567")
    assert chat.state["asked"] == "confirm"
    await chat.say("нет")
    assert chat.state["asked"] == "edit"


async def test_a_slip_that_is_a_word_of_the_other_language_is_a_city_after_a_preposition() -> None:
    chat = Chat()
    await chat.say("из алмаы в тараз завтра в 8")
    assert chat.state["slots"]["from_city"] == "almaty"
