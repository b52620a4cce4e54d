"""Behind `tapbot expr --jsonl`: one expression a line in, one typed value or error a line out."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from tapbot.errors import LimitExceeded
from tapbot.sandbox.expression_sandbox import ExpressionSandbox
from tapbot.sandbox.types import ExpressionJob, RunView

WORKFLOW_ZONE = "America/New_York"
"""n8n's time zone for a workflow that names none; a line's `tz` is the process's zone, which is always UTC here."""


async def answer_lines(
    lines: Iterable[str] | AsyncIterable[str], sandbox: ExpressionSandbox, *, now: datetime | None = None
) -> AsyncIterator[str]:
    """Answer each line that is not blank.

    Args:
        lines: JSON objects `{"id", "expression", "items", "itemIndex", "now", "tz"}`.
        sandbox: Where they are evaluated; each line in turn.
        now: The clock of lines whose `now` is null; by default the time of the call.

    Yields:
        `{"id", "value"}` or `{"id", "error"}` as JSON text without a line break.
    """
    clock = (now or datetime.now(UTC)).isoformat()
    async for line in _each(lines):
        if line.strip():
            yield msgspec.json.encode(await _answer(line, sandbox, clock)).decode()


async def _each(lines: Iterable[str] | AsyncIterable[str]) -> AsyncIterator[str]:
    if isinstance(lines, AsyncIterable):
        async for line in lines:
            yield line
    else:
        for line in lines:
            yield line


async def _answer(line: str, sandbox: ExpressionSandbox, clock: str) -> dict[str, Any]:
    try:
        case = msgspec.json.decode(line, type=dict[str, Any])
        job = _job(case, clock)
    except (msgspec.MsgspecError, KeyError, TypeError) as error:
        return {"id": None, "error": f"The line is not a case: {error}"}
    try:
        answer = await sandbox.evaluate(job)
    except LimitExceeded as error:
        return {"id": case.get("id"), "error": str(error)}
    if answer.failures:
        return {"id": case.get("id"), "error": answer.failures[0].message}
    return {"id": case.get("id"), "value": answer.values[0][0]}


def _job(case: dict[str, Any], clock: str) -> ExpressionJob:
    return ExpressionJob(
        scope="expr",
        templates=(str(case["expression"]),),
        items=case.get("items") or [],
        item_indexes=(int(case.get("itemIndex") or 0),),
        run=RunView(now=case.get("now") or clock, zone=WORKFLOW_ZONE),
        typed=True,
    )
