"""Sandboxes for the contract tests, and the attack strings of the conformance set."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tapbot.sandbox.code_sandbox import CodeSandbox
from tapbot.sandbox.expression_sandbox import ExpressionSandbox
from tapbot.sandbox.pool import PoolLimits

CASES = Path(__file__).parents[3].parent / "shared/n8n/expressions.json"


def attack_cases() -> list[Any]:
    """The 58 attack strings as parameters; one skipped parameter when the set is not here."""
    if not CASES.exists():
        return [pytest.param(None, marks=pytest.mark.skip(reason=f"{CASES} is not on this machine"))]
    cases = json.loads(CASES.read_text(encoding="utf-8"))["cases"]
    return [pytest.param(case, id=case["id"]) for case in cases if case["group"] == "sandbox"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def expressions() -> AsyncIterator[ExpressionSandbox]:
    async with ExpressionSandbox(PoolLimits(children=1, keep=1)) as sandbox:
        yield sandbox


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def code() -> AsyncIterator[CodeSandbox]:
    async with CodeSandbox(PoolLimits(children=1, keep=0)) as sandbox:
        yield sandbox
