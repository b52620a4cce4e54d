"""Loops over items: batches, what comes back, and which item belongs to which."""

from __future__ import annotations

from typing import Any

import pytest
from tests.contract.nodes.bench import Bench, prepare
from tests.contract.workflow.graphs import code, data, fields, graph, order_of, plain, runs_of, start

from tapbot.workflow.engine import Outcome

pytestmark = pytest.mark.asyncio(loop_scope="module")
FIVE = data("Data", '[{"n": 0}, {"n": 1}, {"n": 2}, {"n": 3}, {"n": 4}]')
TURN = [("Start", "Data"), ("Data", "Loop"), ("Loop", 1, "Work"), ("Work", "Loop"), ("Loop", 0, "Done")]


def loop(name: str = "Loop", size: int = 2, version: float = 3, **options: Any) -> dict[str, Any]:
    parameters = {"batchSize": size, "options": options}
    kind = "n8n-nodes-base.splitInBatches"
    return {"name": name, "type": kind, "typeVersion": version, "parameters": parameters}


async def run(bench: Bench, raw: dict[str, Any]) -> Outcome:
    outcome = await bench.run(prepare(raw), "Start", [{"json": {}}])
    assert outcome.error is None, outcome.error
    return outcome


@pytest.mark.parametrize("order", ["v0", "v1"])
async def test_a_loop_hands_out_batches_and_gives_what_came_back(bench: Bench, order: str) -> None:
    work = fields("Work", keep=True, run="={{ $runIndex }}")
    outcome = await run(bench, graph([start(), FIVE, loop(), work, plain("Done")], TURN, order))
    assert order_of(outcome) == ["Start", "Data", "Loop", "Work", "Loop", "Work", "Loop", "Work", "Loop", "Done"]
    assert [len(made[1]) for made in runs_of(outcome, "Loop")] == [2, 2, 1, 0]
    assert [(record["n"], record["run"]) for record in runs_of(outcome, "Done")[0][0]] == [
        (0, "0"),
        (1, "0"),
        (2, "1"),
        (3, "1"),
        (4, "2"),
    ]


async def test_items_are_found_again_inside_and_behind_a_loop(bench: Bench) -> None:
    work = fields("Work", seen="={{ $('Data').item.json.n }}")
    done = fields("Done", seen="={{ $('Data').item.json.n }}", worked="={{ $('Work').item.json.seen }}")
    outcome = await run(bench, graph([start(), FIVE, loop(), work, done], TURN))
    assert [record["seen"] for made in runs_of(outcome, "Work") for record in made[0]] == list("01234")
    assert [(record["seen"], record["worked"]) for record in runs_of(outcome, "Done")[0][0]] == [
        (number, number) for number in "01234"
    ]


async def test_expressions_see_where_the_loop_is(bench: Bench) -> None:
    source = """={{ [$('Loop').context.currentRunIndex, $node["Loop"].context["noItemsLeft"],
        $node.Loop.context.maxRunIndex, $input.context.done].join() }}"""
    outcome = await run(bench, graph([start(), FIVE, loop(), fields("Work", at=source), plain("Done")], TURN))
    assert [made[0][0]["at"] for made in runs_of(outcome, "Work")] == [
        "0,false,3,false",
        "1,false,3,false",
        "2,true,3,false",
    ]


async def test_a_loop_inside_a_loop_does_not_begin_anew_by_itself(bench: Bench) -> None:
    nodes = [start(), FIVE, loop("Outer", 3), loop("Inner", 1), plain("Work"), plain("Done")]
    edges = [
        ("Start", "Data"),
        ("Data", "Outer"),
        ("Outer", 0, "Done"),
        ("Outer", 1, "Inner"),
        ("Inner", 1, "Work"),
        ("Work", "Inner"),
        ("Inner", 0, "Outer"),
    ]
    outcome = await run(bench, graph(nodes, edges))
    assert len(runs_of(outcome, "Work")) == 3
    assert [record["n"] for record in runs_of(outcome, "Done")[0][0]] == [0, 1, 2, 0, 1, 2, 3, 4]


async def test_reset_begins_anew(bench: Bench) -> None:
    inner = loop("Inner", 1, reset="={{ $prevNode.name === 'Outer' }}")
    nodes = [start(), FIVE, loop("Outer", 3), inner, plain("Work"), plain("Done")]
    edges = [
        ("Start", "Data"),
        ("Data", "Outer"),
        ("Outer", 0, "Done"),
        ("Outer", 1, "Inner"),
        ("Inner", 1, "Work"),
        ("Work", "Inner"),
        ("Inner", 0, "Outer"),
    ]
    outcome = await run(bench, graph(nodes, edges))
    assert [made[0][0]["n"] for made in runs_of(outcome, "Work")] == [0, 1, 2, 3, 4]
    assert [record["n"] for record in runs_of(outcome, "Done")[0][0]] == [0, 1, 2, 3, 4]


async def test_the_first_versions_end_in_their_own_way(bench: Bench) -> None:
    edges = [("Start", "Data"), ("Data", "Loop"), ("Loop", 0, "Work"), ("Work", "Loop")]
    first = await run(bench, graph([start(), FIVE, loop(version=1), plain("Work")], edges))
    assert [len(made[0]) for made in runs_of(first, "Loop")] == [2, 2, 1, 0]
    second = graph([start(), FIVE, loop(version=2), plain("Work"), plain("Done")], [*edges, ("Loop", 1, "Done")])
    assert len(runs_of(await run(bench, second), "Done")[0][0]) == 5


async def test_code_reads_any_run_of_a_node(bench: Bench) -> None:
    source = (
        "const all = []; for (let i = 0; ; i++) { try { all.push(...$items('Work', 0, i)); } catch { return all; } }"
    )
    last = "return [{ json: { n: $('Work').last(0, 1).json.n } }];"
    nodes = [start(), FIVE, loop(), plain("Work"), code("Done", source), code("Last", last)]
    outcome = await run(bench, graph(nodes, [*TURN, ("Done", "Last")]))
    assert [record["n"] for record in runs_of(outcome, "Done")[0][0]] == [0, 1, 2, 3, 4]
    assert runs_of(outcome, "Last") == [[[{"n": 3}]]]
