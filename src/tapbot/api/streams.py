"""How many event streams a reader may hold open. Apart from the console's events: chats need no FastAPI."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tapbot.errors import TooMany

PING_SECONDS = 15.0


class Streams:
    """Counts the open streams of each reader, so that one browser cannot take all of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: dict[str, int] = {}

    def check(self, key: str) -> None:
        """Let a reader open one more.

        Raises:
            TooMany: It has its share.
        """
        if self._open.get(key, 0) >= self._most:
            raise TooMany("too many open event streams.", retry_after_seconds=PING_SECONDS, code="api.too_many_streams")

    @contextmanager
    def count(self, key: str) -> Iterator[None]:
        """Count a stream as long as it is open."""
        self._open[key] = self._open.get(key, 0) + 1
        try:
            yield
        finally:
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]
