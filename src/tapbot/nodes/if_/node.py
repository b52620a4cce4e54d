"""If: sends each item to the true or the false output."""

from __future__ import annotations

from datetime import UTC

from pydantic import Field

from tapbot.nodes.conditions import Conditions, hold
from tapbot.nodes.first_conditions import first_conditions
from tapbot.nodes.routing import route
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeCall, NodeParams, batch_node
from tapbot.workflow.types import Outputs


class IfOptions(NodeParams):
    """Less used settings."""

    ignore_case: bool = False
    """Treat upper and lower case letters as the same."""
    loose_type_validation: bool = False
    """Convert values to the type of the comparison (where version 2 kept this setting)."""


class IfParams(NodeParams):
    """What is asked about each item."""

    conditions: Conditions = Field(default_factory=Conditions)
    """Conditions of the true output."""
    loose_type_validation: bool = False
    """Convert values to the type of the comparison; otherwise another type is an error."""
    options: IfOptions = Field(default_factory=IfOptions)
    """Less used settings."""


def upgrade(parameters: JsonObject, version: float) -> JsonObject:
    """Version 1 had a list of conditions for each type, and compared as JavaScript does."""
    if version >= 2:
        return parameters
    combinator = "or" if parameters.get("combineOperation", "all") == "any" else "and"
    return {"conditions": first_conditions(parameters.get("conditions"), combinator)}


@batch_node("n8n-nodes-base.if", IfParams, version=2.3, label="If", outputs=("true", "false"), upgrade=upgrade)
def split_by_condition(call: NodeCall[IfParams]) -> Outputs:
    """Send items for which the conditions hold to the first output, all others to the second."""
    zone = call.step.now.tzinfo or UTC

    def decide(params: IfParams) -> list[int]:
        loose = params.loose_type_validation or params.options.loose_type_validation
        held = hold(params.conditions, zone, loose=loose, ignore_case=params.options.ignore_case)
        return [0 if held else 1]

    return route(call, 2, decide, failed_output=1)
