"""A child is small, imports little, and ends with its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tapbot.sandbox.expression_sandbox import ExpressionSandbox

ROOT = Path(__file__).parents[3]
MOST_PSS_KIB = 20_000
"""About 16 MB on a quiet machine; what pages are shared with varies."""

PARENT = """
import asyncio
from tapbot.sandbox.expression_sandbox import ExpressionSandbox
from tapbot.sandbox.types import ExpressionJob

async def main():
    sandbox = ExpressionSandbox()
    await sandbox.start()
    print(sandbox.pool.pids[0], flush=True)
    script = "={{ (() => { for (;;); })() }}" if BUSY else "={{ 1 }}"
    await sandbox.evaluate(ExpressionJob(scope="a", templates=(script,), timeout_seconds=60))
    await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.asyncio(loop_scope="module")
async def test_a_child_weighs_little(expressions: ExpressionSandbox) -> None:
    await expressions.start()
    rollup = Path(f"/proc/{expressions.pool.pids[0]}/smaps_rollup")
    if not os.access(rollup, os.R_OK):
        pytest.skip("smaps_rollup cannot be read here")
    pss = next(line for line in rollup.read_text().splitlines() if line.startswith("Pss:"))
    assert int(pss.split()[1]) < MOST_PSS_KIB


def test_a_child_imports_nothing_of_tapbot_but_its_own_files() -> None:
    program = (
        "import sys; sys.argv = ['x', 'expressions', {site!r}]; sys.path[:0] = [];"
        "exec(compile(open({path!r}).read().replace('.main()', ''), {path!r}, 'exec'), {{'__file__': {path!r}}});"
        "print(*sorted(n for n in sys.modules if n.startswith('tapbot')));"
        "print(*sorted(set(sys.modules) & {{'json', 'asyncio', 'pathlib', 're', 'typing', 'logging', 'threading'}}))"
    )
    path = str(ROOT / "src/tapbot/sandbox/children/bootstrap.py")
    site = next(found for found in sys.path if found.endswith("site-packages"))
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", program.format(site=site, path=path)],
        capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    modules, heavy = result.stdout.splitlines()
    own = ["bundle", "children", "children.expressions", "children.serve", "wire"]
    assert modules.split() == ["tapbot", "tapbot.sandbox", *(f"tapbot.sandbox.{name}" for name in own)]
    assert heavy == ""


@pytest.mark.parametrize("busy", [False, True])
def test_a_child_ends_when_its_parent_is_killed(busy: bool) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT.replace("BUSY", str(busy))], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    ) as parent:  # fmt: skip
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        time.sleep(0.3)
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 5
    while _is_running(child):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _is_running(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
