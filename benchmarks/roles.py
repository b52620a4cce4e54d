"""How fast work reaches workers, and how two of them share it: `python -m benchmarks.roles`.

Needs PostgreSQL and Redis on this machine; starts its own. Prints one JSON object:
`enqueue_to_start_ms` (p50 and p99 of accepted to claimed over Redis), `short_runs` (CPU of the web process, the worker
and PostgreSQL a run that does nothing), `cpu_runs` (500 runs with 100 ms of CPU in Code each, preloaded: seconds from
the first claim to the last end with one worker and with two, in turn; the ratio of the medians; CPU a run). `--svg`
draws it. Nothing but the processes that are measured works meanwhile: who asks every few milliseconds whether they are
done takes a part of the second core from the second worker.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx2
from py_mini_racer import MiniRacer

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from drawing import FLOOR, Bar, draw  # noqa: E402
from memory import process_tree  # noqa: E402
from tests.integration.roles.cluster import Cluster, Process, cluster, hook, node, until, workflow  # noqa: E402
from tests.servers.postgres import PostgresServer  # noqa: E402
from tests.servers.redis import RedisServer  # noqa: E402

CPU_SECONDS = 0.1
GOAL_START_MS, GOAL_RATIO = 10.0, 1.6
LOOK_SECONDS = 2.0
ONE_CHILD = {"TAPBOT_SANDBOX__CODE_CHILDREN": "1"}
SPIN = "let n = 0; for (let i = 0; i < %d; i++) n = (n * 31 + i) %% 1000003;"
WAITED = "extract(epoch FROM started_at - created_at) * 1000"
PERCENTILES = ", ".join(f"percentile_cont({share}) WITHIN GROUP (ORDER BY {WAITED})" for share in (0.5, 0.99))


def spin() -> str:
    """Code that takes 100 ms of this machine's CPU: the clock of a run stands still, so it counts."""
    rounds, best = 2_000_000, float("inf")
    racer = MiniRacer()
    for _ in range(8):
        began = time.process_time()
        racer.eval(f"(() => {{ {SPIN % rounds} return n }})()")
        best = min(best, time.process_time() - began)
    racer.close()
    return SPIN % int(rounds * CPU_SECONDS / best) + " return [{json: {done: n}}];"


def make_project(folder: Path) -> Path:
    """Two webhooks that answer at once: one does nothing, one burns 100 ms of CPU."""
    done = node("Done", "set", {"mode": "raw", "jsonOutput": "{}"}, 3.4)
    flows = [
        workflow("short", hook("short", "onReceived"), done),
        workflow("spin", hook("spin", "onReceived"), node("Spin", "code", {"jsCode": spin()}, 2)),
    ]
    (folder / "workflows").mkdir(parents=True)
    (folder / "tapbot.toml").write_text('[project]\nenvironment = "prod"\n')
    for flow in flows:
        (folder / "workflows" / f"{flow['id']}.json").write_text(json.dumps(flow))
    return folder


def call(url: str, count: int, *, pause_seconds: float = 0.0) -> None:
    """Call a webhook so many times."""

    async def all_calls() -> None:
        async with httpx2.AsyncClient(timeout=60) as http:
            if pause_seconds:
                for _ in range(count):
                    await http.post(url, json={})
                    await asyncio.sleep(pause_seconds)
                return
            turns = iter(range(count))

            async def caller() -> None:
                for _ in turns:
                    (await http.post(url, json={})).raise_for_status()

            await asyncio.gather(*(caller() for _ in range(8)))

    asyncio.run(all_calls())


