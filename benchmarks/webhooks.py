"""Webhooks as a share of the echo floor: runs ../shared/bench/webhook_bench.py and the echo in one go.

`python benchmarks/webhooks.py [JSON]` measures the echo before and after (the better of the two counts), the scenarios
between them, prints a table, and writes `{"share_of_echo", "requests_per_second", "p99_ms"}`. `--svg FILE` draws it.
A peer is measured when it is given by `--peer-install`, else it is skipped with that reason. The exit status says
whether the goals hold. Needs Debian's `wrk`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from drawing import FLOOR, PEER, Bar, draw
from memory import free_port, running

ROOT = Path(__file__).resolve().parents[1]
BENCH = ROOT.parent / "shared" / "bench" / "webhook_bench.py"
TAPBOT = ROOT / ".venv" / "bin" / "tapbot"
GOALS = {"b": 0.20, "c": 0.12, "e": 0.03}
CONNECTIONS = 10
BODY = json.dumps({"name": "Sara Ahmadi", "phone": "09121234567", "qty": 3, "price": 50})
SCRIPT = """wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [==[%s]==]
done = function(summary, latency, requests)
  io.write(string.format('JSON{"requests":%%d,"seconds":%%.3f,"p99_ms":%%.2f}', summary.requests,
    summary.duration / 1e6, latency:percentile(99) / 1e3))
end
"""
ABOUT = {
    "b": "b  webhook → respond",
    "c": "c  Set, If, respond",
    "d": "d  Code, 100 items",
    "e": "e  one HTTP request",
    "f": "f  20 Set nodes",
}


def measure_echo(home: Path, seconds: int, windows: int) -> dict[str, float]:
    """Requests a second (median of the windows) and the 99th percentile of the echo."""
    port = free_port()
    script = home / "echo.lua"
    script.write_text(SCRIPT % BODY, "utf-8")
    with running([sys.executable, str(ROOT / "benchmarks" / "echo.py"), str(port)], home / "echo.log") as server:
        _wait_for(f"http://127.0.0.1:{port}/")
        found = [_press(port, script, seconds, server.pid) for _ in range(windows + 1)][1:]  # the first one warms up
    return {name: statistics.median(one[name] for one in found) for name in found[0]}


def _press(port: int, script: Path, seconds: int, pid: int) -> dict[str, float]:
    cpu_seconds = cpu_of(pid)
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script), f"http://127.0.0.1:{port}/"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = json.loads(said.split("JSON", 1)[1])
    cpu_ms = (cpu_of(pid) - cpu_seconds) * 1000 / found["requests"]
    return {
        "requests_per_second": found["requests"] / found["seconds"],
        "p99_ms": found["p99_ms"],
        "cpu_ms_a_request": cpu_ms,
    }


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            urllib.request.urlopen(address, timeout=1).close()  # noqa: S310  # our own server
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def measure_scenarios(home: Path, scenarios: str, seconds: int, windows: int, subject: list[str]) -> dict[str, Any]:
    """What the bench says of a server, by scenario.

    Args:
        subject: Options that name the server.
    """
    home.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, str(BENCH), *subject, "--scenarios", scenarios]
    command += ["--concurrency", str(CONNECTIONS), "--duration", str(seconds), "--repeat", str(windows), "--warm", "2"]
    command += ["--home", str(home), "--lock", str(home / "lock"), "--out", str(home / "out.json")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if not (home / "out.json").exists():
        raise SystemExit(f"the bench failed: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads((home / "out.json").read_text("utf-8"))
    return found


def tapbot_subject(home: Path) -> list[str]:
    """How the bench starts this server."""
    port = free_port()
    start = f"{TAPBOT} up {BENCH.parent} --port {port} --data {home / 'data'} --allow-private-network"
    return ["--base-url", f"http://127.0.0.1:{port}", "--start-cmd", start, "--no-setup"]


def measure(wanted: argparse.Namespace, home: Path) -> dict[str, Any]:
    """Echo, scenarios, echo."""
    before = measure_echo(home, wanted.seconds, wanted.windows)
    raw = measure_scenarios(home / "tapbot", wanted.scenarios, wanted.seconds, wanted.windows, tapbot_subject(home))
    after = measure_echo(home, wanted.seconds, wanted.windows)
    echo = max(before, after, key=lambda one: one["requests_per_second"])
    figures: dict[str, Any] = {"share_of_echo": {}, "requests_per_second": {}, "p99_ms": {}, "cpu_ms_a_request": {}}
    figures["wrong"] = []
    for name in wanted.scenarios.split(","):
        scenario = raw[name]
        found = scenario.get(f"c{CONNECTIONS}")
        if found is None or found["errors"] or not scenario["answer_as_expected"]:
            figures["wrong"].append(name)
        if found is not None:
            figures["requests_per_second"][name] = found["rps"]
            figures["p99_ms"][name] = found["p99"]
            figures["cpu_ms_a_request"][name] = round(found["cpu_cores"] / found["rps"] * 1000, 3)
            figures["share_of_echo"][name] = round(found["rps"] / echo["requests_per_second"], 4)
    figures["requests_per_second"]["echo"] = round(echo["requests_per_second"], 1)
    figures["p99_ms"]["echo"] = echo["p99_ms"]
    figures["cpu_ms_a_request"]["echo"] = round(echo["cpu_ms_a_request"], 3)
    figures["echo_before_and_after"] = [round(one["requests_per_second"], 1) for one in (before, after)]
    figures["memory_after_load"] = {name: raw["mem_after_load"][name] for name in ("pss_mb", "procs")}
    figures["foreign_cpu_cores"] = {
        name: raw[name][f"c{CONNECTIONS}"]["foreign_cpu_cores"] for name in figures["share_of_echo"]
    }
    figures["peer"] = measure_peer(wanted, home)
    return figures


def measure_peer(wanted: argparse.Namespace, home: Path) -> dict[str, Any]:
    """The peer's requests a second by scenario, or why there are none."""
    if wanted.peer_install is None:
        return {"skipped": "no peer is installed here; give its folder by --peer-install"}
    subject = ["--install-dir", wanted.peer_install, "--tuned", "--set", "N8N_EXPRESSION_ENGINE=legacy"]
    if wanted.peer_node:
        subject += ["--node-bin", wanted.peer_node]
    raw = measure_scenarios(home / "peer", wanted.scenarios, wanted.seconds, wanted.windows, subject)
    return {name: raw[name][f"c{CONNECTIONS}"]["rps"] for name in wanted.scenarios.split(",") if name in raw}


