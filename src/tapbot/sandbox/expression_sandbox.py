"""Evaluate expressions in QuickJS children."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from tapbot.errors import LimitExceeded
from tapbot.sandbox.answers import decode_json
from tapbot.sandbox.job_wire import expression_wire
from tapbot.sandbox.pool import Pool, PoolLimits
from tapbot.sandbox.types import ExpressionAnswer, ExpressionFailure, ExpressionJob
from tapbot.sandbox.zones import zone_table

_MEMORY_BYTES = 256 * 1024 * 1024
_MOST_ZONE_ROUNDS = 16


class ExpressionSandbox:
    """Children that evaluate expressions. It belongs to one event loop; use it with `async with`.

    Args:
        limits: Number of children and how long they live.
        memory_bytes: Heap of one scope in one child.
    """

    def __init__(self, limits: PoolLimits | None = None, *, memory_bytes: int = _MEMORY_BYTES) -> None:
        self.pool = Pool("expressions", limits or PoolLimits())
        self._memory_bytes = memory_bytes

    async def __aenter__(self) -> ExpressionSandbox:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    async def start(self) -> None:
        """Start one child ahead of the first job."""
        await self.pool.warm()

    async def close(self) -> None:
        """End the children."""
        await self.pool.close()

    async def evaluate(self, job: ExpressionJob) -> ExpressionAnswer:
        """Evaluate all templates of a job for all its items.

        Failures of single expressions are part of the answer.

        Args:
            job: `timeout_seconds` counts for the whole call.

        Raises:
            LimitExceeded: The job ran out of time or memory, crashed its child, or was too large.
        """
        if not any(template.startswith("=") for template in job.templates):
            return ExpressionAnswer(values=[list(job.templates) for _ in job.item_indexes])
        deadline = asyncio.get_running_loop().time() + job.timeout_seconds
        wire = expression_wire(job)
        for _ in range(_MOST_ZONE_ROUNDS):
            left = max(0.001, deadline - asyncio.get_running_loop().time())
            body = await self.pool.ask(
                job.scope, msgspec.json.encode(wire), timeout_seconds=left, memory_bytes=self._memory_bytes
            )
            answer: dict[str, Any] = decode_json(body)
            if "zones" not in answer:
                failures = tuple(ExpressionFailure(**failure) for failure in answer["failures"])
                return ExpressionAnswer(values=answer["values"], failures=failures)
            wire["zones"] = {**wire.get("zones", {}), **{name: zone_table(name) for name in answer["zones"]}}
        raise LimitExceeded("The expressions use too many time zones.", code="sandbox.too_many_zones")
