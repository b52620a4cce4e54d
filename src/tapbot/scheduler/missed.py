"""What becomes of due times that passed while nothing ran. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tapbot.workflow.rules import Missed

LATE = timedelta(minutes=1)
"""A time that passed less than this ago is late, not missed: a restart or a busy process costs no firing."""
MOST_MADE_UP = 50
"""How many runs one transaction begins; the rest follow in the next ones."""

NextAfter = Callable[[datetime], "datetime | None"]
"""The first due time strictly after a moment; `None`: never again."""


@dataclass(frozen=True, slots=True)
class Firing:
    """Which due times begin a run now, and when the schedule is due next (`None`: never again)."""

    times: tuple[datetime, ...]
    following: datetime | None


def firing_of(policy: Missed, due_at: datetime, now: datetime, next_after: NextAfter) -> Firing:
    """What a schedule does whose time has come.

    - `"once"`: one run, for the latest due time, whatever passed before it.
    - `"skip"`: a run only for a time that passed less than a minute ago.
    - `"each"`: a run for each time, in order, some at once.

    Args:
        due_at: The first time that no run was begun for; not after `now`.
    """
    if policy == "each":
        times = [due_at]
        while (following := next_after(times[-1])) is not None and following <= now and len(times) < MOST_MADE_UP:
            times.append(following)
        return Firing(tuple(times), following)
    if policy == "skip" and due_at <= now - LATE:
        recent = next_after(now - LATE)
        if recent is None or recent > now:
            return Firing((), recent)
        due_at = recent
    return Firing((due_at,), next_after(now))
