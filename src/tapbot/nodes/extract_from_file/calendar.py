"""Events of a calendar file (RFC 5545)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from tapbot.errors import InvalidInput, LimitExceeded
from tapbot.loader import load
from tapbot.storage.types import JsonObject

MOST_EVENTS = 10_000
SHOWN = ("uid", "summary", "description", "location", "status", "url", "organizer", "sequence", "rrule")


def read_calendar(content: bytes) -> JsonObject:
    """The events of a calendar: dates as ISO 8601 writes them, a whole day without a time.

    Raises:
        InvalidInput: It is no calendar.
        LimitExceeded: It has too many events.
    """
    try:
        calendar = load("icalendar").Calendar.from_ical(content)
        events = calendar.walk("VEVENT")
    except (ValueError, KeyError, IndexError) as error:
        raise InvalidInput(f"This is no calendar: {error}.", code="node.invalid_calendar") from None
    if len(events) > MOST_EVENTS:
        raise LimitExceeded(f"The calendar has more than {MOST_EVENTS} events.", code="node.too_many_items")
    return {
        "version": str(calendar.get("version", "")),
        "prodid": str(calendar.get("prodid", "")),
        "events": [_event(event) for event in events],
    }


def _event(event: Any) -> JsonObject:
    told: JsonObject = {}
    for name in SHOWN:
        if name in event:
            value = event[name]
            told[name] = (
                value.to_ical().decode() if name == "rrule" else int(value) if name == "sequence" else str(value)
            )
    for name, shown in (("dtstart", "start"), ("dtend", "end"), ("dtstamp", "stamp")):
        if name in event:
            told[shown] = _moment(event.decoded(name))
    attendees = event.get("attendee") or []
    people = attendees if isinstance(attendees, list) else [attendees]
    if people:
        told["attendees"] = [str(person).removeprefix("mailto:") for person in people]
    return told


def _moment(value: date) -> str:
    return value.isoformat(timespec="milliseconds") if isinstance(value, datetime) else value.isoformat()
