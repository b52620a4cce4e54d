"""Ids of rows, in the order in which they were made."""

from __future__ import annotations

import os
import time


def new_id() -> str:
    """A UUID of version 7: the time in milliseconds, then 74 bits of chance.

    Ids that grow keep an index's new rows together. Those of version 4 fall all over it: on SQLite each row of a
    commit then writes a page of its own to the log.
    """
    digits = f"{time.time_ns() // 1_000_000:012x}7{os.urandom(10).hex()}"
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{variant}{digits[17:20]}-{digits[20:32]}"
