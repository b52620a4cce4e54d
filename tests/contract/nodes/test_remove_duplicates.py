"""Remove Duplicates across runs, through the real engine: the examples of n8n's own page."""

from __future__ import annotations

from typing import Any

import pytest
from tests.contract.nodes.bench import Bench, around, outputs_of, prepare

from tapbot.workflow.fast import is_fast

pytestmark = pytest.mark.asyncio(loop_scope="package")
TYPE = "n8n-nodes-base.removeDuplicates"
ACROSS = {"operation": "removeItemsSeenInPreviousExecutions"}
SINGERS = [
    {"id": 1, "name": "Taylor", "at": "2024-09-20T10:12:43.493Z"},
    {"id": 2, "name": "Ed", "at": "2024-10-05T08:30:59.493Z"},
    {"id": 1, "name": "Taylor", "at": "2024-09-20T10:12:43.493Z"},
]


async def run(bench: Bench, items: list[dict[str, Any]], **parameters: Any) -> list[list[dict[str, Any]]]:
    case = {"parameters": {**ACROSS, **parameters}, "inputs": [[{"json": item} for item in items]]}
    outcome = await bench.run(prepare(around(TYPE, case)), "Start", [{"json": {}}])
    assert outcome.error is None, outcome.error
    return [[item["json"] for item in output] for output in outputs_of(outcome, "Node")]


async def clear(bench: Bench) -> None:
    given = [{"id": 7}]
    assert await run(bench, given, operation="clearDeduplicationHistory") == [given]


async def test_items_whose_value_is_new_are_kept_also_twice_in_one_run(bench: Bench) -> None:
    await clear(bench)
    new = {"dedupeValue": "={{ $json.name }}"}
    assert await run(bench, SINGERS, **new) == [SINGERS, []]
    tom = {"id": 9, "name": "Tom", "at": "2024-10-17T13:58:31.493Z"}
    assert await run(bench, [*SINGERS, tom], **new) == [[tom], SINGERS]
    shared = {**new, "options": {"scope": "workflow"}}
    assert await run(bench, [tom], **shared) == [[tom], []]
    await clear(bench)
    assert await run(bench, [tom], **new) == [[tom], []]


async def test_items_with_a_higher_number_or_a_later_date_are_kept(bench: Bench) -> None:
    await clear(bench)
    higher = {"logic": "removeItemsUpToStoredIncrementalKey", "incrementalDedupeValue": "={{ $json.id }}"}
    later = {"logic": "removeItemsUpToStoredDate", "dateDedupeValue": "={{ $json.at }}"}
    assert await run(bench, SINGERS, **higher) == [SINGERS, []]
    assert await run(bench, SINGERS, **later) == [SINGERS, []]
    madonna = {"id": 0, "name": "Madonna", "at": "2024-10-17T17:11:38.493Z"}
    bob = {"id": 15, "name": "Bob", "at": "2024-09-24T08:03:16.493Z"}
    assert await run(bench, [madonna, bob, SINGERS[1]], **higher) == [[bob], [madonna, SINGERS[1]]]
    assert await run(bench, [madonna, bob, SINGERS[1]], **later) == [[madonna], [bob, SINGERS[1]]]


async def test_a_small_history_forgets_and_no_items_change_nothing(bench: Bench) -> None:
    await clear(bench)
    small = {"dedupeValue": "={{ $json.id }}", "options": {"historySize": 1}}
    assert await run(bench, [{"id": 1}], **small) == [[{"id": 1}], []]
    assert await run(bench, [{"id": 2}], **small) == [[{"id": 2}], []]
    assert await run(bench, [{"id": 1}, {"id": "1"}], **small) == [[{"id": 1}, {"id": "1"}], []]


async def test_comparing_items_with_each_other_costs_no_row() -> None:
    assert is_fast(prepare(around(TYPE, {"parameters": {}})))
    assert not is_fast(prepare(around(TYPE, {"parameters": ACROSS})))
