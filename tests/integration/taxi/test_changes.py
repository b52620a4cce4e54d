"""Listing, cancelling and changing rides: one's own alone, and no seat is lost or given twice."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.integration.taxi.company import RIDE, TOMORROW_8, Company

MINE: dict[str, Any] = {"number": "TX-1001", "contact_id": "contact-1"}
THEIRS: dict[str, Any] = {"number": "TX-1001", "contact_id": "contact-2"}
TOMORROW_9 = "2026-03-05T09:00:00+05:00"


@pytest.fixture
async def booked(company: Company) -> Company:
    """A company with one ride: two seats of 84, tomorrow at 8."""
    await company.call("book", **RIDE)
    return company


async def test_a_passenger_sees_their_own_rides_the_earliest_first(booked: Company) -> None:
    await booked.call("book", **(RIDE | {"departs_at": "2026-03-04T20:00:00+05:00", "request_id": "r2"}))
    await booked.call("book", **(RIDE | {"contact_id": "contact-2", "request_id": "r3"}))

    rides = (await booked.call("my_rides", contact_id="contact-1"))["rides"]

    assert [ride["number"] for ride in rides] == ["TX-1002", "TX-1001"]
    assert rides[1] == {
        "number": "TX-1001",
        "from_city": "almaty",
        "to_city": "taraz",
        "departs_at": TOMORROW_8,
        "seats": 2,
        "price_kzt": 14000,
        "status": "booked",
    }


@pytest.mark.parametrize("stranger", [{"contact_id": "contact-2"}, {"contact_id": None}, {"phone": "+77011234567"}, {}])
async def test_a_stranger_sees_no_rides(booked: Company, stranger: dict[str, Any]) -> None:
    await booked.call("book", **(RIDE | {"contact_id": None, "request_id": "nobody"}))

    assert await booked.call("my_rides", **stranger) == {"rides": []}


async def test_cancelling_gives_the_seats_back_once(booked: Company) -> None:
    answers = [await booked.call("cancel", **MINE) for _ in range(3)]

    assert answers == [{"status": "cancelled"}] * 3
    assert await booked.free_seats(TOMORROW_8) == 84
    (ride,) = await booked.records("rides")
    assert ride["status"] == "cancelled"


async def test_cancelling_twice_at_once_gives_the_seats_back_once(booked: Company) -> None:
    await asyncio.gather(*(booked.call("cancel", **MINE) for _ in range(5)))

    assert await booked.free_seats(TOMORROW_8) == 84


@pytest.mark.parametrize("asked", [THEIRS, {"number": "TX-1001"}, {"number": "TX-9", "contact_id": "contact-1"}, {}])
async def test_only_an_own_ride_can_be_cancelled(booked: Company, asked: dict[str, Any]) -> None:
    assert await booked.call("cancel", **asked) == {"status": "not_found"}
    assert await booked.free_seats(TOMORROW_8) == 82


async def test_a_number_is_found_in_small_letters_too(booked: Company) -> None:
    assert await booked.call("cancel", **(MINE | {"number": " tx-1001 "})) == {"status": "cancelled"}


async def test_shortly_before_departure_it_is_too_late(booked: Company) -> None:
    booked.clock.move(hours=21, minutes=30)

    assert await booked.call("cancel", **MINE) == {"status": "too_late"}
    assert await booked.call("change", **MINE, seats=1) == {"status": "too_late"}
    assert await booked.free_seats(TOMORROW_8) == 82


async def test_a_ride_moves_to_another_time_with_its_seats(booked: Company) -> None:
    answer = await booked.call("change", **MINE, departs_at=TOMORROW_9)

    assert answer == {"status": "changed", "price_kzt": 14000}
    (ride,) = await booked.records("rides")
    assert (ride["departs_at"], ride["seats"], ride["number"]) == (TOMORROW_9, 2, "TX-1001")
    assert await booked.free_seats(TOMORROW_8) == 84
    assert await booked.free_seats(TOMORROW_9) == 82


async def test_a_moved_ride_is_cancelled_from_its_new_trip(booked: Company) -> None:
    await booked.call("change", **MINE, departs_at=TOMORROW_9)
    await booked.call("cancel", **MINE)

    assert await booked.free_seats(TOMORROW_8) == 84
    assert await booked.free_seats(TOMORROW_9) == 84


async def test_within_the_hour_no_seat_moves(booked: Company) -> None:
    await booked.call("change", **MINE, departs_at="2026-03-05T08:45:00+05:00")

    assert await booked.free_seats(TOMORROW_8) == 82
    assert (await booked.records("rides"))[0]["departs_at"] == "2026-03-05T08:45:00+05:00"


@pytest.mark.parametrize(("seats", "price_kzt"), [(1, 7000), (3, 21000), (7, 49000)])
async def test_another_number_of_seats_has_another_price(booked: Company, seats: int, price_kzt: int) -> None:
    answer = await booked.call("change", **MINE, seats=seats)

    assert answer == {"status": "changed", "price_kzt": price_kzt}
    (ride,) = await booked.records("rides")
    assert (ride["seats"], ride["price_kzt"]) == (seats, price_kzt)
    assert await booked.free_seats(TOMORROW_8) == 84 - seats


async def test_a_change_that_changes_nothing_is_done(booked: Company) -> None:
    for _ in range(2):
        assert (await booked.call("change", **MINE, departs_at=TOMORROW_8, seats=2))["status"] == "changed"

    assert await booked.free_seats(TOMORROW_8) == 82


async def test_a_full_trip_leaves_the_ride_as_it_is(company: Company) -> None:
    small = RIDE | {"from_city": "kokshetau", "to_city": "shchuchinsk"}
    await company.call("book", **small)
    await company.call("book", **(small | {"departs_at": TOMORROW_9, "seats": 3, "request_id": "r2"}))

    assert await company.call("change", **MINE, departs_at=TOMORROW_9) == {"status": "full"}
    assert await company.call("change", **MINE, seats=5) == {"status": "full"}
    assert await company.free_seats(TOMORROW_8, "kokshetau", "shchuchinsk") == 2
    assert await company.free_seats(TOMORROW_9, "kokshetau", "shchuchinsk") == 1


@pytest.mark.parametrize(
    ("new", "status"),
    [
        ({"departs_at": "2026-03-04T08:00:00+05:00"}, "invalid"),
        ({"departs_at": "soon"}, "invalid"),
        ({"departs_at": "2027-03-04T08:00:00+05:00"}, "invalid"),
        ({"seats": 8}, "invalid"),
        ({"seats": 0}, "invalid"),
    ],
)
async def test_a_wrong_change_changes_nothing(booked: Company, new: dict[str, Any], status: str) -> None:
    before = await booked.records("rides")

    assert (await booked.call("change", **MINE, **new))["status"] == status
    assert await booked.records("rides") == before


async def test_only_an_own_booked_ride_can_be_changed(booked: Company) -> None:
    assert await booked.call("change", **THEIRS, seats=1) == {"status": "not_found"}
    await booked.call("cancel", **MINE)
    assert await booked.call("change", **MINE, seats=1) == {"status": "not_found"}
    assert await booked.free_seats(TOMORROW_8) == 84


async def test_changes_at_once_lose_no_seat(booked: Company) -> None:
    times = [f"2026-03-05T{hour:02}:00:00+05:00" for hour in range(9, 14)]
    await asyncio.gather(*(booked.call("change", **MINE, departs_at=time) for time in times))

    trips = await booked.records("trips")
    assert sum(trip["capacity"] - trip["free_seats"] for trip in trips) == 2
    (ride,) = await booked.records("rides")
    assert await booked.free_seats(ride["departs_at"]) == 82


async def test_a_cancellation_and_a_change_at_once_lose_no_seat(booked: Company) -> None:
    await asyncio.gather(booked.call("change", **MINE, departs_at=TOMORROW_9, seats=4), booked.call("cancel", **MINE))

    (ride,) = await booked.records("rides")
    taken = ride["seats"] if ride["status"] == "booked" else 0
    trips = await booked.records("trips")
    assert sum(trip["capacity"] - trip["free_seats"] for trip in trips) == taken
