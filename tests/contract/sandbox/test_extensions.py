"""Extension methods: hashes and base64 agree with Python's, plain names stay plain, our errors are failures."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from tapbot.sandbox.expression_sandbox import ExpressionSandbox
from tapbot.sandbox.types import ExpressionJob

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXTS = ["", "a", "қазақша мәтін", "😀" * 40, "x" * 55, "x" * 56, "x" * 64, "x" * 111, "x" * 112, "x" * 300]
ALGORITHMS = {name: name for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")} | {"sha3": "sha3_512"}


async def value(expressions: ExpressionSandbox, script: str, **data: Any) -> Any:
    """The value of a script for one item; a failure fails the test."""
    job = ExpressionJob(scope="extensions", templates=(f"={{{{ {script} }}}}",), items=[{"json": data}])
    answer = await expressions.evaluate(job)
    assert answer.failures == ()
    return answer.values[0][0]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_hashes_are_those_of_the_standard(algorithm: str, expressions: ExpressionSandbox) -> None:
    found = await value(expressions, f"$json.texts.map((text) => text.hash('{algorithm}'))", texts=TEXTS)
    assert found == [hashlib.new(ALGORITHMS[algorithm], text.encode()).hexdigest() for text in TEXTS]


async def test_base64_is_that_of_the_standard_and_comes_back(expressions: ExpressionSandbox) -> None:
    encoded = await value(expressions, "$json.texts.map((text) => text.base64Encode())", texts=TEXTS)
    assert encoded == [base64.b64encode(text.encode()).decode() for text in TEXTS]
    assert await value(expressions, "$json.texts.map((text) => text.base64Decode())", texts=encoded) == TEXTS


SCRIPTS: list[tuple[str, Any]] = [
    ("$json.isEmpty", None),
    ("$json.first ?? 'none'", "none"),
    ("'abc'.length + [1, 2].length", 5),
    ("'abc'.length()", 3),
    ("Math.max(1, 2) + Math.round(1.6)", 4),
    ("Object.keys({ a: 1 })", ["a"]),
    ("({ a: 1 }).keys()", ["a"]),
    ("[...new Map([['a', 1]]).keys()]", ["a"]),
    ("$input.first().json.n", 1),
    ("({ first: () => 'own' }).first()", "own"),
    ("$json.missing?.isEmpty()", None),
    ("$json.missing.isEmpty()", None),
    ("$if(true, 1, $json.missing.deep.er)", 1),
    ("$if(false, $json.missing.deep.er, [1, 2][1])", 2),
    ("$if($if(true, false, true), 'a', $if(1, 'b'))", "b"),
    ("DateTime.fromISO('2026-03-05').plus({ days: 1 }).toISODate()", "2026-03-06"),
    ("DateTime.fromISO('2026-03-05').plus(1, 'days').toISODate()", "2026-03-06"),
    ("Duration.fromObject({ hours: 1 }).plus({ hours: 1 }).hours", 2),
    ("[3, 1, 2].sort().first()", 1),
    ("'5 марта'.toTitleCase()", "5 Марта"),
]


@pytest.mark.parametrize(("script", "expected"), SCRIPTS)
async def test_extensions_live_beside_plain_javascript(
    script: str, expected: Any, expressions: ExpressionSandbox
) -> None:
    assert await value(expressions, script, n=1) == expected


@pytest.mark.parametrize(
    "script",
    ["'x'.toDateTime()", "'x'.toNumber()", "'{'.parseJson()", "(1.5).isEven()", "[1, 'a'].sum()", "zip([1], {})",
     "numberList(1, 1e9)", "extend({}, 'constructor')", "'x'.hash('crc')", "zip(['__proto__'], [1])"],
)  # fmt: skip
async def test_errors_of_extensions_are_failures(script: str, expressions: ExpressionSandbox) -> None:
    answer = await expressions.evaluate(ExpressionJob(scope="extensions", templates=(f"={{{{ {script} }}}}",)))
    assert len(answer.failures) == 1
