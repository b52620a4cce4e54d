"""Filter: keeps the items for which conditions hold."""

from __future__ import annotations

from datetime import UTC

from pydantic import Field

from tapbot.nodes.conditions import Conditions, hold
from tapbot.nodes.first_conditions import first_conditions
from tapbot.nodes.routing import route
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeCall, NodeParams, batch_node
from tapbot.workflow.types import Outputs


class FilterOptions(NodeParams):
    """Less used settings."""

    ignore_case: bool = False
    """Treat upper and lower case letters as the same."""
    loose_type_validation: bool = False
    """Convert values to the type of the comparison (where version 2 kept this setting)."""


class FilterParams(NodeParams):
    """Which items stay."""

    conditions: Conditions = Field(default_factory=Conditions)
    """Conditions of the items that stay."""
    loose_type_validation: bool = False
    """Convert values to the type of the comparison; otherwise another type is an error."""
    options: FilterOptions = Field(default_factory=FilterOptions)
    """Less used settings."""


def upgrade(parameters: JsonObject, version: float) -> JsonObject:
    """Version 1 had a list of conditions for each type, and compared as JavaScript does."""
    if version >= 2:
        return parameters
    combinator = "or" if parameters.get("combineConditions", "AND") == "OR" else "and"
    return {"conditions": first_conditions(parameters.get("conditions"), combinator)}


@batch_node("n8n-nodes-base.filter", FilterParams, version=2.3, label="Filter", outputs=("Kept",), upgrade=upgrade)
def keep_by_condition(call: NodeCall[FilterParams]) -> Outputs:
    """Keep the items for which the conditions hold; all others leave by the second output, which is not drawn."""
    zone = call.step.now.tzinfo or UTC

    def decide(params: FilterParams) -> list[int]:
        loose = params.loose_type_validation or params.options.loose_type_validation
        return [0 if hold(params.conditions, zone, loose=loose, ignore_case=params.options.ignore_case) else 1]

    return route(call, 2, decide, failed_output=1)
