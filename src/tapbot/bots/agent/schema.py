"""The JSON schema of a tool that a model sees."""

from __future__ import annotations

from typing import Any

from tapbot.bots.agent.types import ToolSchema
from tapbot.bots.guided.definition import ChoiceSlot, DatetimeSlot, EntitySlot, IntegerSlot, PhoneSlot
from tapbot.bots.types import Bot

OURS = frozenset({"contact_id", "conversation_id", "request_id", "language"})
"""Arguments that say who asks. They are filled in here; a model can neither see nor choose them."""
JSON_TYPES = {"number": "number", "boolean": "boolean", "array": "array", "object": "object", "string": "string"}


def argument_schema(bot: Bot, tool: ToolSchema, *, known_phone: bool) -> dict[str, Any]:
    """The JSON schema of a tool's arguments, without those that are filled in for the model.

    Args:
        known_phone: The contact's phone is known, so that the model may leave it out.
    """
    properties = {name: describe_field(bot, name, kind) for name, kind in tool.fields.items() if name not in OURS}
    required = [name for name in required_fields(bot, tool) if not (known_phone and is_phone(bot, name))]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def required_fields(bot: Bot, tool: ToolSchema) -> list[str]:
    """Arguments without which the call is refused: what the guided flows with this tool need."""
    for flow in bot.guided.flows.values() if bot.guided else ():
        estimate, submit = getattr(flow, "estimate", None), getattr(flow, "submit", None)
        if estimate and estimate.tool == tool.name:
            return [name for name in estimate.needs if name in tool.fields]
        if submit and submit.tool == tool.name:
            wanted = [flow.id] if flow.kind == "pick" else flow.slots
            return [name for name in wanted if name in tool.fields]
    return []


def is_phone(bot: Bot, name: str) -> bool:
    """Whether an argument is a telephone number."""
    slot = bot.guided.slots.get(name) if bot.guided else None
    return slot.type == "phone" if slot else name == "phone"


def describe_field(bot: Bot, name: str, kind: str) -> dict[str, Any]:
    """The schema of one argument, by the bot's slot of that name."""
    slot = bot.guided.slots.get(name) if bot.guided else None
    match slot:
        case EntitySlot():
            return {"type": "string", "description": f"Name, in any language, or id of one of the {slot.collection}."}
        case DatetimeSlot():
            return {"type": "string", "description": "Local date and time, ISO 8601, for example 2026-03-05T08:00."}
        case IntegerSlot():
            return {"type": "integer", "minimum": slot.min, "maximum": slot.max}
        case PhoneSlot():
            return {"type": "string", "description": "Telephone number as the person wrote it."}
        case ChoiceSlot():
            return {"type": "string", "enum": list(slot.values)}
    known = JSON_TYPES.get(kind)
    return {"type": known} if known else {}
