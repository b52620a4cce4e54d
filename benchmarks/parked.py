"""Parked runs: what many of them cost in memory, how late timers fire, how fast many that are due at once drain.

    python benchmarks/parked.py                                # 100,000 parked, 1,000 due at once
    python benchmarks/parked.py --parked 2000 --due 100 --json

One process with embedded stores. Every run is real: it began, came to its Wait node and left memory; most are copies
of one such run that wait for next year.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import math
import sys
import tempfile
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from drawing import Bar, draw
from sqlalchemy import Connection, insert, select

from tapbot.app import App, open_app
from tapbot.project.load import load_project
from tapbot.project.served import Served
from tapbot.workflow.tables import run_changes, runs, steps
from tapbot.workflow.types import Item

GOALS = {"growth_megabytes": 50.0, "late_p99_seconds": 1.0, "drain_seconds": 10.0}
COPIES_A_WRITE = 200
PARAMETERS = {"parameters": {"resume": "specificTime", "dateTime": "={{ $json.until }}"}}
WORKFLOW = {
    "id": "w",
    "name": "w",
    "active": True,
    "nodes": [
        {"name": "Start", "type": "n8n-nodes-base.manualTrigger", "position": [0, 0]},
        {
            "name": "Wait",
            "type": "n8n-nodes-base.wait",
            "typeVersion": 1.1,
            "position": [1, 0],
            **PARAMETERS,
        },
        {"name": "After", "type": "n8n-nodes-base.noOp", "position": [2, 0]},
    ],
    "connections": {
        "Start": {"main": [[{"node": "Wait", "type": "main", "index": 0}]]},
        "Wait": {"main": [[{"node": "After", "type": "main", "index": 0}]]},
    },
    "settings": {"executionOrder": "v1"},
}


async def measure(parked: int, due: int, data: Path) -> dict[str, float]:
    """Park, wake and count.

    Returns:
        Memory growth, lateness of timers (p50 and p99, from the due time to the run's end) and the seconds in which
        the runs that were due at once came to their end.
    """
    folder = data / "project"
    (folder / "workflows").mkdir(parents=True)
    (folder / "tapbot.toml").write_text('[project]\nname = "parked"\n')
    (folder / "workflows" / "w.json").write_text(json.dumps(WORKFLOW))
    project = load_project(folder)
    async with open_app(project.settings, data / "data") as app, app.working():
        served = await app.add_project(project)
        await park(app, served, due_at=in_seconds(0.2), count=20)  # what every process needs once
        await asyncio.sleep(1)
        before = resident_megabytes()
        model = (await park(app, served, due_at=in_seconds(3600 * 24 * 365), count=1))[0]
        await copy(app, model, parked)
        growth = resident_megabytes() - before
        late = await lateness(app, served, count=300, spacing_seconds=0.02)
        drain = await drained(app, served, due)
    return {
        "parked": parked,
        "due": due,
        "growth_megabytes": round(growth, 1),
        "late_p50_seconds": round(late[len(late) // 2], 3),
        "late_p99_seconds": round(late[math.ceil(len(late) * 0.99) - 1], 3),
        "drain_seconds": round(drain, 2),
    }


async def park(app: App, served: Served, *, due_at: datetime, count: int) -> list[str]:
    """Begin runs that wait until a time."""
    workflow = served.workflow("w")

    async def one() -> str:
        items = [Item(json={"until": due_at.isoformat(), "order": 17, "city": "Almaty"})]
        start = workflow.nodes["Start"]
        new = app.engine.new_run(served.scope, served.project.release, workflow, start, items, mode="production")
        await app.engine.execute(await app.engine.begin(new), workflow)
        return new.run_id

    return list(await asyncio.gather(*(one() for _ in range(count))))


async def copy(app: App, model: str, count: int) -> None:
    """Keep a run many times under other ids."""

    def write(db: Connection, size: int) -> None:
        for table in (runs, steps, run_changes):
            found = [dict(row) for row in db.execute(select(table).where(table.c.run_id == model)).mappings()]
            for row in found:
                row.pop("change_id", None)
            if table is runs:
                ids = [str(uuid.uuid4()) for _ in range(size)]
            db.execute(insert(table), [{**row, "run_id": run_id} for run_id in ids for row in found])

    for done in range(0, count, COPIES_A_WRITE):
        size = min(COPIES_A_WRITE, count - done)
        await app.database.write("bench.copy", lambda db, size=size: write(db, size))  # type: ignore[misc]


async def lateness(app: App, served: Served, *, count: int, spacing_seconds: float) -> list[float]:
    """Seconds from the due time to the end of runs that are due one after another, sorted."""
    first = in_seconds(5 + count / 20)
    due = {}
    for number in range(count):
        due_at = first + timedelta(seconds=number * spacing_seconds)
        [run_id] = await park(app, served, due_at=due_at, count=1)
        due[run_id] = due_at
    if datetime.now(UTC) > first:
        raise RuntimeError("parking took longer than planned: the figures would mean nothing")
    ended = await ends(app, set(due))
    return sorted((ended[run_id] - due_at).total_seconds() for run_id, due_at in due.items())


async def drained(app: App, served: Served, count: int) -> float:
    """Seconds from the moment that many runs are due until the last of them is over."""
    due_at = in_seconds(5 + count / 50)
    run_ids = set(await park(app, served, due_at=due_at, count=count))
    if datetime.now(UTC) > due_at:
        raise RuntimeError("parking took longer than planned: the figures would mean nothing")
    ended = await ends(app, run_ids)
    return max((moment - due_at).total_seconds() for moment in ended.values())


async def ends(app: App, run_ids: set[str]) -> dict[str, datetime]:
    """When runs ended, once all have."""
    first = min(run_ids)
    created = select(runs.c.created_at).where(runs.c.run_id == first)
    since = await app.database.read(lambda db: db.execute(created).scalar_one())
    query = select(runs.c.run_id, runs.c.finished_at).where(
        runs.c.finished_at.is_not(None), runs.c.finished_at > since, runs.c.status == "succeeded"
    )
    while True:
        rows = await app.database.read(lambda db: db.execute(query).all())
        found = {row.run_id: row.finished_at for row in rows if row.run_id in run_ids}
        if len(found) == len(run_ids):
            return found
        await asyncio.sleep(0.2)


def in_seconds(seconds: float) -> datetime:
    """A moment in the future."""
    return datetime.now(UTC) + timedelta(seconds=seconds)


def resident_megabytes() -> float:
    """Memory of this process."""
    gc.collect()
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmRSS")


def main() -> int:
    """Measure and compare with the goals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parked", type=int, default=100_000)
    parser.add_argument("--due", type=int, default=1_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--svg", type=Path, help="file for the drawing")
    asked = parser.parse_args()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        figures: dict[str, Any] = asyncio.run(measure(asked.parked, asked.due, Path(folder)))
    if asked.json:
        sys.stdout.write(json.dumps(figures) + "\n")
    else:
        lines = [
            f"{name:20} {value}" + (f"  (goal ≤ {GOALS[name]:g})" if name in GOALS else "")
            for name, value in figures.items()
        ]
        sys.stdout.write("\n".join([*lines, f"took {time.perf_counter() - began:.0f} s"]) + "\n")
    if asked.svg:
        bars = [
            Bar(name.replace("_", " "), figures[name] / goal * 100, f"{figures[name]:.2f}", goal=100.0)
            for name, goal in GOALS.items()
        ]
        draw(asked.svg, bars, f"percent of the goal, {asked.parked} runs parked, {asked.due} due at once")
    return 0 if all(figures[name] <= goal for name, goal in GOALS.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
