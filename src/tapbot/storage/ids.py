"""Ids of rows, in the order in which they were made."""

from __future__ import annotations

import os
import time
from collections import deque

CHANCE_BYTES = 10
DRAWN_AT_ONCE = 256
_DRAWN: deque[str] = deque()
"""Digits of chance that no id has yet. To draw some lets go of Python's lock, and whoever does so for each id waits for
the writer's thread each time."""
os.register_at_fork(after_in_child=_DRAWN.clear)  # else two processes would make the same ids


def new_id() -> str:
    """A UUID of version 7: the time in milliseconds, then 74 bits of chance.

    Ids that grow keep an index's new rows together. Those of version 4 fall all over it: on SQLite each row of a
    commit then writes a page of its own to the log.
    """
    digits = f"{time.time_ns() // 1_000_000:012x}7{_draw()}"
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


def _draw() -> str:
    """Digits that nobody else gets, in whichever thread."""
    while True:
        try:
            return _DRAWN.pop()
        except IndexError:
            digits, length = os.urandom(CHANCE_BYTES * DRAWN_AT_ONCE).hex(), CHANCE_BYTES * 2
            _DRAWN.extend(digits[start : start + length] for start in range(0, len(digits), length))
