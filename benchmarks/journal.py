"""Journal rows a second: runs that begin, record steps and end, many at once, in one process.

    python benchmarks/journal.py                                     # SQLite in a temporary folder
    python benchmarks/journal.py --url postgresql://…                # PostgreSQL that `tapbot migrate` prepared
    python benchmarks/journal.py --concurrency 10 --steps 3 --json

A row is one insert or update of `runs` or `steps`; the facts that are written beside them are counted apart.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import tempfile
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from drawing import Bar, draw

from tapbot.storage.database import OpenDatabase, SqliteDatabase
from tapbot.storage.postgres import PostgresDatabase
from tapbot.storage.schema import bring_up_to_date
from tapbot.storage.types import Scope
from tapbot.workflow import journal
from tapbot.workflow.journal import Fence, NewRun

GOAL = 5_000
SCOPE = Scope("bench", "prod")


def new_run(run_id: str, now: datetime) -> NewRun:
    """A run as a webhook begins it."""
    return NewRun(
        run_id=run_id,
        scope=SCOPE,
        release="0" * 64,
        kind="workflow",
        workflow_id="bench",
        name="bench",
        trigger_node="Webhook",
        mode="webhook",
        input=[{"json": {"order": 17, "city": "Almaty"}}],
        clock=now,
        seed=17,
        created_at=now,
    )


def recorded_step(run_id: str, position: int, now: datetime) -> dict[str, Any]:
    """A step as the journal gets it."""
    return {
        "project_id": SCOPE.project_id,
        "environment": SCOPE.environment,
        "run_id": run_id,
        "step_key": f"HTTP Request/0/{position}",
        "position": position,
        "node": "HTTP Request",
        "kind": "safe",
        "status": "succeeded",
        "input_hash": "0" * 64,
        "output": {"statusCode": 200, "body": {"ok": True, "number": position}},
        "error": None,
        "attempt": 1,
        "started_at": now,
        "finished_at": now,
    }


async def one_run(database: OpenDatabase, steps: int) -> int:
    """Write a run from its begin to its end; gives the number of rows."""
    run_id, now = str(uuid.uuid4()), datetime.now(UTC)
    new, fence = new_run(run_id, now), Fence(run_id, 1)
    await database.write("journal.begin_run", journal.run_begun(new, holder="bench"))
    for position in range(steps):
        step = recorded_step(run_id, position, now)
        await database.write("journal.finish_step", journal.step_finished(fence, step))
    await database.write(
        "journal.finish_run",
        journal.run_finished(run_id, fence, status="succeeded", output=[], history={"order": []}, error=None, now=now),
    )
    return steps + 2


async def measure(database: OpenDatabase, *, seconds: float, concurrency: int, steps: int) -> dict[str, Any]:
    """Begin runs for a while, and count."""
    rows, latencies = 0, []
    await one_run(database, steps)
    commits = database.figures.commits
    begun, cpu = time.perf_counter(), time.process_time()
    deadline = begun + seconds

    async def begin_runs() -> None:
        nonlocal rows
        while (started := time.perf_counter()) < deadline:
            written = await one_run(database, steps)
            rows += written
            latencies.append(time.perf_counter() - started)

    async with asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(begin_runs())
    took, used = time.perf_counter() - begun, time.process_time() - cpu
    commits = database.figures.commits - commits
    runs = rows // (steps + 2)
    return {
        "rows_per_second": round(rows / took),
        "runs_per_second": round(runs / took),
        "facts_per_second": round(2 * runs / took),
        "commits_per_second": round(commits / took),
        "changes_per_commit": round(rows / max(1, commits), 1),
        "cpu_microseconds_per_row": round(used / max(1, rows) * 1e6),
        "run_p50_ms": round(sorted(latencies)[len(latencies) // 2] * 1000, 1),
        "concurrency": concurrency,
        "steps": steps,
    }


async def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="PostgreSQL, with the schema in place; SQLite when not given")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--concurrency", type=int, default=200)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--lanes", type=int, default=1, help="PostgreSQL: connections for writing")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--svg", type=Path, help="file for the drawing")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if asked.url:
            database: OpenDatabase = PostgresDatabase(asked.url, write_lanes=asked.lanes)
        else:
            database = SqliteDatabase(Path(folder) / "bench.db")
            await database.write("storage.schema", bring_up_to_date)
        figures = await measure(database, seconds=asked.seconds, concurrency=asked.concurrency, steps=asked.steps)
        await database.close()
    figures["database"] = "postgresql" if asked.url else "sqlite"
    figures["peak_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    if asked.svg:
        rates = {"journal rows": GOAL, "runs": None, "commits": None}
        bars = [
            Bar(f"{what}, {figures['database']}", rate, f"{rate}/s", goal=goal)
            for what, goal in rates.items()
            for rate in [figures[f"{what.split()[-1]}_per_second"]]
        ]
        draw(asked.svg, bars, f"a second, {asked.concurrency} runs at once, {asked.steps} steps each")
    print(json.dumps(figures) if asked.json else "\n".join(f"{name:>26}  {value}" for name, value in figures.items()))


if __name__ == "__main__":
    asyncio.run(main())
