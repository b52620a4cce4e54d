"""Data Trigger: starts when records of a collection are created or changed."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.events.types import Event
from tapbot.nodes.fields import EmptyList, FromJson, Text, has_expression
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeCall, NodeParams, trigger_node
from tapbot.workflow.types import Item, Outputs

Happened: TypeAlias = Literal["created", "updated"]
SAMPLE: JsonObject = {
    "event": "created",
    "collection": "trips",
    "id": "0f3c7b52-7f0e-4a53-9f55-0c2f5a0e9a11",
    "changed": [],
    "record": {"id": "0f3c7b52-7f0e-4a53-9f55-0c2f5a0e9a11"},
}
"""What a run by hand gets, so that there is something to build on."""


def _created() -> list[Happened]:
    return ["created"]


class DataTriggerParams(NodeParams):
    """Of what the workflow wants to hear."""

    collection: Text = ""
    """Name of the collection."""
    events: Annotated[list[Happened], EmptyList, FromJson] = Field(default_factory=_created)
    """What happened to a record: `created`, `updated`, or both."""
    fields: Annotated[list[str], EmptyList, FromJson] = Field(default_factory=list)
    """Only changes of one of these fields count, for `updated`; empty for all."""

    def wants(self, event: Event) -> bool:
        """Whether an event starts the workflow."""
        happened = event.kind.removeprefix("record.")
        if event.topic != "record" or event.data.get("collection") != self.collection or happened not in self.events:
            return False
        changed = event.data.get("changed")
        if happened != "updated" or not self.fields or not isinstance(changed, list):
            return True
        return any(name in self.fields for name in changed)


def upgrade(parameters: JsonObject, _version: float) -> JsonObject:
    """Parameters are looked at when the workflow is loaded, before anything happens.

    Raises:
        InvalidInput: No collection is named, or a parameter is an expression.
    """
    if has_expression(parameters):
        raise InvalidInput(
            "A data trigger has no expressions: nothing has happened yet that they could speak of.",
            code="node.invalid_parameter",
            place="collection",
            hint="Filter behind the trigger: ={{ $json.record.status }}.",
        )
    if not parameters.get("collection") or not isinstance(parameters["collection"], str):
        raise InvalidInput("No collection is named.", code="node.invalid_parameter", place="collection")
    return parameters


@trigger_node(
    "tapbot.dataTrigger", DataTriggerParams, version=1, label="Data Trigger", trigger="data", inputs=0, upgrade=upgrade
)
def start_by_data(call: NodeCall[DataTriggerParams]) -> Outputs:
    """Pass on what happened, with the record as it was when the run began."""
    if not any(item.json for item in call.items):
        return [[Item(json={**SAMPLE, "collection": call.params.collection})]]
    return [call.items]
