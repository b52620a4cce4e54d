"""The example's own evals: `tapbot test examples/taxi`, as its reader runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_all_evals_of_the_example_pass() -> None:
    program = Path(sys.executable).with_name("tapbot")
    command = [program, "test", "examples/taxi", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=110)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert json.loads(done.stdout)["evals"]
