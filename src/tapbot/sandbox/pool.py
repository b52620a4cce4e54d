"""A pool of sandbox children: one job at a time each, a wall-clock deadline, replacement of what was killed or died."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress

import msgspec

from tapbot.errors import LimitExceeded
from tapbot.sandbox.child import Child, ChildDied, start_child
from tapbot.sandbox.wire import DONE, DONE_LAST, OUT_OF_MEMORY, OUT_OF_TIME, encode_request

_REAP_SECONDS = 0.5
_STARTS = 3
_DONE = (DONE, DONE_LAST)
_ENGINE_GAVE_UP = {"signal SIGTRAP", "signal SIGILL", "signal SIGABRT"}
_LAST = (OUT_OF_MEMORY, DONE_LAST)


class PoolLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes and times of a pool."""

    children: int = 2
    """Most processes at once."""
    keep: int = 1
    """Processes that stay when nothing is to do."""
    idle_seconds: float = 60.0
    """A process above `keep` ends after so long without a job."""
    queue_seconds: float = 60.0
    """Longest wait for a free process."""
    request_bytes: int = 64 * 1024 * 1024
    reply_bytes: int = 64 * 1024 * 1024


class Pool:
    """Children that all run the same program. It belongs to one event loop.

    Args:
        program: Module of `tapbot.sandbox.children`.
        limits: Sizes and times.
    """

    def __init__(self, program: str, limits: PoolLimits) -> None:
        self._program = program
        self._limits = limits
        self._idle: list[Child] = []
        self._busy: set[Child] = set()
        self._dying: list[Child] = []
        self._starting = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._sweep: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def pids(self) -> list[int]:
        """Process ids of the living children."""
        return [child.process.pid for child in [*self._idle, *self._busy] if child.alive]

    @property
    def is_full(self) -> bool:
        """Whether a new job would have to wait for a child."""
        return not self._idle and len(self._busy) + self._starting >= self._limits.children

    async def warm(self) -> None:
        """Start one child ahead of the first job."""
        self._release(await self._take(""))

    async def ask(self, scope: str, job: bytes, *, timeout_seconds: float, memory_bytes: int) -> bytes:
        """Run one job in some child and return the reply's body.

        Args:
            scope: Jobs of one scope prefer a child that served it before.
            job: JSON text.
            timeout_seconds: Wall-clock limit of the job itself, not of the wait for a free child.
            memory_bytes: Limit of the script's heap.

        Raises:
            LimitExceeded: Code `sandbox.time`, `sandbox.memory`, `sandbox.crashed`, `sandbox.too_large`,
                `sandbox.busy` or `sandbox.failed`.
        """
        if len(job) > self._limits.request_bytes:
            message = f"The data for the script has {len(job)} bytes; at most {self._limits.request_bytes} are allowed."
            raise LimitExceeded(message, code="sandbox.too_large")
        request = encode_request(scope, timeout_seconds, memory_bytes, job)
        child = await self._take(scope)
        try:
            status, body = await child.ask(request, timeout_seconds)
        except ChildDied:
            crash = await _crash(child)  # before the child is buried: burying kills, and the signal would be ours
            self._discard(child)
            raise crash from None
        except TimeoutError:
            self._discard(child)
            raise _out_of_time(timeout_seconds) from None
        except BaseException:  # also a cancelled caller: the child works on, for nobody
            self._discard(child)
            raise
        if status in _LAST:
            self._discard(child)  # it ends by itself
        else:
            self._release(child)
        if status in _DONE:
            return body
        raise _limit_error(status, body, timeout_seconds, memory_bytes)

    async def close(self) -> None:
        """End all children and wait until they are gone. Jobs under way fail."""
        self._closed = True
        if self._sweep is not None:
            self._sweep.cancel()
        for child in [*self._idle, *self._busy]:
            self._discard(child)
        self._wake()
        for child in self._dying:
            await asyncio.to_thread(child.process.wait)
        self._dying.clear()

    async def _take(self, scope: str) -> Child:
        while True:
            if self._closed:
                raise LimitExceeded("The sandbox is closed.", code="sandbox.closed")
            child = self._pick(scope)
            if child is not None:
                break
            if len(self._busy) + self._starting < self._limits.children:
                child = await self._start()
                break
            await self._wait_turn()
        child.scopes.add(scope)
        self._busy.add(child)
        return child

    def _pick(self, scope: str) -> Child | None:
        """An idle child that knows the scope, else the one that was used last."""
        for child in [child for child in self._idle if not child.alive]:
            self._idle.remove(child)
            self._bury(child)
        if not self._idle:
            return None
        chosen = next((child for child in reversed(self._idle) if scope in child.scopes), self._idle[-1])
        self._idle.remove(chosen)
        return chosen

    async def _start(self) -> Child:
        self._starting += 1
        try:
            return await self._start_at_last()
        except (ChildDied, TimeoutError) as error:
            raise LimitExceeded(
                f"The sandbox process for {self._program} did not start. {error}".rstrip(),
                code="sandbox.crashed",
                hint="Run `tapbot doctor`.",
            ) from None
        finally:
            self._starting -= 1
            self._wake()

    async def _start_at_last(self) -> Child:
        """Start a child, again when a machine in need (no memory, no processor for long) did not let it come up."""
        for _ in range(_STARTS - 1):
            with suppress(ChildDied, TimeoutError):
                return await start_child(self._program, most_reply_bytes=self._limits.reply_bytes)
        return await start_child(self._program, most_reply_bytes=self._limits.reply_bytes)

    async def _wait_turn(self) -> None:
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        self._waiting.append(turn)
        limit = loop.call_later(self._limits.queue_seconds, _give_up, turn)
        try:
            await turn
        except TimeoutError:
            message = f"No sandbox process was free within {self._limits.queue_seconds:g} s."
            raise LimitExceeded(message, code="sandbox.busy", hint="Raise the number of sandbox processes.") from None
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._wake()  # the turn was given to this caller: pass it on
            raise
        finally:
            limit.cancel()
            with suppress(ValueError):
                self._waiting.remove(turn)

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                if not self._closed:
                    return

    def _release(self, child: Child) -> None:
        self._busy.discard(child)
        if self._closed or not child.alive:
            self._bury(child)
        else:
            loop = asyncio.get_running_loop()
            child.idle_since = loop.time()
            self._idle.append(child)
            self._plan_sweep(self._limits.idle_seconds)
        self._wake()

    def _discard(self, child: Child) -> None:
        self._busy.discard(child)
        if child in self._idle:
            self._idle.remove(child)
        self._bury(child)
        self._wake()

    def _bury(self, child: Child) -> None:
        child.kill()
        if child not in self._dying:
            self._dying.append(child)
        if not self._closed:
            if self._sweep is not None:
                self._sweep.cancel()
                self._sweep = None
            self._plan_sweep(_REAP_SECONDS)

    def _plan_sweep(self, seconds: float) -> None:
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(seconds, self._sweep_now)

    def _sweep_now(self) -> None:
        """Collect the dead, and end children that were idle for too long, the longest idle first."""
        self._sweep = None
        self._dying = [child for child in self._dying if not child.reaped()]
        oldest = asyncio.get_running_loop().time() - self._limits.idle_seconds
        spare = len(self._idle) + len(self._busy) - self._limits.keep
        for child in [child for child in self._idle if child.idle_since <= oldest][: max(0, spare)]:
            self._idle.remove(child)
            child.kill()
            self._dying.append(child)
        if self._dying:
            self._plan_sweep(_REAP_SECONDS)
        elif len(self._idle) > self._limits.keep:
            self._plan_sweep(self._limits.idle_seconds)


