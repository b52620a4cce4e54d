"""Rate limits: a bucket of tokens for each key, in this process or shared by several."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from tapbot.errors import TooMany

SECONDS_A_MINUTE = 60.0


class RateLimit(Protocol):
    """Lets each key do something so many times a minute; a burst may come at once."""

    async def take(self, key: str) -> None:
        """Count one for a key.

        Raises:
            TooMany: The key's bucket is empty; nothing was counted.
        """
        ...


class MakeLimit(Protocol):
    """Makes the limits of this server: of one process, or shared."""

    def __call__(self, name: str, per_minute: float, *, message: str, burst: int | None = None) -> RateLimit:
        """Make a limit.

        Args:
            name: Buckets of limits with other names are other buckets.
            message: What somebody who did too much reads.
            burst: Most that may come at once; a minute's worth when not given.
        """
        ...


class InProcessRateLimit:
    """Lets each key do something so many times a minute; a whole minute's worth may come at once.

    A bucket that is full again is forgotten. When over `most_keys` are in use, the one that was used
    the longest ago is: memory stays bounded, and a flood of keys can only make the limit milder.
    """

    def __init__(
        self,
        per_minute: float,
        *,
        clock_seconds: Callable[[], float],
        message: str,
        burst: int | None = None,
        most_keys: int = 10_000,
    ) -> None:
        """Make a limit.

        Args:
            clock_seconds: A clock that only goes forward, such as `time.monotonic`.
            message: What somebody who did too much reads.
            burst: Most that may come at once; a minute's worth when not given.
        """
        self._burst = float(burst or per_minute)
        self._per_minute = per_minute
        self._clock_seconds = clock_seconds
        self._message = message
        self._most_keys = most_keys
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    @property
    def keys_held(self) -> int:
        """How many buckets are in memory."""
        return len(self._buckets)

    async def take(self, key: str) -> None:
        """See `RateLimit.take`."""
        self.take_now(key)

    def take_now(self, key: str) -> None:
        """`take` without waiting."""
        now = self._clock_seconds()
        refill = self._per_minute / SECONDS_A_MINUTE
        tokens, since = self._buckets.get(key, (self._burst, now))
        tokens = min(self._burst, tokens + (now - since) * refill)
        if tokens < 1:
            raise TooMany(self._message, retry_after_seconds=(1 - tokens) / refill, code="access.rate_limited")
        self._buckets[key] = (tokens - 1, now)
        self._buckets.move_to_end(key)
        self._forget(now, refill)

    def _forget(self, now: float, refill: float) -> None:
        """Drop the buckets used the longest ago while they are full again or there are too many."""
        while self._buckets:
            oldest = next(iter(self._buckets))
            tokens, since = self._buckets[oldest]
            full = tokens + (now - since) * refill >= self._burst
            if not full and len(self._buckets) <= self._most_keys:
                return
            del self._buckets[oldest]


def in_process_limits(clock_seconds: Callable[[], float]) -> MakeLimit:
    """Limits that this process counts for itself."""

    def make(name: str, per_minute: float, *, message: str, burst: int | None = None) -> RateLimit:
        del name  # each limit has buckets of its own
        return InProcessRateLimit(per_minute, clock_seconds=clock_seconds, message=message, burst=burst)

    return make
