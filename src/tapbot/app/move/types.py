"""What a move tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Progress = Callable[[str, int, int], None]
"""Hears of a table's name, how many of its rows are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a table holds.

    Args:
        digest: Sum of the SHA-256 of all rows, so that their order does not matter.
    """

    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A move that was done.

    Args:
        source: Where the records were, without a password.
        target: Where they are now.
        tables: By name.
        counters: The highest number given so far, by table; the next one is higher.
        left: Names in the data folder that were not moved.
        finished_only: An earlier move had copied everything; only its marks were still to be set.
        replaced: The target was its old place, and what it had left there is replaced.
    """

    source: str
    target: str
    tables: dict[str, Content]
    counters: dict[str, int]
    left: tuple[str, ...] = ()
    finished_only: bool = False
    replaced: bool = False

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(content.rows for content in self.tables.values())
