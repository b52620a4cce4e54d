"""What a model gives a tool, brought into the form that the workflow takes, or refused with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tapbot.bots.agent.schema import OURS, is_phone, required_fields
from tapbot.bots.agent.types import ToolSchema
from tapbot.bots.guided.definition import ChoiceSlot, DatetimeSlot, EntitySlot, IntegerSlot, PhoneSlot
from tapbot.bots.types import Bot, TurnTools
from tapbot.bots.understanding.entities import build_index, find_entities
from tapbot.bots.understanding.phones import parse_phone
from tapbot.bots.understanding.text import split_tokens
from tapbot.errors import InvalidInput

LONGEST_TEXT = 4_000
DIGITS_SHOWN = 4


class Refused(InvalidInput):
    """An argument cannot be used; the message is for the model, which may correct itself."""

    default_code = "agent.bad_argument"


@dataclass(frozen=True)
class Asker:
    """Who asks, and what fills the arguments that a model must not choose."""

    contact: Mapping[str, Any]
    conversation_id: str
    request_id: str
    language: str

    def identity(self) -> dict[str, Any]:
        """The arguments of ours, by name."""
        return {
            "contact_id": self.contact.get("id"),
            "conversation_id": self.conversation_id,
            "request_id": self.request_id,
            "language": self.language,
        }


def read_arguments(
    bot: Bot, tool: ToolSchema, given: Mapping[str, Any], asker: Asker, tools: TurnTools
) -> dict[str, Any]:
    """The arguments of a call, checked, in their stored form, with ours filled in.

    Raises:
        Refused: An argument is unknown, missing or wrong.
    """
    allowed = [name for name in tool.fields if name not in OURS]
    unknown = sorted(set(given) - set(allowed))
    if unknown:
        raise Refused(f"{tool.name} takes {', '.join(allowed) or 'no arguments'}; it does not take {unknown[0]}.")
    values = {name: read_value(bot, name, value, tools) for name, value in given.items() if value not in (None, "")}
    for name in required_fields(bot, tool):
        if name not in values and is_phone(bot, name) and asker.contact.get("phone"):
            values[name] = str(asker.contact["phone"])
        if name not in values:
            raise Refused(f"{name} is missing. Ask the person for it; do not invent it.")
    refuse_same_ends(bot, values)
    ours = {name: value for name, value in asker.identity().items() if name in tool.fields and value is not None}
    return {name: values[name] for name in tool.fields if name in values} | ours


def read_value(bot: Bot, name: str, value: Any, tools: TurnTools) -> Any:
    """One value in its stored form."""
    slot = bot.guided.slots.get(name) if bot.guided else None
    match slot:
        case EntitySlot():
            return read_entity(slot.collection, slot.key, name, str(value), tools)
        case DatetimeSlot():
            return read_moment(name, str(value), tools.now, slot.horizon_days)
        case IntegerSlot():
            return read_integer(name, value, slot.min, slot.max)
        case PhoneSlot():
            return read_phone(name, str(value), slot.region)
        case ChoiceSlot() if value not in slot.values:
            raise Refused(f"{name} is one of {', '.join(slot.values)}, not {value!r}.")
    return value[:LONGEST_TEXT] if isinstance(value, str) else value


def read_entity(collection: str, key: str, name: str, value: str, tools: TurnTools) -> str:
    """The id of an entity that is named in any language, case or spelling."""
    rows = tools.entities(collection)
    if any(str(row[key]) == value for row in rows):
        return value
    found = {one.id for one in find_entities(split_tokens(value), build_index(rows, key=key))}
    if len(found) == 1:
        return found.pop()
    problem = "names several" if found else "is not known"
    raise Refused(f"{name}: {value!r} {problem} among the {collection}. Ask the person which one is meant.")


def read_moment(name: str, value: str, now: datetime, horizon_days: int) -> str:
    """An ISO time in the project's zone; one without a zone is meant there."""
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        raise Refused(f"{name}: {value!r} is no ISO 8601 date and time such as 2026-03-05T08:00.") from None
    if len(value.strip()) <= len("2026-03-05"):
        raise Refused(f"{name} needs a time of day beside the date. Ask the person for it.")
    moment = moment.replace(tzinfo=now.tzinfo) if moment.tzinfo is None else moment.astimezone(now.tzinfo)
    if moment <= now:
        raise Refused(f"{name}: {moment.isoformat()} is in the past; it is now {now.isoformat(timespec='minutes')}.")
    if moment > now + timedelta(days=horizon_days):
        raise Refused(f"{name}: {moment.isoformat()} is more than {horizon_days} days ahead.")
    return moment.isoformat()


def read_integer(name: str, value: Any, low: int, high: int) -> int:
    """A whole number within its limits."""
    try:
        number = int(str(value).strip())
    except ValueError:
        raise Refused(f"{name}: {value!r} is no whole number.") from None
    if not low <= number <= high:
        raise Refused(f"{name} is {low} to {high}, not {number}.")
    return number


def read_phone(name: str, value: str, region: str) -> str:
    """A telephone number as it is stored."""
    phone = parse_phone(value, region=region)
    if phone is None:
        raise Refused(f"{name}: {value!r} is no telephone number. Ask the person for it.")
    return phone


def refuse_same_ends(bot: Bot, values: Mapping[str, Any]) -> None:
    """A journey does not end where it begins."""
    ends = [
        name
        for name, slot in (bot.guided.slots.items() if bot.guided else ())
        if slot.type == "entity" and slot.side and name in values
    ]
    if len(ends) == 2 and values[ends[0]] == values[ends[1]]:
        raise Refused(f"{ends[0]} and {ends[1]} are the same. Ask the person where they are going.")
