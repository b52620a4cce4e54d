"""`make prove-first`: a booking survives everything, and every commit counts.

Part 1 runs `tests/chaos/test_first_conversation*.py` at full size, in the web chat, in Telegram and by the agent: a
kill before and after every single write. `--web-only` leaves Telegram and the agent out.
Part 2 drops the commits of each call site of the writer in turn, and names the test that noticed.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tapbot.nodes import catalogue
from tapbot.workflow.types import StepKind

ROOT = Path(__file__).resolve().parents[1]
CALL = re.compile(r"""(?:\.write\(\s*|\bsite=|\bsite = | if here else )"([a-z_]+\.[a-z_]+)\"""")
WATCHERS = "tests/chaos/every_commit"
FIRST = "tests/chaos/test_first_conversation.py"
OTHERS = (
    "tests/chaos/test_first_conversation_in_telegram.py",
    "tests/chaos/test_first_conversation_by_the_agent.py",
)
AT_ONCE = os.cpu_count() or 2
FULL_SIZE = {"TAPBOT_PROVE_EVERY": "1", "TAPBOT_PROVE_KILLS": "20"}


def find_sites() -> list[str]:
    """Every call site of the writer, by the name that it gives, and one for each node that stores something.

    Raises:
        SystemExit: Two call sites have one name.
    """
    found = [name for path in sorted((ROOT / "src").rglob("*.py")) for name in CALL.findall(path.read_text("utf-8"))]
    twice = {name for name in found if found.count(name) > 1}
    if twice:
        raise SystemExit(f"two call sites have one name: {', '.join(sorted(twice))}")
    # What a wait stores is written by `journal.park_run`.
    stored = [
        f"node.{node.type}"
        for node in catalogue.all()
        if (node.kind is StepKind.STORED or node.stores) and (node.shape != "wait" or node.asks)
    ]
    return sorted(found) + stored


def who_notices(site: str) -> str | None:
    """The first test that fails when a site's commits are dropped; `None` when none does."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", WATCHERS, "-x", "-q", "--no-header", "-p", "no:cacheprovider"],
        cwd=ROOT,
        env={**os.environ, "TAPBOT_FAULTS__DROP": site},
        capture_output=True,
        text=True,
        check=False,
    )
    failed = re.search(r"^(?:FAILED|ERROR) \S+::(\S+)", done.stdout, re.MULTILINE)
    return failed.group(1) if failed and done.returncode == 1 else None


def prove_sites(sites: list[str]) -> int:
    """Drop each site in turn and print who noticed; gives how many nobody noticed."""
    unnoticed = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for site, noticed in zip(sites, pool.map(who_notices, sites), strict=True):
            unnoticed += noticed is None
            print(f"{site:28} {noticed or 'NOBODY NOTICED'}", flush=True)
    print(f"call sites: {len(sites)}, noticed: {len(sites) - unnoticed}")
    return unnoticed


def main() -> None:
    """Run both parts; the exit status is the verdict."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites-only", action="store_true", help="part 2 alone")
    parser.add_argument("--web-only", action="store_true", help="part 1 without Telegram and the agent")
    parser.add_argument("--site", help="one site of part 2 alone")
    wanted = parser.parse_args()
    began = time.monotonic()
    failed = 0
    if not wanted.sites_only and not wanted.site:
        files = [FIRST] if wanted.web_only else [FIRST, *OTHERS]
        side_by_side = ["-n", str(AT_ONCE), "--dist", "worksteal", "-rP"]
        command = [sys.executable, "-m", "pytest", *files, "-q", "--no-header", *side_by_side]
        failed = subprocess.run(command, cwd=ROOT, env={**os.environ, **FULL_SIZE}, check=False).returncode
    unnoticed = prove_sites([wanted.site] if wanted.site else find_sites())
    verdict = "proven" if not failed and not unnoticed else "NOT PROVEN"
    print(f"{verdict} in {time.monotonic() - began:.0f} s")
    sys.exit(bool(failed or unnoticed))


if __name__ == "__main__":
    main()