def _give_up(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_exception(TimeoutError())


def _out_of_time(timeout_seconds: float) -> LimitExceeded:
    return LimitExceeded(
        f"The script ran for longer than {timeout_seconds:.3g} s and was stopped.",
        code="sandbox.time",
        hint="Look for an endless loop, or handle fewer items at once.",
    )


async def _crash(child: Child) -> LimitExceeded:
    end = await child.describe_end()
    message = f"The sandbox process ended while it ran the script ({end})."
    hint = "The step failed; the process was replaced."
    if end in _ENGINE_GAVE_UP:
        hint = "The engine ends itself like this when memory runs out: handle fewer items at once."
    return LimitExceeded(message, code="sandbox.crashed", hint=hint)


def _limit_error(status: bytes, body: bytes, timeout_seconds: float, memory_bytes: int) -> LimitExceeded:
    if status == OUT_OF_TIME:
        return _out_of_time(timeout_seconds)
    if status == OUT_OF_MEMORY:
        return LimitExceeded(
            f"The script needed more than {memory_bytes >> 20} MB of memory and was stopped.",
            code="sandbox.memory",
            hint="Handle fewer items at once.",
        )
    return LimitExceeded(f"The script failed: {body.decode('utf-8', 'replace')[:500]}", code="sandbox.failed")
