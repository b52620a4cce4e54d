"""Fine points of running nodes that n8n's own workflows rest on: pins, broken pairs, what `executeOnce` cuts."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from tests.contract.nodes.bench import Bench, prepare
from tests.contract.workflow.graphs import Edge, code, data, fields, graph, order_of, plain, runs_of, start

from tapbot.workflow.engine import Outcome

pytestmark = pytest.mark.asyncio(loop_scope="module")
THREE = data("Data", '[{"n": 1}, {"n": 2}, {"n": 3}]')


def row(*names: str) -> list[Edge]:
    """Edges from each node to the next."""
    return list(pairwise(names))


def condition(kind: str, name: str, source: str, **settings: Any) -> dict[str, Any]:
    """An If or a Filter whose condition is an expression."""
    wanted = {"type": "boolean", "operation": "true", "singleValue": True}
    conditions = {
        "options": {"caseSensitive": True, "typeValidation": "loose", "version": 2},
        "combinator": "and",
        "conditions": [{"leftValue": source, "rightValue": "", "operator": wanted}],
    }
    found = {
        "name": name,
        "type": f"n8n-nodes-base.{kind}",
        "typeVersion": 2.2,
        "parameters": {"conditions": conditions},
    }
    return {**found, **settings}


def merge(name: str, **parameters: Any) -> dict[str, Any]:
    return {"name": name, "type": "n8n-nodes-base.merge", "typeVersion": 3.2, "parameters": parameters}


async def run(bench: Bench, raw: dict[str, Any], mode: str = "production") -> Outcome:
    return await bench.run(prepare(raw), "Start", [{"json": {}}], mode=mode)


def given(outcome: Outcome, node: str, output: int = 0) -> list[Any]:
    return runs_of(outcome, node)[-1][output]


async def test_pinned_items_are_paired_to_what_led_to_them(bench: Bench) -> None:
    nodes = [start(), THREE, plain("Pinned"), fields("Seen", n="={{ $('Data').item.json.n + '/' + $json.p }}")]
    raw = graph(nodes, row("Start", "Data", "Pinned", "Seen"))
    raw["pinData"] = {"Pinned": [{"p": 1}, {"p": 2}, {"p": 3}]}
    outcome = await run(bench, raw, mode="manual")
    assert [record["n"] for record in given(outcome, "Seen")] == ["1/1", "2/2", "3/3"]
    raw["nodes"][2]["disabled"] = True
    outcome = await run(bench, raw, mode="manual")
    assert given(outcome, "Pinned") == [{"n": 1}, {"n": 2}, {"n": 3}], "a disabled node's pins do not count"


async def test_pins_take_the_place_of_every_run_in_a_loop(bench: Bench) -> None:
    loop = {"name": "Loop", "type": "n8n-nodes-base.splitInBatches", "typeVersion": 3, "parameters": {"batchSize": 1}}
    edges = [*row("Start", "Data", "Loop"), ("Loop", 1, "Work"), ("Work", "Loop"), ("Loop", 0, "Done")]
    raw = graph([start(), THREE, loop, plain("Work"), plain("Done")], edges)
    raw["pinData"] = {"Work": [{"p": 1}]}
    outcome = await run(bench, raw, mode="manual")
    assert given(outcome, "Done") == [{"p": 1}] * 3
    assert given(await run(bench, raw), "Done") == [{"n": 1}, {"n": 2}, {"n": 3}], "runs of production have no pins"


async def test_an_error_behind_broken_pairs_leaves_alone(bench: Bench) -> None:
    two = code("Two", "return [{ json: { x: 1 } }, { json: { x: 2 } }];")
    lost = {**fields("Lost", n="={{ $('Data').item.json.n }}"), "onError": "continueErrorOutput"}
    nodes = [start(), THREE, two, lost, plain("Fine"), plain("Failed")]
    edges: list[Edge] = [*row("Start", "Data", "Two", "Lost"), ("Lost", 0, "Fine"), ("Lost", 1, "Failed")]
    outcome = await run(bench, graph(nodes, edges))
    assert order_of(outcome) == ["Start", "Data", "Two", "Lost", "Failed"]
    assert [list(record) for record in given(outcome, "Failed")] == [["error"], ["error"]]


async def test_an_error_whose_item_is_known_leaves_over_it(bench: Bench) -> None:
    thrower = code(
        "Throw", "if ($json.n === 2) throw new Error('boom'); return $input.item;", onError="continueErrorOutput"
    )
    thrower["parameters"]["mode"] = "runOnceForEachItem"
    nodes = [start(), THREE, thrower, plain("Fine"), plain("Failed")]
    edges: list[Edge] = [*row("Start", "Data", "Throw"), ("Throw", 0, "Fine"), ("Throw", 1, "Failed")]
    outcome = await run(bench, graph(nodes, edges))
    assert given(outcome, "Failed") == [{"n": 2, "error": "boom [line 1, for item 1]"}]


async def test_code_that_executes_once_still_sees_all_items(bench: Bench) -> None:
    counts = code(
        "Count", "return [{ json: { all: $input.all().length, last: $input.last().json.n } }];", executeOnce=True
    )
    outcome = await run(bench, graph([start(), THREE, counts], row("Start", "Data", "Count")))
    assert given(outcome, "Count") == [{"all": 3, "last": 3}]
    each = code("Count", "return { json: { n: $json.n } };", executeOnce=True)
    each["parameters"]["mode"] = "runOnceForEachItem"
    outcome = await run(bench, graph([start(), THREE, each], row("Start", "Data", "Count")))
    assert given(outcome, "Count") == [{"n": 1}]


@pytest.mark.parametrize("between", ["aggregate", "code"])
async def test_all_means_the_output_that_leads_here_and_a_number_means_that_output(bench: Bench, between: str) -> None:
    whole = {"aggregate": "aggregateAllItemData", "options": {}}
    node = {"name": "Mix", "type": "n8n-nodes-base.aggregate", "typeVersion": 1, "parameters": whole}
    if between == "code":
        node = code("Mix", "return [{ json: {} }, { json: {} }, { json: {} }, { json: {} }];")
    seen = fields("Seen", n="={{ [$('If').all().length, $('If').all(0).length, $('If').first(1).json.n].join() }}")
    nodes = [start(), THREE, condition("if", "If", "={{ $json.n > 2 }}"), node, seen]
    edges: list[Edge] = [*row("Start", "Data", "If"), ("If", 1, "Mix"), ("Mix", "Seen")]
    assert given(await run(bench, graph(nodes, edges)), "Seen")[0] == {"n": "2,1,1"}


async def test_a_run_is_asked_for_by_its_number_and_the_last_by_minus_one(bench: Bench) -> None:
    one, two = data("One", '[{"n": 1}]'), data("Two", '[{"n": 2}, {"n": 3}]')
    both = ["$('Both').all()", "$('Both').all(0, 1)", "$items('Both', 0, 0)", "$items('Both', 0, -1)"]
    asked = f"={{{{ [{', '.join(f'{one}.length' for one in both)}].join() }}}}"
    edges: list[Edge] = [("Start", "One"), ("Start", "Two"), ("One", "Both"), ("Two", "Both"), ("Both", "Seen")]
    outcome = await run(bench, graph([start(), one, two, plain("Both"), fields("Seen", n=asked)], edges, "v0"))
    assert order_of(outcome) == ["Start", "One", "Two", "Both", "Both", "Seen", "Seen"]
    assert [made[0][0] for made in runs_of(outcome, "Seen")] == [{"n": "1,2,1,2"}, {"n": "2,2,1,2"}]


@pytest.mark.parametrize(
    ("order", "ran", "merged"),
    [
        ("v0", ["Start", "Data", "If", "No", "Yes", "Merge"], [{}, {"n": 1}, {"n": 2}, {"n": 3}]),
        ("v1", ["Start", "Data", "If", "No", "Merge"], [{"n": 1}, {"n": 2}, {"n": 3}]),
    ],
)
async def test_a_merge_behind_a_branch_that_stays_empty(
    bench: Bench, order: str, ran: list[str], merged: list[Any]
) -> None:
    nodes = [start(), THREE, condition("if", "If", "={{ false }}"), plain("Yes"), plain("No"), merge("Merge")]
    edges: list[Edge] = [*row("Start", "Data", "If"), ("If", 0, "Yes"), ("If", 1, "No")]
    edges += [("Yes", 0, "Merge", 0), ("No", 0, "Merge", 1)]
    outcome = await run(bench, graph(nodes, edges, order))
    assert order_of(outcome) == ran
    assert given(outcome, "Merge") == merged


async def test_a_loop_around_a_merge_merges_once_a_turn(bench: Bench) -> None:
    loop = {"name": "Loop", "type": "n8n-nodes-base.splitInBatches", "typeVersion": 3, "parameters": {"batchSize": 1}}
    choice = condition("if", "If", "={{ $json.n == 2 }}")
    nodes = [start(), THREE, loop, choice, plain("Yes"), plain("No"), merge("Merge"), plain("Done")]
    edges: list[Edge] = [*row("Start", "Data", "Loop"), ("Loop", 0, "Done"), ("Loop", 1, "If"), ("If", 0, "Yes")]
    edges += [("If", 1, "No"), ("Yes", 0, "Merge", 0), ("No", 0, "Merge", 1), ("Merge", "Loop")]
    outcome = await run(bench, graph(nodes, edges))
    assert [made[0] for made in runs_of(outcome, "Merge")] == [[{"n": 1}], [{"n": 2}], [{"n": 3}]]
    assert given(outcome, "Done") == [{"n": 1}, {"n": 2}, {"n": 3}]