def draw_shares(figures: dict[str, Any], path: Path) -> None:
    """Bars of requests a second beside the echo, the share written at each."""
    peer, echo = figures["peer"], figures["requests_per_second"]["echo"]
    bars = [Bar("echo (floor)", echo, f"{echo:.0f}/s", FLOOR)]
    for name, share in figures["share_of_echo"].items():
        rate = figures["requests_per_second"][name]
        goal = GOALS[name] * echo if name in GOALS else None
        bars.append(Bar(ABOUT[name], rate, f"{rate:.0f}/s, {share:.1%}", goal=goal))
        if name in peer:
            bars.append(Bar("peer, tuned", peer[name], f"{peer[name]:.0f}/s, {peer[name] / echo:.1%}", PEER))
    note = "" if len(peer) > 1 else "; no peer installed"
    draw(path, bars, f"requests a second, 10 connections, one process{note}")


def tell(figures: dict[str, Any]) -> bool:
    """Print a table; whether the goals hold."""
    missed = [name for name, goal in GOALS.items() if figures["share_of_echo"].get(name, goal) < goal]
    for name, share in figures["share_of_echo"].items():
        goal = f"goal {GOALS[name]:.0%}" if name in GOALS else ""
        rate, p99 = figures["requests_per_second"][name], figures["p99_ms"][name]
        cpu_ms = figures["cpu_ms_a_request"][name]
        print(
            f"{ABOUT[name]:24} {rate:8.1f}/s  {share:6.1%} of the echo  p99 {p99:6.1f} ms  CPU {cpu_ms:5.2f} ms  {goal}"
        )
    print(
        f"echo {figures['requests_per_second']['echo']:.0f}/s (before and after: {figures['echo_before_and_after']}), "
        f"CPU {figures['cpu_ms_a_request']['echo']:.3f} ms a request"
    )
    print(f"memory after load: {figures['memory_after_load']}; other programs' CPU: {figures['foreign_cpu_cores']}")
    print(f"peer: {figures['peer']}; load average {os.getloadavg()[0]:.1f}")
    print(f"wrong answers or errors: {figures['wrong'] or 'none'}; below their goal: {missed or 'none'}")
    return not missed and not figures["wrong"]


def main() -> None:
    """Measure, tell, write, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("json", nargs="?", type=Path, help="file for the figures")
    parser.add_argument("--svg", type=Path, help="file for the drawing")
    parser.add_argument("--scenarios", default="b,c,d,e,f")
    parser.add_argument("--seconds", type=int, default=4, help="length of a window")
    parser.add_argument("--windows", type=int, default=3)
    parser.add_argument("--peer-install", help="folder in which n8n is installed")
    parser.add_argument("--peer-node", help="folder of its Node")
    wanted = parser.parse_args()
    if shutil.which("wrk") is None or not BENCH.exists():
        raise SystemExit("needs the program wrk (apt-get install wrk) and ../shared/bench")
    with tempfile.TemporaryDirectory(prefix="bench-webhooks-") as home:
        figures = measure(wanted, Path(home))
    held = tell(figures)
    if wanted.json:
        wanted.json.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    if wanted.svg:
        draw_shares(figures, wanted.svg)
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
