"""Events to live views, inside this process: subscribers with bounded queues."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import Enum

from tapbot.errors import TapbotError
from tapbot.events.types import Event
from tapbot.storage.types import Scope


class Reset(Enum):
    """What a subscriber that was too slow receives: it lost events and must read everything again."""

    RESET = "reset"


class HubClosed(TapbotError):
    """The server is stopping: nothing more will happen here."""

    default_code = "events.closed"


class Subscription:
    """One reader's queue. It holds at most `limit` events; then they give way to one reset."""

    def __init__(self, scopes: frozenset[Scope], limit: int) -> None:
        self.scopes = scopes
        self._limit = limit
        self._waiting: deque[Event | Reset] = deque()
        self._closed = False
        self._filled = asyncio.Event()

    def offer(self, event: Event) -> None:
        """Queue an event without waiting."""
        if len(self._waiting) >= self._limit:
            self.start_over()  # the event itself is committed: reading again shows it
        else:
            self._waiting.append(event)
            self._filled.set()

    def start_over(self) -> None:
        """Tell the reader that events were lost."""
        self._waiting.clear()
        self._waiting.append(Reset.RESET)
        self._filled.set()

    def close(self) -> None:
        """Let the reader have what waits, and nothing more."""
        self._closed = True
        self._filled.set()

    async def take(self, *, timeout_seconds: float) -> Event | Reset | None:
        """The next event or reset; `None` when nothing happened in time.

        Raises:
            HubClosed: The server is stopping, and nothing waits any more.
        """
        if not self._waiting and not self._closed:
            self._filled.clear()
            try:
                async with asyncio.timeout(timeout_seconds):
                    await self._filled.wait()
            except TimeoutError:
                return None
        if not self._waiting:
            raise HubClosed("the server is stopping.")
        return self._waiting.popleft()


class Hub:
    """Hands each event to the subscribers of its scope. Use it in the event loop's thread alone."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()
        self._watching: dict[str, set[Subscription]] = {}
        self._closed = False

    @property
    def subscribers(self) -> int:
        """How many read now."""
        return len(self._subscriptions)

    def publish(self, events: Iterable[Event]) -> None:
        """Offer committed events to whoever reads their scope; nobody is waited for."""
        for event in events:
            for watching in self._watching.get(event.subject, ()):
                watching.offer(event)
            for subscription in self._subscriptions:
                if event.scope in subscription.scopes:
                    subscription.offer(event)

    def reset(self) -> None:
        """Tell all subscribers that events may have been lost: they read everything again."""
        for subscription in self._everybody():
            subscription.start_over()

    async def carry_forever(self) -> None:
        """Bring events to other processes and from them; there are none here."""

    def close(self) -> None:
        """End all subscriptions, so that a stopping server need not wait for streams that never end."""
        self._closed = True
        for subscription in self._subscriptions:
            subscription.close()

    def _everybody(self) -> Iterator[Subscription]:
        yield from self._subscriptions
        for watching in self._watching.values():
            yield from watching

    @contextmanager
    def watch(self, subject: str) -> Iterator[Subscription]:
        """Read what happens to one thing from now on. It costs nothing while others read of other things.

        It goes on while the server stops: a request that waits for its answer still gets it.
        """
        subscription = Subscription(frozenset(), limit=16)
        self._watching.setdefault(subject, set()).add(subscription)
        try:
            yield subscription
        finally:
            self._watching[subject].discard(subscription)
            if not self._watching[subject]:
                del self._watching[subject]

    @contextmanager
    def subscribe(self, scopes: Iterable[Scope], *, limit: int = 256) -> Iterator[Subscription]:
        """Read events of some scopes from now on.

        Args:
            limit: Events that may wait for a slow reader.
        """
        subscription = Subscription(frozenset(scopes), limit)
        self._subscriptions.add(subscription)
        if self._closed:
            subscription.close()
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)
