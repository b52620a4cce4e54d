"""Booking: right values, once a request, never more seats than there are."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.integration.taxi.company import RIDE, TOMORROW_8, Company


async def test_a_booking_is_one_ride_with_the_right_values(company: Company) -> None:
    booked = await company.call("book", **RIDE)

    assert booked == {"number": "TX-1001", "price_kzt": 14000, "status": "booked"}
    (ride,) = await company.records("rides")
    (trip,) = await company.records("trips")
    expected = {**RIDE, "number": "TX-1001", "price_kzt": 14000, "status": "booked", "trip": trip["id"]}
    assert {name: ride[name] for name in expected} == expected
    assert ride["reminded_at"] is None
    assert (trip["departs_at"], trip["capacity"], trip["free_seats"]) == (TOMORROW_8, 84, 82)


async def test_the_same_request_books_once(company: Company) -> None:
    first = await company.call("book", **RIDE)
    again = await company.call("book", **RIDE)

    assert again == first
    assert len(await company.records("rides")) == 1
    assert await company.free_seats(TOMORROW_8) == 82


async def test_the_same_request_twice_at_once_books_once(company: Company) -> None:
    answers = await asyncio.gather(*(company.call("book", **RIDE) for _ in range(5)))

    assert {answer["number"] for answer in answers} == {"TX-1001"}
    assert {answer["status"] for answer in answers} == {"booked"}
    assert len(await company.records("rides")) == 1
    assert await company.free_seats(TOMORROW_8) == 82


async def test_requests_without_an_id_are_different_requests(company: Company) -> None:
    for _ in range(2):
        await company.call("book", **(RIDE | {"request_id": None}))

    assert len(await company.records("rides")) == 2


async def test_rides_of_one_hour_share_its_seats(company: Company) -> None:
    await company.call("book", **RIDE)
    await company.call("book", **(RIDE | {"departs_at": "2026-03-05T08:40:00+05:00", "request_id": "other"}))

    assert len(await company.records("trips")) == 1
    assert await company.free_seats(TOMORROW_8) == 80
    assert {ride["departs_at"][11:16] for ride in await company.records("rides")} == {"08:00", "08:40"}


async def test_a_time_in_another_zone_is_kept_in_the_projects_zone(company: Company) -> None:
    await company.call("book", **(RIDE | {"departs_at": "2026-03-05T03:00:00Z"}))

    (ride,) = await company.records("rides")
    assert ride["departs_at"] == TOMORROW_8


@pytest.mark.parametrize(
    ("written", "kept"),
    [("8 701 123-45-67", "+77011234567"), ("7 (701) 1234567", "+77011234567"), ("+996555123456", "+996555123456")],
)
async def test_a_phone_is_kept_in_its_international_form(company: Company, written: str, kept: str) -> None:
    await company.call("book", **(RIDE | {"phone": written}))

    (ride,) = await company.records("rides")
    assert ride["phone"] == kept


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"from_city": None}, "route"),
        ({"to_city": "almaty"}, "same_city"),
        ({"departs_at": "tomorrow"}, "departs_at"),
        ({"departs_at": None}, "departs_at"),
        ({"departs_at": "2026-03-04T09:59:00+05:00"}, "past"),
        ({"departs_at": "2027-03-04T09:59:00+05:00"}, "too_far"),
        ({"seats": 0}, "seats"),
        ({"seats": 8}, "seats"),
        ({"seats": 1.5}, "seats"),
        ({"seats": "two"}, "seats"),
        ({"seats": None}, "seats"),
        ({"phone": "12"}, "phone"),
        ({"phone": None}, "phone"),
        ({"to_city": "narnia"}, "no_route"),
    ],
)
async def test_a_wrong_request_books_nothing(company: Company, wrong: dict[str, Any], reason: str) -> None:
    answer = await company.call("book", **(RIDE | wrong))

    assert answer == {"status": "invalid", "reason": reason}
    assert await company.records("rides") == []
    assert await company.records("trips") == []


async def test_a_full_trip_says_what_is_left(company: Company) -> None:
    small = RIDE | {"from_city": "kokshetau", "to_city": "shchuchinsk"}
    await company.call("book", **(small | {"seats": 3}))

    answer = await company.call("book", **(small | {"seats": 2, "request_id": "second"}))

    assert answer == {"status": "full", "free_seats": 1}
    assert len(await company.records("rides")) == 1


async def test_twenty_passengers_at_once_never_get_more_seats_than_there_are(company: Company) -> None:
    small = RIDE | {"from_city": "oral", "to_city": "atyrau"}  # seven seats an hour
    answers = await asyncio.gather(
        *(
            company.call("book", **(small | {"request_id": f"r{number}", "seats": 1 + number % 2}))
            for number in range(20)
        )
    )

    rides = await company.records("rides")
    assert len([answer for answer in answers if answer["status"] == "booked"]) == len(rides)
    taken = sum(ride["seats"] for ride in rides)
    assert await company.free_seats(TOMORROW_8, "oral", "atyrau") == 7 - taken
    assert 6 <= taken <= 7  # a last single seat may be left to those who want two


async def test_a_ride_that_cannot_be_stored_takes_no_seats(company: Company) -> None:
    answer = await company.call("book", **(RIDE | {"contact_id": "x" * 300}))

    assert answer == {"status": "invalid", "reason": "not_stored"}
    assert await company.free_seats(TOMORROW_8) == 84


async def test_seats_may_be_written_as_text(company: Company) -> None:
    assert (await company.call("book", **(RIDE | {"seats": "2"})))["price_kzt"] == 14000


async def test_an_unknown_language_is_the_companys_own(company: Company) -> None:
    await company.call("book", **(RIDE | {"language": "tlh"}))

    (ride,) = await company.records("rides")
    assert ride["language"] == "ru"
