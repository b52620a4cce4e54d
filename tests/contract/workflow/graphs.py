"""Small workflows for tests of what the engine does with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tapbot.workflow.engine import Outcome

Edge = tuple[str, str] | tuple[str, int, str] | tuple[str, int, str, int]


def start() -> dict[str, Any]:
    """A trigger with one empty item."""
    return {"name": "Start", "type": "n8n-nodes-base.manualTrigger"}


def data(name: str, text: str, **settings: Any) -> dict[str, Any]:
    """A node that gives the items of a JSON text."""
    return {"name": name, "type": "n8n-nodes-testing.testData", "parameters": {"data": text}, **settings}


def fields(name: str, *, keep: bool = False, **values: str) -> dict[str, Any]:
    """A Set node; types are those of the values."""
    entries = [{"name": key, "value": value, "type": "string"} for key, value in values.items()]
    parameters = {
        "assignments": {"assignments": entries},
        "includeOtherFields": keep,
        "options": {"ignoreConversionErrors": True},
    }
    return {"name": name, "type": "n8n-nodes-base.set", "typeVersion": 3.4, "parameters": parameters}


def code(name: str, source: str, **settings: Any) -> dict[str, Any]:
    """A Code node."""
    return {"name": name, "type": "n8n-nodes-base.code", "typeVersion": 2, "parameters": {"jsCode": source}, **settings}


def plain(name: str, **settings: Any) -> dict[str, Any]:
    """A node that does nothing."""
    return {"name": name, "type": "n8n-nodes-base.noOp", **settings}


def graph(nodes: Sequence[dict[str, Any]], edges: Sequence[Edge], order: str = "v1", **settings: Any) -> dict[str, Any]:
    """A workflow file. An edge is (from, to), (from, output, to) or (from, output, to, input)."""
    placed = [
        {"typeVersion": 1, "position": [200 * index, 0], "parameters": {}, "id": str(index), **node}
        for index, node in enumerate(nodes)
    ]
    connections: dict[str, Any] = {}
    for edge in edges:
        source, output, target, slot = _whole(edge)
        outputs = connections.setdefault(source, {"main": []})["main"]
        outputs += [[] for _ in range(output + 1 - len(outputs))]
        outputs[output].append({"node": target, "type": "main", "index": slot})
    chosen = {**settings, **({"executionOrder": "v1"} if order == "v1" else {})}
    return {"id": "w", "name": "w", "nodes": placed, "connections": connections, "settings": chosen}


def _whole(edge: Edge) -> tuple[str, int, str, int]:
    if len(edge) == 2:
        return edge[0], 0, edge[1], 0
    if len(edge) == 3:
        return edge[0], edge[1], edge[2], 0
    return edge


def order_of(outcome: Outcome) -> list[str]:
    """The nodes as they ran."""
    assert outcome.execution is not None
    return list(outcome.execution.plan.order)


def runs_of(outcome: Outcome, node: str) -> list[list[list[Any]]]:
    """What a node gave: records by output by run."""
    assert outcome.execution is not None
    runs = outcome.execution.plan.runs.get(node, [])
    return [[[item.json for item in output] for output in run.outputs] for run in runs]
