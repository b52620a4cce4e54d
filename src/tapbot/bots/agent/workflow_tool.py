"""What a workflow is as a tool: its declared fields, its sticky note, and whether it may change something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapbot.bots.agent.types import ToolSchema
from tapbot.workflow.release import PreparedNode, PreparedWorkflow

NOTE_TYPE, RECORD_TYPE = "n8n-nodes-base.stickyNote", "tapbot.record"
READING = frozenset({"get", "find"})
LONGEST_DESCRIPTION = 1000


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
