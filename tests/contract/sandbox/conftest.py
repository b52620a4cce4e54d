"""Sandboxes for the contract tests, and the attack strings."""

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

OWN_CASES = Path(__file__).parent / "attacks.json"
"""Our own attack strings, in the shape of the conformance set: reaching for code out of text, for the host, spoiling
what comes after, and what only looks like an attack."""
CASES = Path(__file__).parents[3].parent / "shared/n8n/expressions.json"
"""The conformance set, where the checkout stands beside it."""


def attack_cases() -> list[Any]:
    """Our own attack strings, and the 58 of the conformance set where it is at hand, as parameters."""
    cases = json.loads(OWN_CASES.read_text(encoding="utf-8"))
    if CASES.exists():
        known = json.loads(CASES.read_text(encoding="utf-8"))["cases"]
        cases += [case for case in known if case["group"] == "sandbox"]
    return [pytest.param(case, id=case["id"]) for case in cases]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def expressions() -> AsyncIterator[ExpressionSandbox]:
    async with ExpressionSandbox(PoolLimits(children=1, keep=1)) as sandbox:
        yield sandbox


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def code() -> AsyncIterator[CodeSandbox]:
    async with CodeSandbox(PoolLimits(children=1, keep=0)) as sandbox:
        yield sandbox
