"""Complaints, the gazetteer, and the figures for a monitor."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.taxi.company import RIDE, Company

from tapbot.workflow.types import Item

COMPLAINT: dict[str, Any] = {
    "text": "Водитель опоздал на час",
    "contact_id": "contact-1",
    "language": "ru",
    "conversation_id": "conversation-1",
    "request_id": "request-9",
}


async def test_a_complaint_gets_a_number_once(company: Company) -> None:
    answers = [await company.call("complain", **COMPLAINT) for _ in range(2)]

    assert answers == [{"number": "C-101"}] * 2
    (complaint,) = await company.records("complaints")
    assert complaint["text"] == "Водитель опоздал на час"
    assert (complaint["contact_id"], complaint["language"], complaint["status"]) == ("contact-1", "ru", "new")


async def test_complaints_without_a_request_are_different_ones(company: Company) -> None:
    first = await company.call("complain", **(COMPLAINT | {"request_id": None}))
    second = await company.call("complain", **(COMPLAINT | {"request_id": None}))

    assert [first["number"], second["number"]] == ["C-101", "C-102"]


@pytest.mark.parametrize(("contact_id", "ride_number"), [("contact-1", "TX-1001"), ("contact-2", None)])
async def test_a_complaint_names_an_own_ride_alone(company: Company, contact_id: str, ride_number: str | None) -> None:
    await company.call("book", **RIDE)

    await company.call("complain", **(COMPLAINT | {"contact_id": contact_id, "number": "TX-1001"}))

    (complaint,) = await company.records("complaints")
    assert complaint["ride_number"] == ride_number


@pytest.mark.parametrize(
    ("text", "city"),
    [
        ("Алматы", "almaty"),
        ("алма-ата", "almaty"),
        ("Тараза", "taraz"),
        ("Астанаға", "astana"),
        ("Шымкентке", "shymkent"),
        ("Қарағандыдан", "karaganda"),
        ("Караганды", "karaganda"),
        ("Taras", "taraz"),
        ("Tashkent", "tashkent"),
        ("Усть-Каменогорск", "oskemen"),
        ("Семипалатинск", "semey"),
        ("Кокшетау", "kokshetau"),
        ("шимкент", "shymkent"),
        ("Москва", None),
        ("", None),
        (None, None),
    ],
)
async def test_a_name_leads_to_its_city(company: Company, text: str | None, city: str | None) -> None:
    found = await company.call("geocode", text=text, language="kk")

    assert found["city"] == city


async def test_a_city_is_named_in_the_language_that_was_asked_for(company: Company) -> None:
    found = await company.call("geocode", text="Шымкент", language="en")

    assert (found["name"], found["score"]) == ("Shymkent", 1)
    assert 42 < found["lat"] < 43


async def test_the_status_shows_figures_and_nobody(company: Company) -> None:
    await company.call("book", **RIDE)

    (status,) = await company.start("taxi_status", Item(json={"query": {}}), trigger="webhook")

    assert status == {
        "status": "ok",
        "at": "2026-03-04T10:00:00.000+05:00",
        "next_24_hours": {"trips": 1, "seats_booked": 2, "seats_free": 82},
    }
