"""10,000 simulated WhatsApp sends at any time: none outside 24 hours is free text. Its exit status is the verdict."""

from __future__ import annotations

import asyncio
import sys

from tests.contract.channels.test_whatsapp import simulate

SENDS = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000


def main() -> int:
    """Print the counts of the emulator."""
    counts = asyncio.run(simulate(SENDS, seed=20261123))
    outside = counts.get("outside_window", 0)
    print(f"{SENDS} sends: {counts.get('shown', 0)} seen, {outside} free texts outside 24 hours")
    return 0 if outside == 0 and counts.get("shown") == SENDS else 1


if __name__ == "__main__":
    sys.exit(main())
