"""`tapbot expr`: evaluate expressions, one JSON object a line."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

from cyclopts import Parameter

from tapbot.cli.printing import flush, show
from tapbot.errors import InvalidInput
from tapbot.sandbox.expr_lines import answer_lines
from tapbot.sandbox.expression_sandbox import ExpressionSandbox


def expr(*, jsonl: Annotated[bool, Parameter(name="--jsonl")] = False) -> None:
    """Evaluate expressions read from stdin.

    Args:
        jsonl: One JSON object a line: `{"id", "expression", "items", "itemIndex", "now", "tz"}`; the answers are
            `{"id", "value"}` or `{"id", "error"}`, in the same order.
    """
    if not jsonl:
        raise InvalidInput(
            "say how the lines look.", code="cli.missing_option", hint="tapbot expr --jsonl < lines.jsonl"
        )
    asyncio.run(_answer())


async def _answer() -> None:
    async with ExpressionSandbox() as sandbox:
        async for line in answer_lines(sys.stdin, sandbox):
            show(line)
            flush()
