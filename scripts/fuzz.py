"""The long part of `make soak`: an hour of scripts that nobody would write, against the sandboxes.

The first script that gets out of its evaluation ends it with an error that prints the script.
"""

from __future__ import annotations

import argparse
import time
from typing import get_args

from tests.contract.sandbox.fuzzing import Kind, fuzz


def main() -> None:
    """Fuzz each kind of script for its share of the time, and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600, help="for all kinds together")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="gives the same scripts again")
    wanted = parser.parse_args()
    kinds: tuple[Kind, ...] = get_args(Kind)
    print(f"seed {wanted.seed}")
    for kind in kinds:
        fuzzed = fuzz(kind, seconds=wanted.seconds / len(kinds), seed=wanted.seed)
        print(f"{dict(sorted(fuzzed.outcomes.items()))}; slowest answer {fuzzed.slowest_seconds:.2f} s")
    print("nothing got out")


if __name__ == "__main__":
    main()
