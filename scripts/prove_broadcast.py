"""`make prove-broadcast`: 5,000 people in Telegram, kills -9, and Telegram's limits on the emulator's own count.

The last line holds the figures; the exit status is the verdict.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.chaos.broadcasting import Size, over_telegram

SHOWN = 20


def main() -> None:
    """Prove; the exit status is the verdict."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=5)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="prove-broadcast-", ignore_cleanup_errors=True) as folder:
        verdict = over_telegram(Path(folder), Size(wanted.people, wanted.kills))
    for violation in verdict.violations[:SHOWN]:
        print(f"  VIOLATION {violation}", flush=True)
    figures = ", ".join(f"{name} {value}" for name, value in verdict.figures.items())
    print(f"{'NOT HELD' if verdict.violations else 'held'}: {figures}")
    sys.exit(1 if verdict.violations else 0)


if __name__ == "__main__":
    main()
