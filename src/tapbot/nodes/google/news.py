"""How far a trigger has come with things that have an id and a time. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tapbot.storage.types import JsonObject

OVERLAP_SECONDS = 300
"""How far back a look reaches: what is listed late, or by another clock, is found all the same."""
MOST_REMEMBERED = 2_000


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it has come.

    Args:
        about: What is looked at; a trigger that was changed begins anew.
        until: Time of the newest thing that was taken, in seconds since 1970.
        seen: Names of the things at that time or a little before, the newest last.
    """

    about: str
    until: float = 0
    seen: tuple[str, ...] = field(default=())

    @property
    def since(self) -> int:
        """From when on things are asked for."""
        return max(0, int(self.until) - OVERLAP_SECONDS)

    def is_new(self, name: str) -> bool:
        """Whether it was not taken before."""
        return name not in self.seen

    def taken(self, names: Sequence[str], until: float) -> Progress:
        """With some more things."""
        seen = [*self.seen, *(name for name in names if name not in self.seen)]
        return Progress(self.about, max(self.until, until), tuple(seen[-MOST_REMEMBERED:]))

    def to_json(self) -> JsonObject:
        """As a trigger keeps it."""
        return {"about": self.about, "until": self.until, "seen": [*self.seen]}


def read_progress(position: Any, about: str) -> Progress | None:
    """What was kept; `None` at first, or when it was about something else."""
    if not isinstance(position, dict) or position.get("about") != about:
        return None
    return Progress(about, float(position.get("until", 0)), tuple(position.get("seen", ())))
