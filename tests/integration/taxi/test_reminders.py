"""Reminders: due rides, each once, in the passenger's language; and rides that are over."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select
from tests.integration.taxi.company import NOW, RIDE, Company

from tapbot.inbox import store as inbox
from tapbot.inbox.tables import messages
from tapbot.inbox.types import Arrival


async def write_to_us(company: Company, person: str) -> str:
    """Let a passenger begin a conversation; gives its id."""
    arrival = Arrival("taxi", "webchat", f"chat-{person}", "m1", "привет", None, person, person, None)
    accepted = await company.app.database.write(
        "test.accept", lambda db: inbox.accept(db, company.served.scope, arrival, now=company.clock())
    )
    return accepted.conversation_id


async def said(company: Company, conversation_id: str) -> list[str]:
    """What the bot said in a conversation."""

    def read(db: Connection) -> list[str]:
        mine = (messages.c.conversation_id == conversation_id, messages.c.author == "bot")
        return list(db.execute(select(messages.c.text).where(*mine).order_by(messages.c.position)).scalars())

    return await company.app.database.read(read)


async def book_in(company: Company, hours: float, conversation_id: str | None, **other: Any) -> str:
    """Book a ride that leaves so many hours after the beginning of the test."""
    departs_at = (NOW + timedelta(hours=hours)).isoformat()
    wanted = RIDE | {"departs_at": departs_at, "conversation_id": conversation_id, "request_id": f"r-{hours}"} | other
    return str((await company.call("book", **wanted))["number"])


async def remind(company: Company) -> None:
    await company.start("remind", trigger="schedule")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ru", "⏰ Напоминаем: поездка Алматы → Тараз, выезд 04.03 в 14:00. Номер брони: TX-1001."),
        ("kk", "⏰ Еске саламыз: Алматы → Тараз сапарыңыз, шығу уақыты: 04.03, 14:00. Брон нөмірі: TX-1001."),
        ("en", "⏰ A reminder: your ride Almaty → Taraz leaves on 04.03 at 14:00. Booking number: TX-1001."),
    ],
)
async def test_a_passenger_is_reminded_once_in_their_language(company: Company, language: str, text: str) -> None:
    conversation_id = await write_to_us(company, "aliya")
    await book_in(company, 4, conversation_id, language=language)
    await remind(company)
    assert await said(company, conversation_id) == []

    for _ in range(3):
        company.clock.move(minutes=61)
        await remind(company)

    assert await said(company, conversation_id) == [text]
    (ride,) = await company.records("rides")
    assert ride["reminded_at"] is not None


async def test_two_reminders_at_once_remind_once(company: Company) -> None:
    conversation_id = await write_to_us(company, "aliya")
    await book_in(company, 4, conversation_id)
    company.clock.move(minutes=61)

    await asyncio.gather(*(remind(company) for _ in range(5)))

    assert len(await said(company, conversation_id)) == 1


async def test_each_passenger_hears_of_their_own_ride(company: Company) -> None:
    first, second = await write_to_us(company, "aliya"), await write_to_us(company, "boris")
    await book_in(company, 3, first)
    await book_in(company, 3.5, second)
    await book_in(company, 9, second)
    company.clock.move(minutes=45)

    await remind(company)

    assert [("TX-1001" in text, "TX-1002" in text) for text in await said(company, first)] == [(True, False)]
    assert [("TX-1001" in text, "TX-1002" in text) for text in await said(company, second)] == [(False, True)]


async def test_cancelled_departed_and_unreachable_rides_are_passed_over(company: Company) -> None:
    conversation_id = await write_to_us(company, "aliya")
    number = await book_in(company, 4, conversation_id)
    await company.call("cancel", number=number, contact_id="contact-1")
    await book_in(company, 0.5, conversation_id)  # gone when the reminder comes
    await book_in(company, 3.9, "no-such-conversation")
    await book_in(company, 3.8, None)
    last = await book_in(company, 3.7, conversation_id)
    company.clock.move(minutes=61)

    await remind(company)

    (text,) = await said(company, conversation_id)
    assert last in text


async def test_who_has_just_booked_is_not_reminded_at_once(company: Company) -> None:
    conversation_id = await write_to_us(company, "aliya")
    await book_in(company, 1, conversation_id)
    await remind(company)
    assert await said(company, conversation_id) == []

    company.clock.move(minutes=10)
    await remind(company)

    assert len(await said(company, conversation_id)) == 1


async def test_a_moved_ride_is_reminded_of_again(company: Company) -> None:
    conversation_id = await write_to_us(company, "aliya")
    number = await book_in(company, 5, conversation_id)
    company.clock.move(minutes=130)
    await remind(company)

    later = (NOW + timedelta(hours=9)).isoformat()
    await company.call("change", number=number, contact_id="contact-1", departs_at=later)
    await remind(company)
    company.clock.move(hours=4)
    await remind(company)

    assert len(await said(company, conversation_id)) == 2


async def test_rides_that_are_over_are_closed(company: Company) -> None:
    await book_in(company, 1, "c")
    await book_in(company, 30, "c")
    company.clock.move(hours=26)

    await company.start("finish", trigger="schedule")

    rides = sorted(await company.records("rides"), key=lambda ride: str(ride["departs_at"]))
    assert [ride["status"] for ride in rides] == ["done", "booked"]
