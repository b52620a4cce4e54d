"""Run Code nodes in children: JavaScript in V8, Python in Monty."""

from __future__ import annotations

import msgspec

from tapbot.sandbox.answers import decode_json
from tapbot.sandbox.batches import Batches, Terms
from tapbot.sandbox.job_wire import code_wire
from tapbot.sandbox.pool import Pool, PoolLimits
from tapbot.sandbox.types import CodeAnswer, CodeJob

_LIMITS = PoolLimits(children=2, keep=0, idle_seconds=30.0)


class CodeSandbox:
    """Children that run JavaScript or Python. It belongs to one event loop; use it with `async with`.

    A child starts with the first job and ends when nothing was to do for a while: V8 is large.

    Args:
        limits: Number of children and how long they live.
    """

    def __init__(self, limits: PoolLimits | None = None) -> None:
        self.pool = Pool("code", limits or _LIMITS)
        self.python = Pool("python", limits or _LIMITS)
        self._batches = Batches(self.pool)

    async def __aenter__(self) -> CodeSandbox:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End the children."""
        await self.pool.close()
        await self._batches.close()
        await self.python.close()

    async def run(self, job: CodeJob) -> CodeAnswer:
        """Run the source once, or once for each item.

        What the source itself does wrong (it throws, does not parse, returns no items) is `failure` in the answer.

        Args:
            job: Its limits count for the whole call.

        Raises:
            LimitExceeded: The job ran out of time or memory, crashed its child, or was too large.
        """
        text = msgspec.json.encode(code_wire(job))
        if job.language == "python":
            body = await self.python.ask(
                job.scope, text, timeout_seconds=job.timeout_seconds, memory_bytes=job.memory_bytes
            )
        else:
            body = await self._batches.ask(Terms(job.scope, job.timeout_seconds, job.memory_bytes), text)
        return msgspec.convert(decode_json(body), CodeAnswer)
