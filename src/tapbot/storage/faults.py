"""Faults on demand in the one writer: kill the process at a commit, or drop one. For proofs, never in production."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Sequence
from pathlib import Path


class Faults:
    """What is to go wrong, and when.

    Args:
        kill_before: A point: `site`, `site#n` for its n-th write, or `#n` for the n-th write of all. The process is
            killed with SIGKILL just before that write's commit.
        kill_after: The same, just after the commit and before any caller hears of it.
        drop: A site, all of whose writes are undone although their callers are told that they were kept.
        trace: A file to which the site of each write is appended.
    """

    def __init__(
        self,
        *,
        kill_before: str | None = None,
        kill_after: str | None = None,
        drop: str | None = None,
        trace: Path | None = None,
    ) -> None:
        self._kill_before = kill_before
        self._kill_after = kill_after
        self._drop = drop
        self._trace = trace
        self._seen: Counter[str] = Counter()
        self._committing: set[str] = set()

    def drops(self, site: str) -> bool:
        """Whether this site's writes are dropped."""
        return self._drop == site

    def before_commit(self, sites: Sequence[str]) -> None:
        """Count the writes of a commit, and kill the process if one of them is the point."""
        if self._trace:
            with self._trace.open("a") as file:
                file.writelines(f"{site}\n" for site in sites)
        self._committing = set()
        for site in sites:
            self._seen[site] += 1
            self._seen[""] += 1
            self._committing |= {site, f"{site}#{self._seen[site]}", f"#{self._seen['']}"}
        if self._kill_before in self._committing:
            kill_this_process()

    def after_commit(self) -> None:
        """Kill the process if one of the writes that `before_commit` saw is the point."""
        if self._kill_after in self._committing:
            kill_this_process()


NO_FAULTS = Faults()


def kill_this_process() -> None:
    """End at once, as a power cut would: no handler runs."""
    os.kill(os.getpid(), signal.SIGKILL)
