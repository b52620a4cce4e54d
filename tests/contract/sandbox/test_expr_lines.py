"""`tapbot expr --jsonl`: a line in, a line out, also for lines that make no sense."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from tests.contract.sandbox.conftest import CASES

from tapbot.sandbox.expr_lines import answer_lines
from tapbot.sandbox.expression_sandbox import ExpressionSandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_each_line_gets_an_answer(expressions: ExpressionSandbox) -> None:
    cases = [
        {"id": 1, "expression": "={{ $json.a }}", "items": [{"json": {"a": 1}}], "itemIndex": 0},
        {"id": 2, "expression": "={{ 1 + }}"},
        {"id": 3, "expression": "={{ undefined }}"},
        {"id": 4, "expression": "={{ Date.now() }}", "now": "1970-01-01T00:00:01.000Z"},
    ]
    lines = [*map(json.dumps, cases), "", "nonsense", '{"id": 5}']
    answers = [
        json.loads(line) async for line in answer_lines(lines, expressions, now=datetime(2026, 1, 1, tzinfo=UTC))
    ]
    assert answers[0] == {"id": 1, "value": 1}
    assert "invalid syntax" in answers[1]["error"]
    assert answers[2] == {"id": 3, "value": {"__type": "undefined"}}
    assert answers[3] == {"id": 4, "value": 1000}
    assert "not a case" in answers[4]["error"]
    assert "not a case" in answers[5]["error"]


@pytest.mark.skipif(not CASES.exists(), reason=f"{CASES} is not on this machine")
async def test_the_language_core_of_the_conformance_set_passes(expressions: ExpressionSandbox) -> None:
    cases = [case for case in json.loads(CASES.read_text(encoding="utf-8"))["cases"] if case.get("runnable")]
    lines = [
        json.dumps({key: case.get(key) for key in ("id", "expression", "items", "itemIndex", "now")}) for case in cases
    ]
    answers = [json.loads(line) async for line in answer_lines(lines, expressions)]
    right = [
        "error" in answer if case["kind"] == "error" else answer.get("value") == case["expected"]
        for case, answer in zip(cases, answers, strict=True)
    ]
    assert sum(right) >= 200
