"""A change on its way to a database's writer, and what the writer counts."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import Connection

from tapbot.errors import TapbotError
from tapbot.storage.types import Scope

MOST_CHANGES_A_COMMIT = 256
MOST_WAITING = 10_000
"""Changes that may wait for the writer. More are refused: they would only eat memory and come too late."""

Told = Callable[[Sequence[Any]], None]
"""Hears of what a committed change put into `connection.info["told"]`."""


class DatabaseUnavailable(TapbotError):
    """The database did not take or give something. The same call may succeed later.

    Args:
        retry_after_seconds: When to come back, where one can tell.
    """

    default_code = "storage.unavailable"

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class DatabaseClosed(DatabaseUnavailable):
    """A change came after the end; nothing was written."""

    default_code = "storage.closed"


class DatabaseBusy(DatabaseUnavailable):
    """More changes wait than the writer can take in good time; nothing was written."""

    default_code = "storage.busy"


class DatabaseGone(DatabaseUnavailable):
    """The database server did not come back in time; nothing was written."""

    default_code = "storage.gone"


class DatabaseFull(DatabaseUnavailable):
    """The database server has no room left on its disk, or no memory; nothing was written."""

    default_code = "storage.full"


class OutcomeUnknown(DatabaseUnavailable):
    """The connection broke while a commit was on its way: it may have been kept or not.

    Whoever asked must look (or ask again with the same key), and must not take it for undone.
    """

    default_code = "storage.outcome_unknown"


class Waiter(Protocol):
    """Whoever waits for a change: a future, or something that needs no task to go on."""

    def done(self) -> bool:
        """Whether nobody waits any more."""
        ...

    def set_result(self, result: Any, /) -> None:
        """It is on disk."""
        ...

    def set_exception(self, error: Any, /) -> None:
        """It was not written, or (`OutcomeUnknown`) nobody knows whether it was."""
        ...


@dataclass(slots=True, eq=False)
class Change:
    """One change on its way to the writer.

    Args:
        site: Name of the call in the code.
        done: Hears of the outcome in the event loop.
        handed_in_at: Moment of the event loop's clock, in seconds.
    """

    site: str
    run: Callable[[Connection], Any]
    done: Waiter
    loop: asyncio.AbstractEventLoop
    scope: Scope | None = None
    handed_in_at: float = 0.0
    told: list[Any] = field(default_factory=list)
    result: Any = None
    error: BaseException | None = None

    def fail(self, error: BaseException) -> None:
        """Note that nothing of it was kept."""
        self.error, self.result = error, None
        self.told.clear()

    def forget(self) -> None:
        """Begin anew: nothing of an earlier try was kept."""
        self.error, self.result = None, None
        self.told.clear()

    def deliver(self, told: Told | None) -> None:
        """Give the caller the outcome, after the listeners heard of it. In the caller's event loop."""
        if self.told and told and self.error is None:
            told(self.told)
        self.settle()

    def settle(self) -> None:
        """Give the caller the outcome."""
        if self.done.done():
            return
        if self.error is not None:
            self.done.set_exception(self.error)
        else:
            self.done.set_result(self.result)


def deliver_together(changes: Sequence[Change], told: Told | None) -> None:
    """`deliver` changes of one commit: the listeners hear of all at once."""
    if told is not None:
        facts = [fact for change in changes if change.error is None for fact in change.told]
        if facts:
            told(facts)
    for change in changes:
        change.settle()


@dataclass(slots=True)
class WriterFigures:
    """What a writer did since it was opened, for metrics."""

    commits: int = 0
    changes: int = 0
    refused: int = 0
    lost_connections: int = 0
    batch_sizes: Counter[int] = field(default_factory=Counter)
    """Commits by the number of their changes, rounded up to a power of two."""

    def count(self, changes: int) -> None:
        """Count a commit."""
        self.commits += 1
        self.changes += changes
        self.batch_sizes[1 << (changes - 1).bit_length() if changes else 0] += 1
