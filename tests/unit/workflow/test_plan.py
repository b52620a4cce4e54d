"""The order in which nodes run, and what they wait for."""

from __future__ import annotations

from typing import Any

import pytest

from tapbot.errors import InvalidInput, LimitExceeded
from tapbot.workflow.load import parse_workflow
from tapbot.workflow.plan import NodeRun, Plan
from tapbot.workflow.types import Item, Outputs, Workflow

Edge = tuple[str, int, str, int]


def make_workflow(positions: dict[str, tuple[int, int]], edges: list[Edge], order: str | None = "v1") -> Workflow:
    nodes = [
        {"name": name, "type": "test.node", "position": list(place), "parameters": {}}
        for name, place in positions.items()
    ]
    connections: dict[str, Any] = {}
    for source, output, target, slot in edges:
        outputs = connections.setdefault(source, {"main": []})["main"]
        while len(outputs) <= output:
            outputs.append([])
        outputs[output].append({"node": target, "type": "main", "index": slot})
    settings = {"executionOrder": order} if order else {}
    return parse_workflow({"nodes": nodes, "connections": connections, "settings": settings}, place="test")


def run_all(workflow: Workflow, give: dict[str, Outputs] | None = None) -> Plan:
    """Run a plan to its end; a node passes its items on, unless `give` says what it gives."""
    plan = Plan(workflow)
    plan.start(next(iter(workflow.nodes)), [Item(json={"from": "start"})])
    while (task := plan.next_task()) is not None:
        items = [item for given in task.inputs for item in given]
        plan.record(NodeRun(task, (give or {}).get(task.node, [items])))
    return plan


DIAMOND: list[Edge] = [
    ("D", 0, "Low", 0),
    ("D", 0, "MidRight", 0),
    ("D", 0, "MidLeft", 0),
    ("D", 0, "Top", 0),
    ("Top", 0, "TopChild", 0),
    ("Low", 0, "LowChild", 0),
]
PLACES = {
    "D": (0, 0),
    "Low": (100, 300),
    "MidRight": (300, 200),
    "MidLeft": (100, 200),
    "Top": (100, 0),
    "TopChild": (200, 0),
    "LowChild": (200, 300),
}


def test_order_v1_goes_depth_first_by_canvas_position() -> None:
    plan = run_all(make_workflow(PLACES, DIAMOND))
    assert plan.order == ["D", "Top", "TopChild", "MidLeft", "MidRight", "Low", "LowChild"]


def test_order_v0_goes_breadth_first_by_connection() -> None:
    plan = run_all(make_workflow(PLACES, DIAMOND, order=None))
    assert plan.order == ["D", "Low", "MidRight", "MidLeft", "Top", "LowChild", "TopChild"]


MERGED: list[Edge] = [("S", 0, "A", 0), ("S", 1, "B", 0), ("A", 0, "M", 0), ("B", 0, "M", 1)]
MERGED_PLACES = {"S": (0, 0), "A": (1, 0), "B": (1, 1), "M": (2, 0)}


def test_a_node_with_two_wired_inputs_waits_for_both() -> None:
    item = Item(json={})
    plan = run_all(make_workflow(MERGED_PLACES, MERGED), {"S": [[item], [item]]})
    assert plan.order == ["S", "A", "B", "M"]
    assert [len(items) for items in plan.runs["M"][0].task.inputs] == [1, 1]


def test_a_waiting_node_runs_with_what_it_has_when_nothing_else_can() -> None:
    plan = run_all(make_workflow(MERGED_PLACES, MERGED), {"S": [[], [Item(json={})]]})
    assert plan.order == ["S", "B", "M"]
    assert [len(items) for items in plan.runs["M"][0].task.inputs] == [0, 1]


def test_a_type_that_requires_all_inputs_never_runs_incomplete() -> None:
    plan = Plan(make_workflow(MERGED_PLACES, MERGED), required_inputs=lambda _node: 2)
    plan.start("S", [Item(json={})])
    while (task := plan.next_task()) is not None:
        plan.record(NodeRun(task, [[Item(json={})], []] if task.node == "S" else [[Item(json={})]]))
    assert plan.order == ["S", "A"]


def test_two_wires_into_one_input_run_the_node_twice() -> None:
    edges: list[Edge] = [("S", 0, "A", 0), ("S", 0, "B", 0), ("A", 0, "M", 0), ("B", 0, "M", 0)]
    plan = run_all(make_workflow(MERGED_PLACES, edges))
    assert plan.order == ["S", "A", "M", "B", "M"]
    assert [run.task.run_index for run in plan.runs["M"]] == [0, 1]


def test_an_empty_output_ends_its_branch() -> None:
    plan = run_all(make_workflow({"S": (0, 0), "A": (1, 0)}, [("S", 0, "A", 0)]), {"S": [[]]})
    assert plan.order == ["S"]


def test_an_endless_loop_ends_with_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tapbot.workflow.plan.MOST_NODE_RUNS", 50)
    with pytest.raises(LimitExceeded) as caught:
        run_all(make_workflow({"S": (0, 0), "A": (1, 0)}, [("S", 0, "A", 0), ("A", 0, "A", 0)]))
    assert caught.value.code == "run.too_many_steps"


@pytest.mark.parametrize(
    ("raw", "code", "place"),
    [
        ([], "workflow.malformed", "w.json"),
        ({"nodes": 5}, "workflow.malformed", "w.json"),
        ({"nodes": [{"name": "A"}]}, "workflow.malformed", "w.json, node 1"),
        ({"nodes": [{"name": "A", "type": "t", "position": ["x", 1]}]}, "workflow.malformed", "w.json, node 1 (A)"),
        (
            {"nodes": [{"name": "A", "type": "t"}], "connections": {"B": {"main": []}}},
            "workflow.missing_node",
            "w.json",
        ),
        (
            {"nodes": [{"name": "A", "type": "t"}], "connections": {"A": {"main": [[{"node": "C"}]]}}},
            "workflow.missing_node",
            "w.json, connections of A",
        ),
        ({"nodes": [{"name": "A", "type": "t", "onError": "shrug"}]}, "workflow.malformed", "w.json, node 1 (A)"),
    ],
)
def test_a_malformed_workflow_is_refused_with_its_place(raw: object, code: str, place: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_workflow(raw, place="w.json")
    assert (caught.value.code, caught.value.place) == (code, place)
