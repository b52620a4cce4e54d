"""The measure of replies runs: a small crowd in Telegram gets all its answers. How fast is no test's business."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CROWD = ["--people", "8", "--per-second", "8", "--seconds", "5"]


def test_a_small_crowd_is_answered_and_measured(tmp_path: Path) -> None:
    figures = tmp_path / "replies.json"
    command = [sys.executable, "benchmarks/replies.py", str(figures), *CROWD]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)

    assert figures.exists(), done.stderr
    said = json.loads(figures.read_text("utf-8"))
    assert said["wrong"] == []
    assert said["slot"]["replies"] + said["knowledge"]["replies"] + said["unanswered"] == said["written"] == 40
    assert said["cpu_ms_a_message"] > 0
    for kind in ("slot", "knowledge"):
        assert 0 < said[kind]["p50_ms"] <= said[kind]["p95_ms"] <= said[kind]["longest_ms"]
        assert kind in said["goals_p95_ms"]
