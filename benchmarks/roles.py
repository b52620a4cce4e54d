"""How fast work reaches workers, and how two of them share it: `python -m benchmarks.roles`.

Needs PostgreSQL and Redis on this machine; starts its own. Prints one JSON object:
`enqueue_to_start_ms` (p50 and p99 of accepted to claimed over Redis), `cpu_runs` (500 runs with 100 ms of CPU in Code
each, preloaded: seconds with one worker and with two, and the ratio).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx2
from py_mini_racer import MiniRacer

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.integration.roles.cluster import Cluster, cluster, hook, node, until, workflow  # noqa: E402
from tests.servers.postgres import PostgresServer  # noqa: E402
from tests.servers.redis import RedisServer  # noqa: E402

CPU_SECONDS = 0.1
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


def measure_sharing(made: Cluster, count: int, workers: int) -> float:
    """Seconds from the first claim to the last end of a preloaded queue."""
    made.rows("DELETE FROM runs")
    web = made.web()
    call(f"{web.url}/webhook/spin", count)
    web.stop()
    started = [made.worker(env={"TAPBOT_SANDBOX__CODE_CHILDREN": "1"}) for _ in range(workers)]
    until(lambda: not made.count("status IN ('ready', 'running')"), 600)
    if failed := made.count("status <> 'succeeded'"):
        raise SystemExit(f"{failed} of {count} runs did not succeed")
    seconds = made.rows("SELECT extract(epoch FROM max(finished_at) - min(started_at)) FROM runs")[0][0]
    for process in started:
        process.stop()
    return round(float(seconds), 2)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--starts", type=int, default=200)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="tapbot-roles-"))
    postgres, redis = PostgresServer(durable=True), RedisServer()
    try:
        postgres.create()
        redis.start()
        project = make_project(folder / "bench")
        began = time.monotonic()
        with cluster(folder, postgres, redis.url, project) as made:
            figures: dict[str, Any] = {"enqueue_to_start_ms": measure_start(made, asked.starts)}
            one, two = measure_sharing(made, asked.runs, 1), measure_sharing(made, asked.runs, 2)
        figures["cpu_runs"] = {"runs": asked.runs, "one": one, "two": two, "ratio": round(one / two, 2)}
        figures["seconds"] = round(time.monotonic() - began, 1)
        print(json.dumps(figures))
    finally:
        redis.remove()
        postgres.end()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
