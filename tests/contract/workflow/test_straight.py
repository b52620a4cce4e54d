"""Nodes that run straight give what the long way gives, to the pair and the error."""

from __future__ import annotations

import inspect
import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from tests.contract.nodes.bench import Bench, prepare
from tests.contract.workflow.graphs import data, fields, graph, plain, start

from tapbot.nodes import catalogue
from tapbot.workflow.engine import Outcome
from tapbot.workflow.release import PreparedWorkflow

pytestmark = pytest.mark.asyncio(loop_scope="module")
RECORDS = json.dumps([{"n": number, "name": f"item {number}", "deep": {"n": number}} for number in range(300)])
LIMIT = {"name": "Limit", "type": "n8n-nodes-base.limit", "parameters": {"maxItems": 3}}
SUM = {
    "name": "Sum",
    "type": "n8n-nodes-base.aggregate",
    "parameters": {"aggregate": "aggregateAllItemData", "options": {}},
}
WORKFLOWS: dict[str, tuple[list[dict[str, Any]], list[Any]]] = {
    "values of each item": ([fields("Set", x="={{ $json.n + 1 }}", y="={{ 'a' + 1 }}")], []),
    "an expression for the sandbox": ([fields("Set", x="={{ $json.n.toString() }}")], []),
    "an expression that fails": ([fields("Set", x="={{ $json.none.deeper }}")], []),
    "a value that does not fit": (
        [{**fields("Set", x="={{ $json.deep }}"), "parameters": {"assignments": {"assignments": [
            {"name": "x", "value": "={{ $json.name }}", "type": "number"}
        ]}}}],
        [],
    ),
    "fewer items, then one of several": ([LIMIT, SUM], [("Limit", "Sum")]),
    "a node that keeps items apart": (
        [{"name": "If", "type": "n8n-nodes-base.if", "typeVersion": 2, "parameters": {"conditions": {
            "combinator": "and", "options": {}, "conditions": [{
                "leftValue": "={{ $json.n }}", "rightValue": 2, "operator": {"type": "number", "operation": "gt"},
            }]}}}, plain("Yes"), plain("No")],
        [("If", 0, "Yes"), ("If", 1, "No")],
    ),
    "a node switched off": ([fields("Set", x="1") | {"disabled": True}], []),
    "a node once for all": ([fields("Set", x="={{ $json.n }}") | {"executeOnce": True}], []),
}  # fmt: skip


def _the_long_way(prepared: PreparedWorkflow) -> PreparedWorkflow:
    nodes = {name: replace(node) for name, node in prepared.nodes.items()}
    for node in nodes.values():
        object.__setattr__(node, "straight", False)
    return replace(prepared, nodes=nodes)


def _told(outcome: Outcome) -> Any:
    """What a run keeps, without its times."""
    assert outcome.execution is not None
    history: Any = outcome.execution.history()
    for runs in history["nodes"].values():
        for run in runs:
            run["duration_ms"] = run["started_at"] = None
    return json.loads(msgspec.json.encode([outcome.status, outcome.error, history]))


@pytest.mark.parametrize("name", WORKFLOWS)
async def test_both_ways_leave_the_same_history(bench: Bench, name: str) -> None:
    nodes, edges = WORKFLOWS[name]
    first = str(nodes[0]["name"])
    raw = graph([start(), data("Data", RECORDS), *nodes], [("Start", "Data"), ("Data", first), *edges])
    prepared = prepare(raw)
    assert any(node.straight for node in prepared.nodes.values())
    straight = [await bench.run(prepared, "Start", [{"json": {}}]) for _ in range(2)]
    long = await bench.run(_the_long_way(prepare(raw)), "Start", [{"json": {}}])
    assert [_told(outcome) for outcome in straight] == [_told(long)] * 2


async def test_the_values_of_the_last_item_are_not_kept(bench: Bench) -> None:
    prepared = prepare(
        graph(
            [start(), data("Data", RECORDS), fields("Set", x="={{ $json.name }}")], [("Start", "Data"), ("Data", "Set")]
        )
    )
    await bench.run(prepared, "Start", [{"json": {}}])
    await bench.run(prepared, "Start", [{"json": {}}])
    assert prepared.nodes["Set"].poured
    assert "item " not in repr(prepared.nodes["Set"].poured)


async def test_what_runs_straight_never_gives_something_to_wait_for() -> None:
    for one in catalogue.all():
        if one.runs_straight:
            assert "Awaitable" not in str(inspect.get_annotations(one.run).get("return")), one.type
            assert not inspect.isasyncgenfunction(one.run), one.type
