"""An event as a calendar file (RFC 5545)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal
from uuid import NAMESPACE_URL, uuid5

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.loader import load
from tapbot.nodes.dates import read_date
from tapbot.nodes.fields import Text
from tapbot.workflow.node import NodeParams


class Person(NodeParams):
    """Somebody of an event."""

    name: Text = ""
    """Name."""
    email: Text = ""
    """E-mail address."""
    rsvp: bool = False
    """Whether an answer is asked for."""


class Attendees(NodeParams):
    """Who is invited."""

    attendee_values: list[Person] = Field(default_factory=list)
    """People."""


class Organizer(NodeParams):
    """Who invites."""

    organizer_values: Person | None = None
    """The person."""


class EventFields(NodeParams):
    """Less used settings of an event."""

    attendees_ui: Attendees = Field(default_factory=Attendees)
    """Who is invited."""
    organizer_ui: Organizer = Field(default_factory=Organizer)
    """Who invites."""
    busy_status: Literal["", "BUSY", "FREE", "TENTATIVE", "OOF"] = ""
    """How the time counts."""
    cal_name: Text = ""
    """Name of the calendar."""
    description: Text = ""
    """Description."""
    location: Text = ""
    """Place."""
    recurrence_rule: Text = ""
    """Repetition, such as `FREQ=WEEKLY;BYDAY=MO`."""
    sequence: int | None = None
    """Number of the change of an event that was sent before."""
    status: Literal["", "CONFIRMED", "CANCELLED", "TENTATIVE"] = ""
    """State."""
    uid: Text = ""
    """Identifier; made of the event where none is given."""
    url: Text = ""
    """Address of a page about it."""


class CalendarFields(NodeParams):
    """An event."""

    title: Text = ""
    """Title."""
    start: Any = ""
    """Begin."""
    end: Any = ""
    """End."""
    all_day: bool = False
    """Whether it takes whole days."""
    additional_fields: EventFields = Field(default_factory=EventFields)
    """Less used settings."""


def write_event(fields: CalendarFields, now: datetime) -> bytes:
    """A calendar file with one event.

    Args:
        now: When it is written; aware, in the zone of dates that name none.

    Raises:
        InvalidInput: A date is none, or the rule of repetition is malformed.
    """
    calendars = load("icalendar")
    more = fields.additional_fields
    start, end = (_date(value, name, now) for value, name in ((fields.start, "start"), (fields.end, "end")))
    calendar = calendars.Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//tapbot//EN")
    if more.cal_name:
        calendar.add("x-wr-calname", more.cal_name)
    event = calendars.Event()
    event.add("uid", more.uid or str(uuid5(NAMESPACE_URL, f"{fields.title} {start} {end}")))
    event.add("dtstamp", now.astimezone(UTC))
    event.add("summary", fields.title)
    event.add("dtstart", start.date() if fields.all_day else start.astimezone(UTC))
    event.add("dtend", end.date() if fields.all_day else end.astimezone(UTC))
    for name in ("description", "location", "status", "url"):
        if value := getattr(more, name):
            event.add(name, value)
    if more.sequence is not None:
        event.add("sequence", more.sequence)
    if more.busy_status:
        event.add("x-microsoft-cdo-busystatus", more.busy_status)
    _add_rule(calendars, event, more.recurrence_rule)
    _add_people(calendars, event, more)
    calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content


def _add_rule(calendars: Any, event: Any, rule: str) -> None:
    if not rule:
        return
    try:
        event.add("rrule", calendars.vRecur.from_ical(rule))
    except ValueError:
        raise InvalidInput(
            f"{rule!r} is no rule of repetition.", code="node.invalid_parameter", place="recurrenceRule"
        ) from None


def _add_people(calendars: Any, event: Any, more: EventFields) -> None:
    if more.organizer_ui.organizer_values:
        event.add("organizer", _address(calendars, more.organizer_ui.organizer_values))
    for person in more.attendees_ui.attendee_values:
        address = _address(calendars, person)
        address.params["RSVP"] = calendars.vText(str(person.rsvp).upper())
        event.add("attendee", address, encode=0)


def _address(calendars: Any, person: Person) -> Any:
    address = calendars.vCalAddress(f"mailto:{person.email}")
    if person.name:
        address.params["CN"] = calendars.vText(person.name)
    return address


def _date(value: Any, name: str, now: datetime) -> datetime:
    moment = read_date(value, now.tzinfo or UTC)
    if moment is None:
        raise InvalidInput(f"{value!r} is no date.", code="node.invalid_parameter", place=name)
    return moment
