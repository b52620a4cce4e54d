"""`make soak`: a day's work on an accelerated clock: no growth of memory, files, threads, connections, children.

The last line prints the figures; the exit status is the verdict.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.chaos.soaking import soak


def main() -> None:
    """Soak and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="in which the day goes by")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True) as home:
        soaked = asyncio.run(soak(Path(home), seconds=wanted.seconds))
    for number, held in enumerate(soaked.samples, 1):
        print(f"{number * 24 // len(soaked.samples):2} h  {asdict(held)}")
    print(f"work: {soaked.work}")
    grown = soaked.grown()
    print(f"{'GREW: ' + ', '.join(grown) if grown else 'no growth'}; beyond the warm process: {soaked.growth()}")
    sys.exit(bool(grown))


if __name__ == "__main__":
    main()
