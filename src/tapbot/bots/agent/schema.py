"""A workflow as a tool: its declared fields, its sticky note, and the JSON schema that a model sees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapbot.bots.agent.types import ToolSchema
from tapbot.bots.guided.definition import ChoiceSlot, DatetimeSlot, EntitySlot, IntegerSlot, PhoneSlot
from tapbot.bots.types import Bot
from tapbot.workflow.release import PreparedNode, PreparedWorkflow

OURS = frozenset({"contact_id", "conversation_id", "request_id", "language"})
"""Arguments that say who asks. They are filled in here; a model can neither see nor choose them."""
NOTE_TYPE, RECORD_TYPE = "n8n-nodes-base.stickyNote", "tapbot.record"
READING = frozenset({"get", "find"})
LONGEST_DESCRIPTION = 1000
JSON_TYPES = {"number": "number", "boolean": "boolean", "array": "array", "object": "object", "string": "string"}


def read_tool(workflow: PreparedWorkflow, name: str) -> ToolSchema:
    """What a workflow takes, from its trigger for other workflows, and what its first note says."""
    triggers = workflow.triggers("workflow")
    fields = read_fields(triggers[0].node.parameters) if triggers else {}
    writes = any(may_write(node) for node in workflow.nodes.values())
    return ToolSchema(name, read_note(workflow, name), fields, writes)


def read_fields(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Names and types of the trigger's fields, whether declared one by one or by an example."""
    inputs = parameters.get("workflowInputs")
    if isinstance(inputs, Mapping):
        values = inputs.get("values") or []
        return {str(one["name"]): str(one.get("type") or "string") for one in values if one.get("name")}
    return {}


def read_note(workflow: PreparedWorkflow, name: str) -> str:
    """The sticky note that begins with the tool's name, else the first one."""
    notes = [
        str(node.parameters.get("content") or "").strip()
        for node in workflow.workflow.nodes.values()
        if node.type == NOTE_TYPE
    ]
    titled = [note for note in notes if note.lstrip("# ").lower().startswith(name.lower())]
    return next(iter([*titled, *notes]), "")[:LONGEST_DESCRIPTION]


def may_write(prepared: PreparedNode) -> bool:
    """Whether a node may change something; a record node that only reads does not."""
    if prepared.node.disabled or not prepared.type.has_effect:
        return False
    return not (prepared.type.type == RECORD_TYPE and prepared.parameters.get("operation", "find") in READING)


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
