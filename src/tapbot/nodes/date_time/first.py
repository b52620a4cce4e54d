"""Version 1 of Date & Time: formats by moment's letters, results in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field

from tapbot.errors import InvalidInput
from tapbot.nodes.date_formats import format_moment, parse_by_format, utc_iso
from tapbot.nodes.date_time.moving import Unit, move, singular
from tapbot.nodes.dates import read_date
from tapbot.nodes.fields import Text
from tapbot.nodes.paths import set_path
from tapbot.workflow.node import NodeParams
from tapbot.workflow.types import Item


def _known_zone(value: Any) -> Any:
    try:
        ZoneInfo(str(value)) if value else None
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"there is no time zone {value!r}") from None
    return value


ZoneName = Annotated[Text, BeforeValidator(_known_zone)]
"""Name of a time zone, or nothing."""


class FirstOptions(NodeParams):
    """Less used settings."""

    from_format: Text = ""
    """How the date is written, by moment's letters."""
    from_timezone: ZoneName = ""
    """Zone of the date."""
    to_timezone: ZoneName = ""
    """Zone of the result."""

    @property
    def zone_from(self) -> tzinfo | None:
        """Zone of the date, if it is named."""
        return ZoneInfo(self.from_timezone) if self.from_timezone else None

    @property
    def zone_to(self) -> tzinfo | None:
        """Zone of the result, if it is named."""
        return ZoneInfo(self.to_timezone) if self.to_timezone else None


class FirstParams(NodeParams):
    """What to do with which date."""

    value: Any = ""
    """The date."""
    data_property_name: Text = "data"
    """Field to write."""
    custom: bool = False
    """Whether the format is one's own; it makes no difference."""
    to_format: Text = "MM/DD/YYYY"
    """How to write the date, by moment's letters."""
    operation: Literal["add", "subtract"] = "add"
    """Direction, for `calculate`."""
    duration: float = Field(default=0, allow_inf_nan=False)
    """How much."""
    time_unit: Annotated[Unit, BeforeValidator(singular)] = "day"
    """Of what."""
    options: FirstOptions = Field(default_factory=FirstOptions)
    """Less used settings."""


def format_first(params: FirstParams, item: Item, zone: tzinfo) -> Item:
    """The item with the date written in another way; an empty date stays away.

    Args:
        zone: Zone of the workflow.

    Raises:
        InvalidInput: It is no date.
    """
    if params.value is None or params.value == "":
        return Item(json=item.json, binary=item.binary)
    options = params.options
    moment = _read(params.value, options, zone)
    moment = moment.astimezone(options.zone_to or options.zone_from or zone)
    return _written(params, item, format_moment(moment, params.to_format))


def calculate_first(params: FirstParams, item: Item, zone: tzinfo) -> Item:
    """The item with a date that is later or earlier.

    Raises:
        InvalidInput: It is no date.
    """
    amount = params.duration if params.operation == "add" else -params.duration
    moment = move(_read(params.value, params.options, zone), params.time_unit, amount)
    return _written(params, item, utc_iso(moment.astimezone(UTC)))


def _read(value: Any, options: FirstOptions, zone: tzinfo) -> datetime:
    if options.from_format:
        text = value if isinstance(value, str) else str(value)
        moment = parse_by_format(text, options.from_format, options.zone_from or zone)
    else:
        # n8n's server has the zone UTC, whatever the workflow's.
        moment = read_date(value, UTC)
    if moment is None:
        raise InvalidInput(
            "The date input format could not be recognized, it is not a valid date: set option 'From Format'.",
            code="node.invalid_parameter",
            place="value",
        )
    return moment


def _written(params: FirstParams, item: Item, value: str) -> Item:
    record = dict(item.json)
    set_path(record, params.data_property_name, value)
    return Item(json=record, binary=item.binary)
