"""Test data: gives fixed items, for tests of workflows."""

from __future__ import annotations

from typing import Any

from tapbot.errors import InvalidInput
from tapbot.nodes.javascript import parse_json
from tapbot.workflow.items import item_from_json
from tapbot.workflow.node import NodeCall, NodeParams, batch_node
from tapbot.workflow.types import Outputs


class TestDataParams(NodeParams):
    """The items to give."""

    __test__ = False  # the name begins as pytest's test classes do

    data: Any = "[]"
    """JSON list of records, one record, or a string of either."""


@batch_node("n8n-nodes-testing.testData", TestDataParams, version=1, label="Test Data")
def give(call: NodeCall[TestDataParams]) -> Outputs:
    """Give the records as items."""
    data = call.params.data
    if isinstance(data, str):
        try:
            data = parse_json(data)
        except ValueError as error:
            raise InvalidInput(
                f"The test data is not valid JSON: {error}.", code="node.invalid_parameter", place="data"
            ) from None
    return [[item_from_json(entry) for entry in (data if isinstance(data, list) else [data])]]
