"""Prices: by tariff, by distance, and whether there are seats."""

from __future__ import annotations

import pytest
from tests.integration.taxi.company import RIDE, TOMORROW_8, Company


async def test_a_tariff_gives_the_price_of_all_seats(company: Company) -> None:
    quote = await company.call("quote", from_city="almaty", to_city="taraz", seats=2, departs_at=TOMORROW_8)

    assert quote == {
        "price_kzt": 14000,
        "price_per_seat_kzt": 7000,
        "distance_km": 500,
        "duration_minutes": 390,
        "free_seats": 84,
        "capacity": 84,
        "available": True,
    }


async def test_without_seats_and_time_one_seat_is_priced(company: Company) -> None:
    quote = await company.call("quote", from_city="taraz", to_city="almaty")

    assert (quote["price_kzt"], quote["available"]) == (7000, True)


async def test_a_pair_without_a_tariff_is_priced_by_the_kilometre(company: Company) -> None:
    quote = await company.call("quote", from_city="taraz", to_city="kyzylorda", seats=3)

    assert 600 < quote["distance_km"] < 750
    assert quote["price_kzt"] == 3 * quote["price_per_seat_kzt"]
    assert quote["price_per_seat_kzt"] % 100 == 0
    assert quote["duration_minutes"] > 400
    assert quote["available"] is True


@pytest.mark.parametrize(
    ("from_city", "to_city"),
    [("aktau", "oskemen"), ("almaty", "almaty"), ("almaty", "narnia"), ("", ""), (None, None)],
)
async def test_a_route_that_is_not_served_has_no_price(
    company: Company, from_city: str | None, to_city: str | None
) -> None:
    quote = await company.call("quote", from_city=from_city, to_city=to_city, seats=1)

    assert quote["price_kzt"] is None
    assert quote["available"] is False


async def test_a_quote_knows_what_is_booked(company: Company) -> None:
    await company.call("book", **RIDE)

    quote = await company.call(
        "quote", from_city="almaty", to_city="taraz", seats=83, departs_at="2026-03-05T08:30:00+05:00"
    )

    assert quote["free_seats"] == 82
    assert quote["available"] is False


async def test_the_past_is_not_available(company: Company) -> None:
    quote = await company.call(
        "quote", from_city="almaty", to_city="taraz", seats=1, departs_at="2026-03-04T09:00:00+05:00"
    )

    assert (quote["price_kzt"], quote["available"]) == (7000, False)
