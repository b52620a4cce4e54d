"""A plan that leaves memory after any of its nodes goes on as if it had stayed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tapbot.errors import LimitExceeded
from tapbot.nodes import catalogue
from tapbot.workflow.items import fill_pairs, item_to_json
from tapbot.workflow.load import parse_workflow
from tapbot.workflow.pairing import find_origins
from tapbot.workflow.parking import MOST_PARKED_BYTES, check_parked_size, load_plan, needed_nodes, save_plan
from tapbot.workflow.plan import NodeRun, Plan, Task
from tapbot.workflow.release import PreparedWorkflow, prepare_workflow
from tapbot.workflow.types import Item, Pair

NAMES = ["Start", "Left", "Right", "Merge", "Last"]
EDGES = [("Start", 0, "Left", 0), ("Start", 0, "Right", 0), ("Left", 0, "Merge", 0), ("Right", 0, "Merge", 1)]
EDGES += [("Merge", 0, "Last", 0)]


def make(order: str | None = "v1", parameters: dict[str, dict[str, Any]] | None = None) -> PreparedWorkflow:
    nodes = [
        {
            "name": name,
            "type": "n8n-nodes-base.merge" if name == "Merge" else "n8n-nodes-base.set",
            "typeVersion": 3,
            "position": [100 * place, 100 * place],
            "parameters": (parameters or {}).get(name, {}),
        }
        for place, name in enumerate(NAMES)
    ]
    connections: dict[str, Any] = {}
    for source, _output, target, slot in EDGES:
        connections.setdefault(source, {"main": [[]]})["main"][0].append(
            {"node": target, "type": "main", "index": slot}
        )
    settings = {"executionOrder": order} if order else {}
    raw = {"nodes": nodes, "connections": connections, "settings": settings}
    return prepare_workflow(parse_workflow(raw, place="t"), catalogue, scope_name="s", zone="UTC", place="t")


def run_one(plan: Plan, task: Task) -> None:
    """A node gives each item anew; `Right` gives nothing in order v0, so that a parent is missing."""
    for slot, items in enumerate(task.inputs):
        for index, item in enumerate(items):
            item.paired_item = item.paired_item if task.node == "Start" else (Pair(index, slot),)
    made = [
        Item(json={**item.json, "by": task.node}, paired_item=(Pair(index, slot),))
        for slot, items in enumerate(task.inputs)
        for index, item in enumerate(items)
    ]
    plan.record(NodeRun(task, fill_pairs(task.inputs, [made])))


def finish(plan: Plan) -> Iterator[Plan]:
    while (task := plan.next_task()) is not None:
        run_one(plan, task)
        yield plan


def begin(workflow: PreparedWorkflow) -> Plan:
    plan = Plan(workflow.workflow, workflow.required_inputs)
    plan.start("Start", [Item(json={"n": 1}), Item(json={"n": 2})])
    return plan


def shown(plan: Plan) -> Any:
    last = plan.runs[plan.order[-1]][-1]
    origins = [find_origins(plan.runs, last.task, 0, item, "Start") for item in last.task.inputs[0]]
    return plan.order, [item_to_json(item) for item in last.outputs[0]], origins


@pytest.mark.parametrize("order", ["v1", None])
@pytest.mark.parametrize("after", range(1, 5))
def test_a_parked_plan_goes_on_as_if_it_had_stayed(after: int, order: str | None) -> None:
    workflow = make(order)
    stayed = begin(workflow)
    for _ in finish(stayed):
        pass
    leaving = begin(workflow)
    for _ in range(after):
        next(finish(leaving))
    saved = json.loads(json.dumps(save_plan(leaving, workflow)))
    back = Plan(workflow.workflow, workflow.required_inputs)
    assert load_plan(back, saved)
    for _ in finish(back):
        pass
    assert shown(back) == shown(stayed)


def test_what_nothing_ahead_speaks_of_is_left_out() -> None:
    workflow = make(parameters={"Last": {"mode": "raw", "jsonOutput": "={{ $('Left').first().json }}"}})
    plan = begin(workflow)
    steps = finish(plan)
    for _ in range(4):
        next(steps)
    assert needed_nodes(plan, workflow) == {"Left", "Merge"}
    saved: Any = save_plan(plan, workflow)
    assert [item["json"] for item in saved["runs"]["Start"][0]["outputs"][0]] == [{}, {}]
    assert saved["runs"]["Left"][0]["outputs"][0][0]["json"] == {"n": 1, "by": "Left"}


def test_a_name_that_is_computed_may_be_any() -> None:
    workflow = make(parameters={"Last": {"mode": "raw", "jsonOutput": "={{ $($json.name).first().json }}"}})
    plan = begin(workflow)
    next(finish(plan))
    assert needed_nodes(plan, workflow) is None


def test_a_state_of_another_format_is_left_alone() -> None:
    workflow = make()
    plan = Plan(workflow.workflow)
    assert not load_plan(plan, {"format": 99})
    assert plan.next_task() is None


def test_a_run_that_is_too_large_cannot_wait() -> None:
    check_parked_size(MOST_PARKED_BYTES, "w")
    with pytest.raises(LimitExceeded) as caught:
        check_parked_size(MOST_PARKED_BYTES + 1, "w")
    assert caught.value.code == "run.parked_too_large"
