"""Dialogues about the day of a trip: a full trip keeps it, a day that is over is told so."""

from __future__ import annotations

import pytest
from tests.contract.bots.taxi_world import Chat, TaxiTools


@pytest.mark.parametrize("line", ["тогда в 10 утра", "10-да", "at 10 am then"])
async def test_a_full_trip_keeps_its_day_when_only_another_hour_is_said(line: str) -> None:
    chat = Chat(TaxiTools(free_seats=2))
    reply = await chat.say("Такси из Алматы в Тараз завтра в 8 утра, 5 мест, 87011234567")
    assert "мест не хватает" in reply
    assert "5 марта, четверг. Во сколько" in reply
    chat.tools.free_seats = 7
    await chat.say(line)
    assert chat.state["asked"] == "confirm"
    assert chat.state["slots"]["departs_at"]["date"] == "2026-03-05"
    assert chat.state["slots"]["departs_at"]["time"] == "10:00"


async def test_after_a_full_trip_another_day_may_be_said() -> None:
    chat = Chat(TaxiTools(free_seats=2))
    await chat.say("Такси из Алматы в Тараз завтра в 8 утра, 5 мест, 87011234567")
    chat.tools.free_seats = 7
    assert "6 марта, пятница, 09:00" in await chat.say("послезавтра в 9 утра")


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (("такси из Алматы в Тараз вчера в 8 утра",), "уже прошло"),
        (("такси из Алматы в Тараз", "вчера"), "уже прошло"),
        (("такси из Алматы в Тараз", "в прошлую пятницу"), "уже прошло"),
        (("такси из Алматы в Тараз", "2 марта"), "уже прошло"),
        (("taxi from Almaty to Taraz", "yesterday"), "already passed"),
        (("taxi from Almaty to Taraz", "3 days ago at 9"), "already passed"),
        (("Алматыдан Таразға такси керек", "кеше"), "өтіп кетті"),
    ],
)
async def test_a_day_that_is_over_is_told_so_and_asked_again(lines: tuple[str, ...], answer: str) -> None:
    chat = Chat()
    for line in lines:
        reply = await chat.say(line)
    assert answer in reply
    assert chat.state["asked"] == "departs_at"
    assert not chat.state["slots"].get("departs_at")


async def test_a_story_of_yesterday_is_a_complaint_also_while_a_day_is_asked() -> None:
    chat = Chat()
    await chat.say("такси из Алматы в Тараз")
    await chat.say("вчера ваш водитель опоздал на целый час и ещё нагрубил")
    assert len(chat.tools.complaints) == 1
