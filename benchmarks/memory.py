"""Memory of an idle `tapbot up examples/taxi` with its channels, and seconds from a start to the first right answer.

`--load` instead: memory after the load of all webhook scenarios of `../shared/bench` (needs Debian's `wrk`), and how
soon it is back. Prints JSON, `--svg FILE` draws it; the exit status says whether the goals hold. Linux: it reads /proc.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from drawing import PEER, Bar, draw

ROOT = Path(__file__).resolve().parents[1]
TAPBOT = ROOT / ".venv" / "bin" / "tapbot"
GOAL_MB = 200.0
GOAL_SECONDS = 3.0
GOAL_AFTER_LOAD_MB = 350.0
GOAL_BACK = 1.3
"""Of the idle memory, within a minute after the load."""
BACK_WITHIN_SECONDS = 60.0
SCENARIOS = "b,c,d,e,f"
QUESTION, RIGHT_ANSWER = "Сколько стоит до Тараза из Алматы?", "7\u00a0000"
PATIENCE_SECONDS = 60.0
PEER_START = re.compile(r"cold start to a right answer \| ([\d.]+) s")
PEER_MEMORY = re.compile(r"memory idle / after load \| (\d+) to \d+ MB / ([\d,]+) MB")


def free_port() -> int:
    """A port that nothing listens to now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def process_tree(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for thread in Path(f"/proc/{pid}/task").iterdir():
        for child in (thread / "children").read_text().split():
            found += process_tree(int(child))
    return found


def pss_mb(pid: int) -> float:
    """Proportional set size: shared pages count as their share, so that a sum over processes is honest."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) / 1024


def command_of(pid: int) -> str:
    """What a process is, in short."""
    words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return words.strip()[-60:]


def post(url: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> dict[str, Any]:
    """Send JSON and read JSON."""
    request = urllib.request.Request(  # noqa: S310  # our own server
        url, json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})}
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310
        found: dict[str, Any] = json.loads(answer.read())
    return found


@contextmanager
def running(command: list[str], log: Path, env: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A process for the length of a block."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, env={**os.environ, **(env or {})})
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def wait_for_answer(address: str, began: float) -> float:
    """Ask until the answer is right; gives the seconds since the start."""
    while time.monotonic() - began < PATIENCE_SECONDS:
        try:
            token = post(f"{address}/chat/taxi/token", {})["token"]
            said = {"id": "1", "text": QUESTION}
            answer = post(f"{address}/chat/taxi/messages?wait=20", said, {"X-Chat-Token": token})
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.02)
            continue
        if any(RIGHT_ANSWER in message["text"] for message in answer["messages"]):
            return time.monotonic() - began
        raise SystemExit(f"not the right answer: {answer}")
    raise SystemExit("no answer")


def measure(home: Path, idle_seconds: float) -> dict[str, Any]:
    """Start twice over one data folder; the second start is measured, then its memory after it was idle."""
    port, telegram_port = free_port(), free_port()
    section = "TAPBOT_CHANNELS__TELEGRAM__TAXI__"
    env = {f"{section}TOKEN": "123456:" + "e" * 35, f"{section}API_URL": f"http://127.0.0.1:{telegram_port}"}
    up = [str(TAPBOT), "up", "examples/taxi", "--port", str(port), "--data", str(home / "data")]
    up.append("--allow-private-network")
    emulator = [str(TAPBOT), "emulator", "telegram", "--port", str(telegram_port)]
    seconds = []
    with running(emulator, home / "telegram.log"):
        for start in (1, 2):
            began = time.monotonic()
            with running(up, home / "tapbot.log", env) as server:
                seconds.append(round(wait_for_answer(f"http://127.0.0.1:{port}", began), 2))
                if start == 2:
                    time.sleep(idle_seconds)
                    memory = [(round(pss_mb(pid), 1), command_of(pid)) for pid in process_tree(server.pid)]
    return {
        "first_start_seconds": seconds[0],
        "second_start_seconds": seconds[1],
        "idle_seconds": idle_seconds,
        "pss_mb": round(sum(size for size, _ in memory), 1),
        "processes": memory,
        "goals": {"pss_mb": GOAL_MB, "second_start_seconds": GOAL_SECONDS},
        "load_average": os.getloadavg()[0],
    }


def whole_mb(pid: int) -> float:
    """PSS of a process and all below it."""
    return round(sum(pss_mb(one) for one in process_tree(pid)), 1)


def wait_until_up(address: str) -> None:
    """Wait until it serves."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE_SECONDS:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5):  # noqa: S310  # our own server
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
    raise SystemExit("it did not start")


def measure_load(home: Path, idle_seconds: float, *, concurrency: int, duration_seconds: int) -> dict[str, Any]:
    """Serve the scenarios, be idle, carry the load of all of them, and watch the memory go back."""
    bench = ROOT.parent / "shared" / "bench"
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    up = [str(TAPBOT), "up", str(bench), "--port", str(port), "--data", str(home / "data"), "--allow-private-network"]
    load = [sys.executable, str(bench / "webhook_bench.py"), "--base-url", address, "--scenarios", SCENARIOS]
    load += ["--concurrency", str(concurrency), "--duration", str(duration_seconds), "--warm", "1", "--repeat", "1"]
    load += ["--no-setup", "--home", str(home), "--lock", str(home / "lock")]
    with running(up, home / "tapbot.log") as server:
        wait_until_up(address)
        time.sleep(idle_seconds)
        idle_mb = whole_mb(server.pid)
        with (home / "load.log").open("wb") as log:
            done = subprocess.run([*load, "--pid", str(server.pid)], stdout=log, stderr=log, check=False)
        if done.returncode:
            raise SystemExit((home / "load.log").read_text(errors="replace")[-2000:])
        after_mb, ended = whole_mb(server.pid), time.monotonic()
        back_mb = after_mb
        while back_mb > GOAL_BACK * idle_mb and time.monotonic() - ended < BACK_WITHIN_SECONDS:
            time.sleep(1)
            back_mb = whole_mb(server.pid)
        return {
            "idle_mb": idle_mb,
            "after_load_mb": after_mb,
            "back_mb": back_mb,
            "back_after_seconds": round(time.monotonic() - ended, 1),
            "load": {"scenarios": SCENARIOS, "concurrency": concurrency, "seconds_each": duration_seconds},
            "goals": {"after_load_mb": GOAL_AFTER_LOAD_MB, "back_mb": round(GOAL_BACK * idle_mb, 1)},
            "load_average": os.getloadavg()[0],
        }


def peer(figure: re.Pattern[str], group: int = 1) -> float | None:
    """What the bench's page says of the peer, measured there in another session; `None` where the page is not."""
    page = ROOT.parent / "shared" / "bench" / "README.md"
    found = figure.search(page.read_text("utf-8")) if page.exists() else None
    return float(found[group].replace(",", "")) if found else None


def draw_figures(figures: dict[str, Any], path: Path) -> None:
    """Bars of memory, or after a load of memory before and after it."""
    if "idle_mb" in figures:
        told = [("idle", "idle_mb", None, 1), ("after the load", "after_load_mb", "after_load_mb", 2)]
        told.append((f"{figures['back_after_seconds']:.0f} s later", "back_mb", "back_mb", 0))
    else:
        told = [(f"after {figures['idle_seconds']:.0f} s idle", "pss_mb", "pss_mb", 1)]
    bars = []
    for label, name, goal, group in told:
        bars.append(Bar(label, figures[name], f"{figures[name]:.0f} MB", goal=figures["goals"].get(goal)))
        if group and (theirs := peer(PEER_MEMORY, group)):
            bars.append(Bar("peer, another session", theirs, f"{theirs:.0f} MB", PEER))
    if "second_start_seconds" in figures:
        seconds, theirs = figures["second_start_seconds"], peer(PEER_START)
        goal = figures["goals"]["second_start_seconds"] * 100
        bars.append(Bar("start to the first answer", seconds * 100, f"{seconds} s", goal=goal))
        if theirs:
            bars.append(Bar("peer, another session", theirs * 100, f"{theirs} s", PEER))
    draw(path, bars, "MB of all processes (PSS); starts in hundredths of a second")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--idle", type=float, default=60.0, help="seconds of quiet before memory is read")
    parser.add_argument("--load", action="store_true", help="memory after the load of all webhook scenarios")
    parser.add_argument("--concurrency", type=int, default=50, help="of the load")
    parser.add_argument("--duration", type=int, default=5, help="of the load, seconds a scenario")
    parser.add_argument("--svg", type=Path, help="file for the drawing")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        if wanted.load:
            loaded = measure_load(
                Path(home), wanted.idle, concurrency=wanted.concurrency, duration_seconds=wanted.duration
            )
            print(json.dumps(loaded, indent=1))
            if wanted.svg:
                draw_figures(loaded, wanted.svg)
            goals = loaded["goals"]
            sys.exit(any(loaded[name] > goals[name] for name in goals))
        measured = measure(Path(home), wanted.idle)
    print(json.dumps(measured, indent=1, ensure_ascii=False))
    if wanted.svg:
        draw_figures(measured, wanted.svg)
    sys.exit(measured["pss_mb"] > GOAL_MB or measured["second_start_seconds"] > GOAL_SECONDS)


if __name__ == "__main__":
    main()
