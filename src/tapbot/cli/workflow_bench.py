"""`tapbot workflow bench`: how long a workflow takes, node by node, on this machine."""

from __future__ import annotations

import asyncio
import statistics
import time
from pathlib import Path
from typing import Any

from tapbot.cli.options import JsonOption
from tapbot.cli.printing import show, show_json, show_table
from tapbot.cli.workflow_run import open_file
from tapbot.errors import InvalidInput
from tapbot.settings import load_settings
from tapbot.telemetry import configure_logging
from tapbot.workflow.types import Item

MOST_TIMES = 100_000
MOST_ITEMS = 100_000


def bench_workflow(file: Path, *, times: int = 20, items: int = 1, json: JsonOption = False) -> int:
    """Run a workflow several times in memory and say how long it and each of its nodes took. Its effects happen.

    Args:
        file: The workflow's file.
        times: How often it runs, after one run that does not count.
        items: How many items the trigger gets: `{"n": 0}`, `{"n": 1}` and so on.

    Returns:
        1 when a run did not succeed.
    """
    if not 1 <= times <= MOST_TIMES or not 1 <= items <= MOST_ITEMS:
        raise InvalidInput(f"--times and --items go from 1 to {MOST_TIMES}.", code="cli.invalid_option")
    settings = load_settings(None, {})
    configure_logging("error" if settings.log.level == "info" else settings.log.level, settings.log.format)
    found = asyncio.run(_measure(file, times, items))
    if json:
        show_json(found)
    else:
        show(f"{found['runs']} runs, {found['failed']} failed; {found['runs_per_second']} runs a second.")
        show(f"One run: median {found['median_ms']} ms, slowest {found['slowest_ms']} ms.")
        columns = {"node": "NODE", "median_ms": "MEDIAN MS", "items": "ITEMS", "items_per_second": "ITEMS/S"}
        show_table(found["nodes"], columns, empty="No node ran.")
    return 1 if found["failed"] else 0


async def _measure(file: Path, times: int, count: int) -> dict[str, Any]:
    took: list[float] = []
    by_node: dict[str, list[float]] = {}
    sizes: dict[str, int] = {}
    failed = 0
    async with open_file(file, None, {}) as opened, opened.app.working():
        for turn in range(times + 1):
            given = [Item(json={"n": number} if count > 1 else {}) for number in range(count)]
            began = time.perf_counter()
            outcome = await opened.run(given)
            if turn == 0:
                continue
            took.append((time.perf_counter() - began) * 1000)
            failed += outcome.status != "succeeded"
            plan = outcome.execution.plan if outcome.execution else None
            for name, runs in (plan.runs if plan else {}).items():
                by_node.setdefault(name, []).append(sum(run.duration_ms for run in runs))
                sizes[name] = sum(len(items) for run in runs for items in run.task.inputs)
    return {
        "runs": times,
        "failed": failed,
        "median_ms": round(statistics.median(took), 3),
        "slowest_ms": round(max(took), 3),
        "runs_per_second": round(1000 * times / sum(took), 1),
        "nodes": [_node_row(name, values, sizes[name]) for name, values in by_node.items()],
    }


def _node_row(name: str, took_ms: list[float], items: int) -> dict[str, Any]:
    median = statistics.median(took_ms)
    rate = round(1000 * items / median) if median else None
    return {"node": name, "median_ms": round(median, 3), "items": items, "items_per_second": rate}
