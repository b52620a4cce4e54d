"""Execution Data: keeps values with the run, to find it by."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import Text
from tapbot.workflow.node import NodeCall, NodeParams, batch_node
from tapbot.workflow.types import Outputs

LONGEST_KEY = 50
LONGEST_VALUE = 512
MOST_VALUES = 10


class SavedValue(NodeParams):
    """A value to keep."""

    key: Text = ""
    """Name."""
    value: Text = ""
    """Value."""


class SavedValues(NodeParams):
    """The values to keep."""

    values: list[SavedValue] = Field(default_factory=list, max_length=MOST_VALUES)
    """Values."""


class ExecutionDataParams(NodeParams):
    """What to keep."""

    operation: Literal["save"] = "save"
    """What to do."""
    data_to_save: SavedValues = Field(default_factory=SavedValues)
    """Values to keep with the run."""


@batch_node("n8n-nodes-base.executionData", ExecutionDataParams, version=1.1, label="Execution Data")
def keep_values(call: NodeCall[ExecutionDataParams]) -> Outputs:
    """Check the values and pass the items on: the values are seen in this node's step, not in the list of runs."""
    for params in call.params_each():
        for entry in params.data_to_save.values:
            if not entry.key:
                raise InvalidInput("A value has no name.", code="node.invalid_parameter", place="dataToSave")
            if len(entry.key) > LONGEST_KEY or len(entry.value) > LONGEST_VALUE:
                raise InvalidInput(
                    f"A name has {LONGEST_KEY} characters at most, a value {LONGEST_VALUE}.",
                    code="node.invalid_parameter",
                    place="dataToSave",
                )
    return [call.items]