def measure_start(made: Cluster, count: int) -> dict[str, float]:
    """Accepted to claimed, one after the other, on an idle worker."""
    web, worker = made.web(), made.worker()
    call(f"{web.url}/webhook/short", 5)
    made.rows("DELETE FROM runs")
    call(f"{web.url}/webhook/short", count, pause_seconds=0.02)
    until(lambda: made.count("status = 'succeeded'") == count)
    p50, p99 = made.rows(f"SELECT {PERCENTILES} FROM runs")[0]  # noqa: S608  # constants
    for process in (web, worker):
        process.stop()
    return {"p50": round(float(p50), 2), "p99": round(float(p99), 2)}


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process and its children used, those that ended included."""
    ticks = 0
    for one in process_tree(pid):
        fields = Path(f"/proc/{one}/stat").read_text("utf-8").rsplit(")", 1)[1].split()
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def measure_short(made: Cluster, count: int) -> dict[str, float]:
    """CPU milliseconds a run that does nothing, by process."""
    made.rows("DELETE FROM runs")
    web, worker = made.web(), made.worker()
    call(f"{web.url}/webhook/short", 20)
    until(lambda: made.count("status = 'succeeded'") == 20)
    pids = {"web": web.child.pid, "worker": worker.child.pid, "postgresql": made.postgres.pid}
    before = {name: cpu_of(pid) for name, pid in pids.items()}
    call(f"{web.url}/webhook/short", count)
    wait_for_end(made)
    used = {name: round((cpu_of(pid) - before[name]) * 1000 / count, 2) for name, pid in pids.items()}
    for process in (web, worker):
        process.stop()
    return used


def wait_for_end(made: Cluster) -> None:
    """Wait until no run is open, and look seldom."""
    while made.count("status IN ('ready', 'running')"):
        time.sleep(LOOK_SECONDS)
    if failed := made.count("status <> 'succeeded'"):
        raise SystemExit(f"{failed} runs did not succeed")


def measure_sharing(made: Cluster, count: int, workers: int) -> dict[str, float]:
    """Seconds from the first claim to the last end of a preloaded queue, and CPU seconds a run of all workers."""
    made.rows("DELETE FROM runs")
    web = made.web()
    call(f"{web.url}/webhook/spin", count)
    web.stop()
    started: list[Process] = made.workers(workers, env=ONE_CHILD)
    wait_for_end(made)
    cpu = sum(cpu_of(process.child.pid) for process in started)
    seconds = made.rows("SELECT extract(epoch FROM max(finished_at) - min(started_at)) FROM runs")[0][0]
    for process in started:
        process.stop()
    return {"seconds": round(float(seconds), 2), "cpu_ms_a_run": round(cpu * 1000 / count, 1)}


def measure(made: Cluster, asked: argparse.Namespace) -> dict[str, Any]:
    """All figures."""
    figures: dict[str, Any] = {"enqueue_to_start_ms": measure_start(made, asked.starts)}
    figures["short_runs"] = {"cpu_ms_a_run": measure_short(made, asked.runs)}
    rounds = [[measure_sharing(made, asked.runs, workers) for workers in (1, 2)] for _ in range(asked.rounds)]
    one, two = (statistics.median(each[number]["seconds"] for each in rounds) for number in (0, 1))
    figures["cpu_runs"] = {"runs": asked.runs, "one": one, "two": two, "ratio": round(one / two, 2), "rounds": rounds}
    return figures


def draw_figures(figures: dict[str, Any], path: Path) -> None:
    """Bars in milliseconds, and of the queue in milliseconds a run."""
    start, queue = figures["enqueue_to_start_ms"], figures["cpu_runs"]
    a_run = {name: queue[name] * 1000 / queue["runs"] for name in ("one", "two")}
    bars = [
        Bar("enqueue to start, p50", start["p50"], f"{start['p50']} ms", goal=GOAL_START_MS),
        Bar("enqueue to start, p99", start["p99"], f"{start['p99']} ms"),
    ]
    for name, used in figures["short_runs"]["cpu_ms_a_run"].items():
        bars.append(Bar(f"short run, CPU of {name}", used, f"{used} ms"))
    bars.append(Bar("CPU in Code (floor)", CPU_SECONDS * 1000, "100 ms", FLOOR))
    bars.append(Bar("100 ms of CPU, one worker", a_run["one"], f"{a_run['one']:.0f} ms a run"))
    goal = a_run["one"] / GOAL_RATIO
    note = f"{a_run['two']:.0f} ms a run, {queue['ratio']} times as fast"
    bars.append(Bar("100 ms of CPU, two workers", a_run["two"], note, goal=goal))
    draw(path, bars, "milliseconds, one Code child a worker")


def main() -> None:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--starts", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=1, help="how often one worker and two take turns")
    parser.add_argument("--svg", type=Path, help="file for the drawing")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="tapbot-roles-"))
    postgres, redis = PostgresServer(durable=True), RedisServer()
    try:
        postgres.create()
        redis.start()
        project = make_project(folder / "bench")
        began = time.monotonic()
        with cluster(folder, postgres, redis.url, project) as made:
            figures = measure(made, asked)
        figures["seconds"] = round(time.monotonic() - began, 1)
        figures["load_average"] = os.getloadavg()[0]
        print(json.dumps(figures))
        if asked.svg:
            draw_figures(figures, asked.svg)
    finally:
        redis.remove()
        postgres.end()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
