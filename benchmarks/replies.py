"""From an update to the reply, as Telegram sees it: one process, 20 messages a second in 200 chats at once.

`python benchmarks/replies.py [JSON]` starts `tapbot up examples/taxi` with a webhook, and `telegram_crowd.py`, the
emulator with people who write, as another process. Half of them fill the booking form; the others ask what the bot
knows. A reply's time begins when its update comes into being and ends when the emulator has the bot's message. Nothing
waits for more messages (`debounce_seconds` is 0). The exit status says whether the goals hold. Linux: it reads /proc.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memory import ROOT, TAPBOT, free_port, process_tree, running
from telegram_crowd import TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator

GOALS_MS = {"slot": 100.0, "knowledge": 200.0}
SECRET = "a-secret-of-some-length"  # noqa: S105  # of the emulator
ABOUT = {"slot": "the form's next question", "knowledge": "an answer from knowledge"}


@contextmanager
def crowd(port: int, wanted: argparse.Namespace, log: Path) -> Iterator[subprocess.Popen[str]]:
    """The emulator with its people for the length of a block."""
    command = [sys.executable, str(ROOT / "benchmarks" / "telegram_crowd.py"), "--port", str(port)]
    for name in ("people", "per_second", "seconds"):
        command += [f"--{name.replace('_', '-')}", str(getattr(wanted, name))]
    if wanted.random_times:
        command.append("--random-times")
    with log.open("wb") as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait(30)


def hear(process: subprocess.Popen[str], log: Path) -> dict[str, Any]:
    """The next thing that the crowd says."""
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise SystemExit(f"the crowd ended: {log.read_text('utf-8', 'replace')[-2000:]}")
    said: dict[str, Any] = json.loads(line)
    return said


def go_on(process: subprocess.Popen[str]) -> None:
    """Let the crowd go on."""
    if process.stdin:
        process.stdin.write("\n")
        process.stdin.flush()


def cpu_seconds(pid: int) -> float:
    """Seconds of CPU that a process and all below it have used."""
    found = 0.0
    for one in process_tree(pid):
        fields = Path(f"/proc/{one}/stat").read_text("utf-8").rsplit(")", 1)[1].split()
        found += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return found


def measure(wanted: argparse.Namespace, home: Path) -> dict[str, Any]:
    """Let the crowd write to a real server."""
    port, telegram_port = free_port(), free_port()
    section = "TAPBOT_CHANNELS__TELEGRAM__TAXI__"
    env = {f"{section}TOKEN": TOKEN, f"{section}API_URL": f"http://127.0.0.1:{telegram_port}"}
    env |= {f"{section}MODE": "webhook", f"{section}SECRET": SECRET, f"{section}DEBOUNCE_SECONDS": "0"}
    env["TAPBOT_SERVER__PUBLIC_URL"] = f"http://127.0.0.1:{port}"
    up = [str(TAPBOT), "up", "examples/taxi", "--port", str(port), "--data", str(home / "data")]
    if wanted.profile:
        up = [sys.executable, "-m", "cProfile", "-o", str(wanted.profile), *up]
    log = home / "crowd.log"
    with (
        crowd(telegram_port, wanted, log) as people,
        running([*up, "--allow-private-network"], home / "tapbot.log", env) as server,
    ):
        hear(people, log)
        before = cpu_seconds(server.pid)
        go_on(people)
        seen = hear(people, log)
        spent = cpu_seconds(server.pid) - before
    figures: dict[str, Any] = {"per_second": wanted.per_second, "chats": wanted.people, "goals_p95_ms": GOALS_MS}
    for kind, found in seen["milliseconds"].items():
        figures[kind] = {"replies": len(found), **(shares_of(found) if found else {})}
    figures |= {name: seen[name] for name in ("written", "unanswered", "wrong")}
    figures["cpu_ms_a_message"] = round(spent * 1000 / seen["written"], 2)
    figures["load_average"] = os.getloadavg()[0]
    return figures


def shares_of(found: list[float]) -> dict[str, float]:
    """Percentiles in milliseconds."""
    cuts = statistics.quantiles([*found, found[-1]], n=100, method="inclusive")
    chosen = {"p50_ms": cuts[49], "p95_ms": cuts[94], "p99_ms": cuts[98], "longest_ms": max(found)}
    return {name: round(value, 1) for name, value in chosen.items()}


def tell(figures: dict[str, Any]) -> bool:
    """Print a table; whether the goals hold."""
    held = not figures["unanswered"] and not figures["wrong"]
    for kind, goal in GOALS_MS.items():
        found = figures[kind]
        held = held and found.get("p95_ms", goal + 1) <= goal
        print(
            f"{ABOUT[kind]:26} {found['replies']:5} replies  p50 {found.get('p50_ms', 0):6.1f} ms  "
            f"p95 {found.get('p95_ms', 0):6.1f} ms (goal {goal:.0f})  p99 {found.get('p99_ms', 0):6.1f} ms"
        )
    print(
        f"{figures['per_second']:.0f} messages a second in {figures['chats']} chats, one process: "
        f"CPU {figures['cpu_ms_a_message']} ms a message, load average {figures['load_average']:.1f}"
    )
    print(f"unanswered: {figures['unanswered']}; wrong answers: {figures['wrong'][:5] or 'none'}")
    return bool(held)


def main() -> None:
    """Measure, tell, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("json", nargs="?", type=Path, help="file for the figures")
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--per-second", type=float, default=20.0)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--random-times", action="store_true", help="people write whenever they like: some at once")
    parser.add_argument("--profile", type=Path, help="file for cProfile's figures of the server, which it slows")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-replies-", ignore_cleanup_errors=True) as home:
        figures = measure(wanted, Path(home))
    held = tell(figures)
    if wanted.json:
        wanted.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", "utf-8")
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
