"""Expressions of the open set whose data the file lacks, with data of our own that gives what they expect."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tapbot.sandbox.expression_sandbox import ExpressionSandbox
from tapbot.sandbox.types import ExpressionJob

pytestmark = pytest.mark.asyncio(loop_scope="module")
SET = Path(__file__).parents[4] / "shared" / "n8n" / "expressions.json"
DATA: dict[str, dict[str, Any]] = {
    "e0506": {"contact": {"FirstName": "test"}},
    "e0508": {"test": "value"},
    "e0513": {"Set2": {"json": {"apiKey": "k"}}, "k": "testValue"},
    "e0516": {"dig check CF": {"data": {"stdout": "testout"}}},
    "e0517": {"Set URL": {"json": {"base_domain": "left"}}, "link": "right"},
    "e0520": {
        "IF Zoom meeting": {
            "json": {
                "start": {"dateTime": "2026-01-01T10:00:00Z"},
                "end": {"dateTime": "2026-01-01T10:10:00Z"},
            }
        }
    },
    "e0521": {"GetTicket": {"json": {"tickets": [1, 2, 3, 4]}}},
    "e0525": {"phone": "test"},
    "e0530": {"Webhook1": {"json": {"headers": {"x-api-key": "left"}}}, "test": "3 seats"},
    "e0531": {"Create or update": {"json": {"vid": [1, 2, 3]}}},
    "e0532": {"Crypto": {"json": {"data": "testtest"}}},
    "e0533": {"body": {"project": {"name": "A [1234]"}}},
    "e0537": {"created_at": "2023-02-09T13:22:54.187Z"},
    "e0545": {"HTTP Request": {"json": {"paging": {}}}},
    "e0549": {"different": {"name": "A"}},
    "e0554": {"assetValue": 50, "value": 50},
    "e0558": {"body": {"choices": "testValue"}},
    "e0564": {"data": {"errors": [1]}},
    "e0567": {"data": {"data": {"issues": {"pageInfo": {"hasNextPage": True}}}}},
    "e0577": {"data": 1},
    "e0589": {"text": "hello"},
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[ExpressionSandbox]:
    async with ExpressionSandbox() as opened:
        yield opened


@pytest.mark.skipif(not SET.is_file(), reason="../shared/n8n is not here")
@pytest.mark.parametrize("case_id", DATA)
async def test_with_its_data_an_expression_gives_what_n8n_gives(sandbox: ExpressionSandbox, case_id: str) -> None:
    cases = {case["id"]: case for case in json.loads(SET.read_text("utf-8"))["cases"]}
    case = cases[case_id]
    job = ExpressionJob(scope="a", templates=(case["expression"],), items=[{"json": DATA[case_id]}], typed=True)
    answer = await sandbox.evaluate(job)
    assert answer.values == [[case["expected"]]]
