"""Sends runs to a webhook while processes die, and knows which were accepted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import httpx2
from tests.chaos.durable.counting import CountingServer

OPEN_SECONDS = 15.0
"""A run that has not ended by then is taken for one in doubt; its place goes to another."""
POLL_SECONDS = 0.03
CALL_SECONDS = 30.0
SLOW_EVERY, SLOW_MS = 8, 3000
"""Every eighth run has a slow last call, so that kills also meet runs whose first call was answered long ago."""


class Traffic:
    """Runs `r00000`, `r00001`, … until as many as wanted are accepted.

    Every second one carries an idempotency key and is sent again until it is accepted; the others are sent once, and
    count only when they were acknowledged.

    Args:
        url: Where webhooks are, asked anew each time.
        wanted: How many runs are to be accepted.
        concurrency: Most runs that are open at once.
    """

    def __init__(self, url: Callable[[], str], counting: CountingServer, *, wanted: int, concurrency: int) -> None:
        self.accepted: set[str] = set()
        self.arrivals = 0
        self._url = url
        self._counting = counting
        self._wanted = wanted
        self._places = concurrency
        self._next = 0
        self._open: dict[str, float] = {}
        self._ended = 0
        self._undecided = 0

    async def send_all(self) -> None:
        """Send until enough runs are accepted."""
        limits = httpx2.Limits(max_connections=self._places)
        async with httpx2.AsyncClient(timeout=CALL_SECONDS, limits=limits) as http, asyncio.TaskGroup() as group:
            watching = group.create_task(self._watch())
            senders = [group.create_task(self._send_some(http)) for _ in range(self._places)]
            await asyncio.wait(senders)
            watching.cancel()

    async def _send_some(self, http: httpx2.AsyncClient) -> None:
        while len(self.accepted) + self._undecided < self._wanted or self._undecided:
            if len(self._open) >= self._places or len(self.accepted) + self._undecided >= self._wanted:
                await asyncio.sleep(POLL_SECONDS / 3)
                continue
            number, self._next = self._next, self._next + 1
            self._undecided += 1
            await self._send(http, number)
            self._undecided -= 1

    async def _send(self, http: httpx2.AsyncClient, number: int) -> None:
        run = f"r{number:05d}"
        self._open[run] = time.monotonic()
        path = "never" if number % 3 == 0 else "keyed"
        slow = f"&ms={SLOW_MS}" if number % SLOW_EVERY == 0 else ""
        headers = {"Idempotency-Key": run} if number % 2 == 0 else {}
        while True:
            try:
                answer = await http.post(f"{self._url()}/webhook/{path}?run={run}{slow}", headers=headers)
            except httpx2.HTTPError:
                answer = None
            if answer is not None and answer.status_code == 200:
                self.accepted.add(run)
                return
            if not headers:
                return
            await asyncio.sleep(0.1)

    async def _watch(self) -> None:
        """Free the places of runs whose last effect was answered."""
        while True:
            told = await asyncio.to_thread(self._counting.progress, self._ended)
            self.arrivals = told["arrivals"]
            self._ended += len(told["ended"])
            late = time.monotonic() - OPEN_SECONDS
            for run in [*told["ended"], *[run for run, since in self._open.items() if since < late]]:
                self._open.pop(run, None)
            await asyncio.sleep(POLL_SECONDS)
