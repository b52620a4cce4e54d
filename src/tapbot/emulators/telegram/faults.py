"""What can be ordered to go wrong at Telegram, beside what every emulator shares."""

from __future__ import annotations

CALL_KINDS = ("429", "500", "delay", "lost_answer")
UPDATE_KINDS = ("duplicate", "reorder")
KINDS = (*CALL_KINDS, *UPDATE_KINDS)
LONG_POLL = frozenset({"getUpdates"})
"""Only faults that name it befall it."""
