"""Execute workflow trigger: another workflow, or a bot's tool, starts the run."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import Text
from tapbot.nodes.javascript import parse_json
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeCall, NodeParams, trigger_node
from tapbot.workflow.types import Item, Outputs


class InputField(NodeParams):
    """One field that the workflow expects."""

    name: Text = ""
    """Name of the field."""
    type: Literal["string", "number", "boolean", "array", "object", "any"] = "string"
    """Type of the field: a help for whoever calls."""


class InputFields(NodeParams):
    """The fields that the workflow expects."""

    values: list[InputField] = Field(default_factory=list)
    """Fields, in the order of the form."""


class ExecuteWorkflowTriggerParams(NodeParams):
    """What the workflow takes from its caller."""

    input_source: Literal["workflowInputs", "jsonExample", "passthrough"] = "workflowInputs"
    """`workflowInputs`: the fields below. `jsonExample`: the fields of an example. `passthrough`: all that comes."""
    workflow_inputs: InputFields = Field(default_factory=InputFields)
    """Fields that the workflow expects; a missing one is null, others are left out."""
    json_example: Any = "{}"
    """Example record, as JSON: its fields are expected."""


def upgrade(parameters: JsonObject, version: float) -> JsonObject:
    """Version 1 took all that came."""
    return {"inputSource": "passthrough"} if version < 1.1 else parameters


@trigger_node(
    "n8n-nodes-base.executeWorkflowTrigger",
    ExecuteWorkflowTriggerParams,
    version=1.1,
    label="When Executed by Another Workflow",
    trigger="workflow",
    upgrade=upgrade,
)
def start_for_workflow(call: NodeCall[ExecuteWorkflowTriggerParams]) -> Outputs:
    """Pass on the caller's items, cut to the declared fields."""
    names = _field_names(call.params)
    if names is None:
        return [call.items]
    return [[_cut(item, names) for item in call.items]]


def _field_names(params: ExecuteWorkflowTriggerParams) -> list[str] | None:
    """The declared fields; `None`: everything passes."""
    if params.input_source == "passthrough":
        return None
    if params.input_source == "workflowInputs":
        return [field.name for field in params.workflow_inputs.values]
    example = params.json_example
    if isinstance(example, str):
        try:
            example = parse_json(example)
        except ValueError:
            example = None
    if not isinstance(example, dict):
        raise InvalidInput(
            "The example is not a JSON object.",
            code="node.invalid_parameter",
            place="jsonExample",
            hint='Write one such as {"city": "almaty", "seats": 2}.',
        )
    return list(example)


def _cut(item: Item, names: list[str]) -> Item:
    return Item(json={name: item.json.get(name) for name in names}, binary=item.binary, paired_item=item.paired_item)
