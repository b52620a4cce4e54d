"""`make soak-conversations`: a crowd in Telegram and one in WhatsApp, with kills; and bots beside people.

1. 10,000 messages in Telegram to one process, and as many in WhatsApp to three workers over PostgreSQL and Redis: some
   doubled, swapped, refused, their answers lost, with 20 kills -9 each (`tests/chaos/crowd.py` says what must hold).
2. 5,000 interleavings of customer, bot, operators, phone and timers (`tests/chaos/test_desk_model.py`).
3. 10,000 WhatsApp sends at any time: no free text outside 24 hours (`scripts/prove_window.py`).
4. A broadcast to 5,000 people in Telegram, with kills: each once, within limits (`scripts/prove_broadcast.py`).

The last line holds the figures; the exit status is the verdict.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.chaos.crowd import Size, Verdict
from tests.chaos.crowded import over_telegram, over_whatsapp

SHOWN = 20


def main() -> None:
    """Prove; the exit status is the verdict."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--updates", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--at-once", type=int, default=48, help="passengers in the middle of a dialogue")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--examples", type=int, default=5000, help="interleavings; 0 leaves parts 2 to 4 out")
    parser.add_argument("--only", choices=["telegram", "whatsapp"])
    wanted = parser.parse_args()
    size = Size(wanted.updates, wanted.kills, wanted.at_once, wanted.seed)
    said, held = [], True
    crowds: dict[str, Callable[[Path, Size], Verdict]] = {"telegram": over_telegram, "whatsapp": over_whatsapp}
    with tempfile.TemporaryDirectory(prefix="soak-conversations-", ignore_cleanup_errors=True) as folder:
        for name, crowd in crowds.items():
            if wanted.only in (None, name):
                home = Path(folder) / name
                home.mkdir()
                verdict = crowd(home, size)
                held = not verdict.violations and held
                said.append(f"{name}: " + ", ".join(f"{key} {value}" for key, value in verdict.figures.items()))
                print(said[-1], flush=True)
                for violation in verdict.violations[:SHOWN]:
                    print(f"  VIOLATION {violation}", flush=True)
    if wanted.examples:
        held = _prove_others(wanted.examples) and held
        said.append(f"{wanted.examples} interleavings, {2 * wanted.examples} sends, {wanted.examples} of a broadcast")
    print(f"{'held' if held else 'NOT HELD'}: {'; '.join(said)}")
    sys.exit(0 if held else 1)


def _prove_others(examples: int) -> bool:
    model = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/chaos/test_desk_model.py"]
    window = [sys.executable, "-m", "scripts.prove_window", str(2 * examples)]
    broadcast = [sys.executable, "-m", "scripts.prove_broadcast", "--people", str(examples)]
    env = {**os.environ, "TAPBOT_PROVE_EXAMPLES": str(examples)}
    return all(
        [subprocess.run(command, env=env, check=False).returncode == 0 for command in (model, window, broadcast)]
    )


if __name__ == "__main__":
    main()
