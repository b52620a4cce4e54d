"""Many items through a node whose parameters hold expressions: each gets its own values, checked where it must be."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.contract.nodes.bench import Bench, prepare
from tests.contract.workflow.graphs import data, graph, runs_of, start

from tapbot.errors import InvalidInput
from tapbot.nodes import catalogue
from tapbot.workflow.mould import mould_of
from tapbot.workflow.refill import parameters_of, refilling
from tapbot.workflow.release import PreparedNode

pytestmark = pytest.mark.asyncio(loop_scope="module")
RECORDS: list[dict[str, Any]] = [{"n": number, "name": f"item {number}", "deep": {"n": number}} for number in range(50)]


def _node(kind: str, version: float, parameters: dict[str, Any], **settings: Any) -> dict[str, Any]:
    return {
        "name": "Node",
        "type": f"n8n-nodes-base.{kind}",
        "typeVersion": version,
        "parameters": parameters,
        **settings,
    }


async def _given(bench: Bench, node: dict[str, Any], records: list[dict[str, Any]] = RECORDS) -> list[list[Any]]:
    edges = [("Start", "Data"), ("Data", "Node")]
    outcome = await bench.run(
        prepare(graph([start(), data("Data", json.dumps(records)), node], edges)), "Start", [{"json": {}}]
    )
    assert outcome.error is None, outcome.error
    return runs_of(outcome, "Node")[0]


def _set(value: str, kind: str = "number") -> dict[str, Any]:
    return {"assignments": {"assignments": [{"name": "x", "type": kind, "value": value}]}, "options": {}}


def _condition(left: str, right: Any) -> dict[str, Any]:
    asked = {"leftValue": left, "rightValue": right, "operator": {"type": "number", "operation": "gte"}}
    return {"conditions": {"options": {"version": 2}, "combinator": "and", "conditions": [asked]}}


async def test_each_item_gets_its_own_values(bench: Bench) -> None:
    given = await _given(bench, _node("set", 3.4, _set("={{ $json.n * 2 }}")))
    assert given == [[{"x": number * 2} for number in range(50)]]


async def test_an_object_as_a_value_is_no_other_items_object(bench: Bench) -> None:
    given = await _given(bench, _node("set", 3.4, _set("={{ $json.deep }}", "object")))
    assert given == [[{"x": {"n": number}} for number in range(50)]]


async def test_conditions_are_asked_with_each_items_values(bench: Bench) -> None:
    kept, left_out = await _given(bench, _node("filter", 2.2, _condition("={{ $json.n }}", "={{ 49 - $json.n }}")))
    assert [item["n"] for item in kept] == list(range(25, 50))
    assert [item["n"] for item in left_out] == list(range(25))


async def test_a_parameter_of_one_type_is_checked_for_each_item(bench: Bench) -> None:
    node = _node("set", 3.4, _set("1") | {"duplicateItem": True, "duplicateCount": "={{ $json.n }}"})
    assert len((await _given(bench, node, RECORDS[:4]))[0]) == 1 + 2 + 3 + 4
    node["onError"] = "continueRegularOutput"
    given = await _given(bench, node, [{"n": 0}, {"n": "many"}, {"n": 1}])
    assert [sorted(item) for item in given[0]] == [["x"], ["error"], ["x"], ["x"]]


async def test_an_item_whose_expression_fails_spoils_no_other(bench: Bench) -> None:
    records = [{"text": "5"}, {"text": "five"}, {"text": "6"}]
    node = _node("set", 3.4, _set("={{ $json.text.toNumber() }}"), onError="continueRegularOutput")
    first, failed, last = (await _given(bench, node, records))[0]
    assert (first, last) == ({"x": 5}, {"x": 6})
    assert "five" in failed["error"]


def _prepared(kind: str, version: float, parameters: dict[str, Any]) -> PreparedNode:
    return prepare(graph([start(), _node(kind, version, parameters)], [("Start", "Node")])).nodes["Node"]


async def test_only_fields_that_take_any_value_are_filled_unchecked() -> None:
    for kind, version, parameters, free in (
        ("set", 3.4, _set("={{ $json.n }}"), True),
        ("filter", 2.2, _condition("={{ $json.n }}", 1), True),
        ("set", 3.4, {"mode": "raw", "jsonOutput": "={{ $json }}"}, True),
        ("set", 3.4, _set("1") | {"duplicateCount": "={{ $json.n }}"}, False),
        ("set", 3.4, {"assignments": {"assignments": [{"name": "={{ $json.name }}", "value": 1}]}}, False),
    ):
        prepared = _prepared(kind, version, parameters)
        model = catalogue.find(f"n8n-nodes-base.{kind}").params.model_validate(
            {key: value for key, value in prepared.parameters.items() if key != "duplicateCount"}
        )
        assert prepared.compiled.holes is not None
        assert (mould_of(model, prepared.compiled.holes) is not None) is free, parameters


async def test_runs_of_one_release_get_their_own_values(bench: Bench) -> None:
    edges = [("Start", "Data"), ("Data", "Node")]
    node = _node("set", 3.4, _set("={{ $json.n * 2 }}"))
    workflow = prepare(graph([start(), data("Data", json.dumps(RECORDS[:3])), node], edges))
    for _ in range(3):
        outcome = await bench.run(workflow, "Start", [{"json": {}}])
        assert runs_of(outcome, "Node")[0] == [[{"x": 0}, {"x": 2}, {"x": 4}]]


async def test_two_runs_under_way_share_no_parameters() -> None:
    prepared = _prepared("set", 3.4, _set("={{ $json.n }}"))
    parameters_of(prepared, ["checked"], 0)
    one, other = refilling(prepared, [["first"]])(0), refilling(prepared, [["second"]])(0)
    third = parameters_of(prepared, ["third"], 0)
    values = [model.model_dump()["assignments"]["assignments"][0]["value"] for model in (one, other, third)]
    assert values == ["first", "second", "third"]


async def test_what_is_made_unchecked_equals_what_is_checked() -> None:
    for kind, version, parameters in (
        ("set", 3.4, _set("={{ $json.n }}")),
        ("filter", 2.2, _condition("={{ $json.n }}", 1)),
        ("set", 3.4, {"mode": "raw", "jsonOutput": '={{ { "deep": $json } }}'}),
    ):
        prepared = _prepared(kind, version, parameters)
        first = parameters_of(prepared, [7], 0)
        made, known = parameters_of(prepared, [7], 1), parameters_of(_prepared(kind, version, parameters), [7], 1)
        assert made == known == first
        assert made.model_fields_set == known.model_fields_set
        assert made is not first


async def test_a_release_keeps_no_values_of_a_caller() -> None:
    prepared = _prepared("set", 3.4, _set("={{ $json.name }}"))
    given = parameters_of(prepared, ["Sara Ahmadi"], 0)
    assert "Sara Ahmadi" in repr(given)
    assert prepared.moulds[0] is not None
    assert "Sara Ahmadi" not in repr(prepared.moulds)


async def test_what_must_be_checked_is_checked_in_each_run() -> None:
    prepared = _prepared("set", 3.4, _set("1") | {"duplicateCount": "={{ $json.n }}"})
    assert parameters_of(prepared, [1], 0).model_dump()["duplicate_count"] == 1
    assert prepared.moulds == [None]
    with pytest.raises(InvalidInput, match="duplicateCount"):
        parameters_of(prepared, ["many"], 0)
