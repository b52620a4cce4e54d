"""Many bookings at once over many routes: every seat is accounted for, and each booking costs a bearable time."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter

import pytest
from tests.integration.taxi.company import RIDE, Company

BOOKINGS = int(os.environ.get("TAXI_BOOKINGS", "60"))
"""The full proof is `TAXI_BOOKINGS=200`; `pytest -s` shows its figure."""
AT_ONCE = 20
BUDGET_CPU_MS = 400.0
"""Of this process, for one booking: wall time would speak of the neighbours on the machine."""


@pytest.mark.timeout(300)
async def test_bookings_over_twenty_routes_lose_and_double_no_seat(company: Company) -> None:
    tariffs = await company.records("tariffs")
    wide = sorted((row["from_city"], row["to_city"]) for row in tariffs if row["seats_per_hour"] >= 28)
    routes = wide[:20]
    await company.call("book", **(RIDE | {"from_city": "oral", "to_city": "atyrau"}))  # starts the sandboxes
    gate = asyncio.Semaphore(AT_ONCE)

    async def book(number: int) -> str:
        from_city, to_city = routes[number % len(routes)]
        wanted = RIDE | {
            "from_city": from_city,
            "to_city": to_city,
            "request_id": f"r{number}",
            "seats": 1 + number % 2,
        }
        async with gate:
            return str((await company.call("book", **wanted))["status"])

    began, cpu_began = time.monotonic(), time.process_time()
    statuses = Counter(await asyncio.gather(*(book(number) for number in range(BOOKINGS))))
    ms_per_booking = (time.monotonic() - began) * 1000 / BOOKINGS
    cpu_ms_per_booking = (time.process_time() - cpu_began) * 1000 / BOOKINGS

    figures = f"{ms_per_booking:.0f} ms each, {cpu_ms_per_booking:.0f} ms CPU, {AT_ONCE} at once"
    print(f"{BOOKINGS} bookings over {len(routes)} routes: {figures}")
    assert statuses == {"booked": BOOKINGS}
    taken: Counter[tuple[str, str]] = Counter()
    for ride in await company.records("rides"):
        taken[ride["from_city"], ride["to_city"]] += ride["seats"]
    trips = await company.records("trips")
    assert {(trip["from_city"], trip["to_city"]): trip["capacity"] - trip["free_seats"] for trip in trips} == taken
    assert cpu_ms_per_booking < BUDGET_CPU_MS
