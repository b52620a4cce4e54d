"""Items through Set, Filter, Sort and Aggregate: items a second a node on average, and memory by their number.

python benchmarks/items.py                    # 10,000 items, the best of five runs
python benchmarks/items.py --items 50000 --json
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import resource
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the bench of the nodes' tests

from drawing import Bar, draw
from tests.contract.nodes.bench import Bench, open_bench, prepare
from tests.contract.workflow.graphs import data, graph, start

from tapbot.cli.main import OBJECTS_BETWEEN_COLLECTIONS

MEASURED = ("Set", "Filter", "Sort", "Aggregate")
GOAL = 100_000
CITIES = ("Almaty", "Astana", "Taraz")


def workflow(count: int) -> dict[str, Any]:
    """The four nodes behind a source of records."""
    records = [{"n": i * 7919 % 10007, "name": f"item {i}", "city": CITIES[i % 3]} for i in range(count)]
    kept = {"leftValue": "={{ $json.n }}", "rightValue": 10, "operator": {"type": "number", "operation": "gt"}}
    twice = {"name": "twice", "type": "number", "value": "={{ $json.n * 2 }}"}
    parameters: dict[str, dict[str, Any]] = {
        "Set": {"assignments": {"assignments": [twice]}, "includeOtherFields": True},
        "Filter": {"conditions": {"options": {"version": 2}, "combinator": "and", "conditions": [kept]}},
        "Sort": {"sortFieldsUi": {"sortField": [{"fieldName": "n"}]}},
        "Aggregate": {"aggregate": "aggregateAllItemData"},
    }
    versions = {"Set": 3.4, "Filter": 2.2}
    nodes = [
        {
            "name": name,
            "type": f"n8n-nodes-base.{name.lower()}",
            "typeVersion": versions.get(name, 1),
            "parameters": given,
        }
        for name, given in parameters.items()
    ]
    names = ["Start", "Data", *MEASURED]
    return graph([start(), data("Data", json.dumps(records)), *nodes], list(pairwise(names)))


async def measure(bench: Bench, count: int) -> dict[str, float]:
    """Milliseconds by node, of one run."""
    outcome = await bench.run(prepare(workflow(count)), "Start", [{"json": {}}])
    if outcome.execution is None or outcome.error is not None:
        raise SystemExit(f"the run failed: {outcome.error}")
    runs = outcome.execution.plan.runs
    return {name: runs[name][0].duration_ms for name in MEASURED}


async def main() -> None:
    """Measure and print; exit 1 below the goal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--svg", type=Path, help="file for the drawing")
    given = parser.parse_args()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    async with open_bench() as bench:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.process_time()
        measured = [await measure(bench, given.items) for _ in range(given.runs)]
        cpu_seconds = (time.process_time() - began) / given.runs
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    best = min(measured, key=lambda run: sum(run.values()))
    rate = len(MEASURED) * given.items / (sum(best.values()) / 1000)
    told = {"items": given.items, "items_a_second_a_node": round(rate), "ms": best, "cpu_seconds_a_run": cpu_seconds}
    told |= {"most_memory_bytes_an_item": round(grown * 1024 / given.items), "load": os.getloadavg()[0]}
    print(json.dumps(told) if given.json else "\n".join(f"{name}: {value}" for name, value in told.items()))
    if given.svg:
        bars = [
            Bar(name, given.items / ms, f"{given.items / ms:.0f}/ms", goal=GOAL / 1000) for name, ms in best.items()
        ]
        draw(given.svg, bars, f"items a millisecond, {given.items} items, the best of {given.runs} runs")
    sys.exit(0 if rate >= GOAL else 1)


if __name__ == "__main__":
    asyncio.run(main())
