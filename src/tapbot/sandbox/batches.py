"""Jobs that wait for a child go to it together: to wake a process and its engine costs more than most scripts do.

Only jobs of one scope with the same limits, of which the last ones were quick, share a request; one after the other
they run in the same context, as they would have anyhow. Should the request fail or take its time (one of them ran out
of time or memory, or crashed the child), each of them goes once more by itself, so that it fails or succeeds for its
own reasons: scripts have no effects.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from tapbot.errors import LimitExceeded
from tapbot.sandbox.pool import Pool

MOST_TOGETHER = 8
MOST_BYTES = 200_000
"""Of one job that may go with others."""
QUICK_SECONDS = 0.05
TOGETHER_SECONDS = 1.0
"""Longest time of jobs that share a request."""
MOST_LINES = 64
"""Terms that are remembered."""
SEPARATOR = b"\n"
"""Neither a job nor an answer holds a line break: both are JSON without white space."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What jobs that go together have in common."""

    scope: str
    timeout_seconds: float
    memory_bytes: int


Waiting = tuple[bytes, asyncio.Future[bytes]]


@dataclass(slots=True)
class Line:
    """Jobs that wait, with who waits for them."""

    waiting: deque[Waiting] = field(default_factory=deque)
    seconds: float = QUICK_SECONDS
    """How long a job lately took, its share of a request."""


class Batches:
    """Asks a pool whose children take several jobs at once.

    It belongs to one event loop, and nobody else asks the pool.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._lines: dict[Terms, Line] = {}
        self._under_way = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, terms: Terms, job: bytes) -> bytes:
        """Run one job, and give its answer; see `Pool.ask`."""
        line = self._line(terms)
        small = len(job) <= MOST_BYTES and SEPARATOR not in job
        if not (small and line.seconds < QUICK_SECONDS and self._pool.is_full and self._under_way):
            return await self._ask(terms, line, job)
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        line.waiting.append((job, answer))
        return await answer

    async def close(self) -> None:
        """Wait for the jobs under way, which the end of the pool has ended, and let go of those that wait."""
        for line in self._lines.values():
            while line.waiting:
                line.waiting.popleft()[1].set_exception(LimitExceeded("The sandbox is closed.", code="sandbox.closed"))
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _line(self, terms: Terms) -> Line:
        if terms not in self._lines and len(self._lines) >= MOST_LINES:
            for known in [known for known, line in self._lines.items() if not line.waiting]:
                del self._lines[known]
        return self._lines.setdefault(terms, Line())

    async def _ask(self, terms: Terms, line: Line, jobs: bytes, *, count: int = 1) -> bytes:
        """Ask the pool, note how long it took, and let the next ones go."""
        begun = asyncio.get_running_loop().time()
        limit = terms.timeout_seconds if count == 1 else min(terms.timeout_seconds, TOGETHER_SECONDS)
        self._under_way += 1
        try:
            return await self._pool.ask(terms.scope, jobs, timeout_seconds=limit, memory_bytes=terms.memory_bytes)
        finally:
            self._under_way -= 1
            line.seconds = (asyncio.get_running_loop().time() - begun) / count
            self._go_on()

    def _go_on(self) -> None:
        """A child is free: let the line that waits the longest have it."""
        found = next(((terms, line) for terms, line in self._lines.items() if line.waiting), None)
        if found is None:
            return
        terms, line = found
        taken = [line.waiting.popleft() for _ in range(min(len(line.waiting), MOST_TOGETHER))]
        self._lines[terms] = self._lines.pop(terms)  # the last one now
        task = asyncio.create_task(self._ask_together(terms, line, taken))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask_together(self, terms: Terms, line: Line, taken: list[Waiting]) -> None:
        jobs = SEPARATOR.join(job for job, _ in taken)
        try:
            answers = (await self._ask(terms, line, jobs, count=len(taken))).split(SEPARATOR)
        except LimitExceeded:
            answers = []
        if len(answers) == len(taken):
            for (_, waiter), answer in zip(taken, answers, strict=True):
                if not waiter.done():
                    waiter.set_result(answer)
            return
        line.seconds = QUICK_SECONDS  # from now on each by itself, until one was quick
        await asyncio.gather(*(self._settle(terms, line, job, waiter) for job, waiter in taken))

    async def _settle(self, terms: Terms, line: Line, job: bytes, waiter: asyncio.Future[bytes]) -> None:
        try:
            answer = await self._ask(terms, line, job)
        except LimitExceeded as error:
            if not waiter.done():
                waiter.set_exception(error)
        else:
            if not waiter.done():
                waiter.set_result(answer)
