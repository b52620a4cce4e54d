"""Date & Time: writes, moves, rounds and takes apart dates."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from tapbot.errors import InvalidInput
from tapbot.nodes.date_formats import format_luxon, iso, parse_by_format
from tapbot.nodes.date_time.first import FirstParams, calculate_first, format_first
from tapbot.nodes.date_time.moving import PARTS, Unit, between, move, round_down, singular
from tapbot.nodes.dates import read_date
from tapbot.nodes.fields import Text
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeParams, Step, node
from tapbot.workflow.types import Item

NAMES = {
    "getCurrentDate": "currentDate",
    "addToDate": "newDate",
    "subtractFromDate": "newDate",
    "formatDate": "formattedDate",
    "roundDate": "roundedDate",
    "getTimeBetweenDates": "timeDifference",
    "extractDate": "datePart",
}
"""By operation: the field that is written where none is named."""
AnyUnit = Annotated[Unit, BeforeValidator(singular)]
"""A unit of time, in the singular or the plural."""


class DateTimeOptions(NodeParams):
    """Less used settings."""

    include_input_fields: bool = False
    """Keep the other fields of the item."""
    from_format: Text = ""
    """How the date is written, where that is not plain: `DD/MM/YYYY`."""
    timezone: Any = None
    """For the current date: its zone. For formatting: whether to use the workflow's zone."""
    iso_string: bool = False
    """Give the time between as a text such as `P2D`."""


class DateTimeParams(NodeParams):
    """What to do with which date."""

    operation: Literal[
        "getCurrentDate", "addToDate", "subtractFromDate", "formatDate", "roundDate", "getTimeBetweenDates",
        "extractDate", "first.format", "first.calculate",
    ] = "getCurrentDate"  # fmt: skip
    """What to do; those of version 1 begin with `first`."""
    include_time: bool = True
    """Give the time of day with the current date; otherwise midnight."""
    magnitude: Any = ""
    """Date to add to or to subtract from."""
    date: Any = ""
    """Date to format, round or take apart."""
    start_date: Any = ""
    """Begin of the time between."""
    end_date: Any = ""
    """End of the time between."""
    time_unit: AnyUnit = "day"
    """Unit of the duration."""
    duration: float = Field(default=0, allow_inf_nan=False)
    """How much to add or to subtract."""
    format: Text = "MM/dd/yyyy"
    """How to write the date, by luxon's letters; `custom`: as below."""
    custom_format: Text = "yyyy-MM-dd"
    """How to write it."""
    mode: Literal["roundDown", "roundUp"] = "roundDown"
    """Direction of rounding."""
    to_nearest: AnyUnit = "month"
    """What to round down to."""
    to: AnyUnit = "month"
    """What to round up to."""
    units: list[AnyUnit] = Field(default_factory=lambda: list[Unit](["day"]))
    """Units of the time between."""
    part: AnyUnit = "month"
    """Part to take out."""
    output_field_name: Text = ""
    """Field to write."""
    options: DateTimeOptions = Field(default_factory=DateTimeOptions)
    """Less used settings."""
    first: FirstParams = Field(default_factory=FirstParams)
    """Settings of version 1."""


def upgrade(parameters: JsonObject, version: float) -> JsonObject:
    """Version 1 had two actions, and moment's letters for formats."""
    if version >= 2:
        return parameters
    return {"operation": f"first.{parameters.get('action', 'format')}", "first": dict(parameters)}


@node("n8n-nodes-base.dateTime", DateTimeParams, version=2, label="Date & Time", upgrade=upgrade)
def date_time(params: DateTimeParams, item: Item, step: Step) -> Item:
    """Write what came of the date into a field."""
    zone = step.now.tzinfo or UTC
    if params.operation == "first.format":
        return format_first(params.first, item, zone)
    if params.operation == "first.calculate":
        return calculate_first(params.first, item, zone)
    name = params.output_field_name or NAMES[params.operation]
    record = dict(item.json) if params.options.include_input_fields else {}
    record[name] = _work_out(params, step.now, zone)
    return Item(json=record, binary=item.binary if params.options.include_input_fields else None)


def _work_out(params: DateTimeParams, now: datetime, zone: tzinfo) -> Any:
    match params.operation:
        case "getCurrentDate":
            return iso(_current(params, now))
        case "addToDate" | "subtractFromDate":
            amount = params.duration if params.operation == "addToDate" else -params.duration
            return iso(move(_read(params.magnitude, zone, "magnitude"), params.time_unit, amount))
        case "formatDate":
            return _format(params, zone)
        case "roundDate":
            return iso(_round(params, _read(params.date, zone, "date")))
        case "getTimeBetweenDates":
            start, end = _read(params.start_date, zone, "startDate"), _read(params.end_date, zone, "endDate")
            return between(start, end, params.units, as_text=params.options.iso_string)
    return PARTS[params.part](_read(params.date, zone, "date"))


def _current(params: DateTimeParams, now: datetime) -> datetime:
    chosen = params.options.timezone
    if isinstance(chosen, str) and chosen not in ("", "default"):
        now = now.astimezone(_zone(chosen))
    return now if params.include_time else round_down(now, "day")


def _zone(name: str) -> tzinfo:
    from_params = FirstParams.model_validate({"options": {"toTimezone": name}})
    return from_params.options.zone_to or UTC


def _round(params: DateTimeParams, moment: datetime) -> datetime:
    if params.mode == "roundDown":
        return round_down(moment, params.to_nearest)
    return round_down(move(moment, params.to, 1), params.to)


def _format(params: DateTimeParams, zone: tzinfo) -> str | None:
    if params.date is None:
        return None
    if params.options.from_format:
        moment = parse_by_format(str(params.date), params.options.from_format, zone)
        if moment is None:
            raise _no_date(params.date, "date")
    else:
        moment = _read(params.date, zone, "date", keep_offset=params.options.timezone is not True)
    form = params.custom_format if params.format == "custom" else params.format
    return format_luxon(moment, form)


def _read(value: Any, zone: tzinfo, place: str, *, keep_offset: bool = False) -> datetime:
    moment = read_date(value, zone)
    if moment is None:
        raise _no_date(value, place)
    return moment if keep_offset and isinstance(value, str) else moment.astimezone(zone)


def _no_date(value: Any, place: str) -> InvalidInput:
    return InvalidInput(
        f"{value!r} is no date.",
        code="node.invalid_parameter",
        place=place,
        hint="Write it as 2026-03-05T14:30, or say how it is written in option `fromFormat`.",
    )
