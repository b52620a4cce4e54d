"""Dialogues about rides that are booked, and complaints."""

from __future__ import annotations

import pytest
from tests.contract.bots.taxi_world import SUMMARY, Chat, booked_chat


@pytest.mark.parametrize(
    ("language", "line", "yes"),
    [("ru", "отмените мою поездку", "да"), ("kk", "сапарымнан бас тартамын", "иә"), ("en", "cancel my ride", "yes")],
)
async def test_a_ride_is_cancelled_after_a_yes(language: str, line: str, yes: str) -> None:
    chat = await booked_chat(language)
    await chat.say(line)
    assert chat.tools.rides[0]["status"] == "booked"
    await chat.say(yes)
    assert chat.tools.rides[0]["status"] == "cancelled"


async def test_a_no_leaves_the_ride_as_it_is() -> None:
    chat = await booked_chat()
    await chat.say("отмените поездку")
    await chat.say("нет")
    assert chat.tools.rides[0]["status"] == "booked"
    assert "flow" not in chat.state


async def test_among_several_rides_the_passenger_chooses() -> None:
    chat = await booked_chat()
    for line in ("такси из Алматы в Шымкент послезавтра в 9 на двоих", "87011234567", "да"):
        await chat.say(line)
    await chat.say("отмените поездку")
    assert chat.offered() == ["pick:R-1001", "pick:R-1002"]
    await chat.press("pick:R-1002")
    await chat.press("confirm:yes")
    assert [ride["status"] for ride in chat.tools.rides] == ["booked", "cancelled"]


async def test_a_city_in_the_message_chooses_the_ride() -> None:
    chat = await booked_chat()
    for line in ("такси из Алматы в Шымкент послезавтра в 9 на двоих", "87011234567", "да"):
        await chat.say(line)
    assert "Шымкент" in await chat.say("отмените поездку в Шымкент")
    await chat.say("да")
    assert [ride["status"] for ride in chat.tools.rides] == ["booked", "cancelled"]


@pytest.mark.parametrize(
    ("language", "line", "yes", "field", "value"),
    [
        ("ru", "перенесите мою поездку на 10 утра", "да", "departs_at", "2026-03-05T10:00:00+05:00"),
        ("ru", "поменяйте бронь, нас будет трое", "да", "seats", 3),
        ("kk", "сапарымды жұмаға ауыстырыңызшы", "иә", "departs_at", "2026-03-06T08:00:00+05:00"),
        ("en", "move my ride to Saturday at 9am", "yes", "departs_at", "2026-03-07T09:00:00+05:00"),
    ],
)
async def test_a_ride_is_changed_after_a_yes(language: str, line: str, yes: str, field: str, value: object) -> None:
    chat = await booked_chat(language)
    await chat.say(line)
    await chat.say(yes)
    assert chat.tools.rides[0][field] == value


async def test_a_change_that_says_nothing_new_asks_what() -> None:
    chat = await booked_chat()
    await chat.say("хочу изменить бронь")
    assert chat.offered() == ["edit:departs_at", "edit:seats"]
    await chat.press("edit:departs_at")
    await chat.say("в 11 утра")
    await chat.press("confirm:yes")
    assert chat.tools.rides[0]["departs_at"] == "2026-03-05T11:00:00+05:00"


@pytest.mark.parametrize("line", ["отмените поездку", "перенесите поездку на завтра", "мои поездки"])
async def test_without_rides_the_bot_says_so(line: str) -> None:
    assert "нет" in await Chat().say(line)


@pytest.mark.parametrize(
    ("language", "line"), [("ru", "мои поездки"), ("kk", "менің сапарларым"), ("en", "show my rides")]
)
async def test_the_rides_are_listed(language: str, line: str) -> None:
    chat = await booked_chat(language)
    reply = await chat.say(line)
    assert "R-1001" in reply
    assert SUMMARY[language] in reply


async def test_a_told_complaint_is_passed_on_at_once() -> None:
    chat = Chat()
    assert "C-1" in await chat.say("Ваш водитель нагрубил мне и опоздал на час")
    assert chat.tools.complaints[0]["text"] == "Ваш водитель нагрубил мне и опоздал на час"


async def test_a_complaint_that_is_not_told_is_asked_for() -> None:
    chat = Chat()
    await chat.say("шағымым бар")
    assert chat.state["asked"] == "text"
    await chat.say("Жүргізуші темекі шегіп отырды")
    assert chat.tools.complaints[0]["text"] == "Жүргізуші темекі шегіп отырды"
