"""Execute workflow: runs another workflow of the project, once for all items or once for each."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import Located
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeCall, NodeParams, batch_node
from tapbot.workflow.types import Item, Outputs, Pair, StepKind


class ExecuteWorkflowOptions(NodeParams):
    """Less used settings."""

    wait_for_sub_workflow: bool = True
    """Wait for the result. Otherwise the items pass on at once."""


class WorkflowInputs(NodeParams):
    """What the other workflow gets."""

    mapping_mode: Literal["defineBelow", "autoMapInputData"] = "defineBelow"
    """`defineBelow`: the values here. `autoMapInputData`: the items as they are."""
    value: dict[str, Any] | None = None
    """Values by field of the other workflow."""


class ExecuteWorkflowParams(NodeParams):
    """Which workflow, and how often."""

    source: Literal["database"] = "database"
    """Where the workflow is: in this project."""
    workflow_id: Located = ""
    """Id or name of the workflow."""
    mode: Literal["once", "each"] = "once"
    """`once`: one run with all items. `each`: a run for each item."""
    workflow_inputs: WorkflowInputs = Field(default_factory=WorkflowInputs)
    """Values for the fields that the other workflow declares."""
    options: ExecuteWorkflowOptions = Field(default_factory=ExecuteWorkflowOptions)
    """Less used settings."""


def upgrade(parameters: JsonObject, _version: float) -> JsonObject:
    """All versions fit the newest one; workflows from files and addresses are refused when the workflow is loaded."""
    source = parameters.get("source", "database")
    if source != "database":
        raise InvalidInput(
            f"A workflow from the source {source!r} is not supported: put it into the project's folder `workflows/`.",
            code="node.not_supported",
            place="source",
        )
    return parameters


@batch_node(
    "n8n-nodes-base.executeWorkflow",
    ExecuteWorkflowParams,
    version=1.3,
    label="Execute Workflow",
    kind=StepKind.SAFE,  # the child run has a journal of its own: running again reads it
    upgrade=upgrade,
)
async def execute_workflow(call: NodeCall[ExecuteWorkflowParams]) -> Outputs:
    """Run the other workflow and give what its last node gave."""
    if call.params.mode == "once":
        return [await _run(call, call.params, [_given(call, index) for index in range(len(call.items))])]
    collected: list[Item] = []
    for index in range(len(call.items)):
        made = await _run(call, call.resolve(index), [_given(call, index)])
        collected += [
            Item(json=item.json, binary=item.binary, paired_item=(Pair(index),), error=item.error) for item in made
        ]
    return [collected]


def _given(call: NodeCall[ExecuteWorkflowParams], index: int) -> Item:
    """What the other workflow gets for an item."""
    item = call.items[index]
    inputs = call.resolve(index).workflow_inputs
    if inputs.mapping_mode == "autoMapInputData" or not inputs.value:
        return item
    return Item(json=inputs.value, binary=item.binary)


async def _run(call: NodeCall[ExecuteWorkflowParams], params: ExecuteWorkflowParams, items: list[Item]) -> list[Item]:
    if not params.workflow_id:
        raise InvalidInput(
            "No workflow is chosen.",
            code="node.invalid_parameter",
            place="workflowId",
            hint="Name the id of a workflow of this project.",
        )
    made = await call.step.run_workflow(params.workflow_id, items, wait=params.options.wait_for_sub_workflow)
    return [Item(json=item.json, binary=item.binary) for item in made] if made is not items else list(items)
