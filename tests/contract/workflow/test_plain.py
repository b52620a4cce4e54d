"""The plainest expressions mean in Python what they mean in JavaScript, or are left to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapbot.sandbox.expression_sandbox import ExpressionSandbox
from tapbot.sandbox.types import ExpressionJob
from tapbot.workflow.plain import NotPlain, compile_plain

VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 2**53 - 1, 2**53, 2**53 + 1, -(2**60), 10**30, 0.1, 0.2, 1.0, -0.0, 1e21, 1e-7,
    1.5e300, 1e308, "", "1", " x ", "әө", "😀", "null", "a\nb", "ab aB", "a1b22b", "0555 11", "ÄßÿÑ", "Өмір ЖҰЛДЫЗ",
    "\x00", "2020-01-01", "{{ 1 }}", [], [1], {}, {"a": 1},
]  # fmt: skip
PLAIN = [
    "={{ $json.a }}",
    "={{$json.a}}",
    "={{\n$json.a\t}}",
    "={{ $json.a + $json.b }}",
    "={{ $json.a+1 }}",
    "={{ 1 + 2 + $json.a }}",
    "={{ $json.a + 1 + 2 }}",
    "={{ 'step ' + $json.a }}",
    "={{ $json.a + ', ' + $json.b }}",
    '={{ "it\'s " + $json.a }}',
    "={{ 'x' }}",
    "={{ '' }}",
    "={{ 12 }}",
    "={{ 999999999999999 + $json.a }}",
    "={{ $json.o.a }}",
    "={{ $json.o.toString }}",
    "={{ $json.length }}",
    "={{ $json.a.length }}",
    "={{ $json.missing }}",
    "={{ $json.missing.deeper }}",
    "=x {{ $json.a }}",
    "={{ $json.a }} ",
    "={{ $json.a }}{{ $json.b }}",
    "=1 {{ $json.a + $json.b }}\n{{ 'x' }} }} {",
    "={{ $json }}",
    "={{ $json.o }}",
    "={{ $json['a'] }}",
    "={{ $json.a[0] }}",
    "={{ $json?.o?.a }}",
    "={{ $json.a - $json.b }}",
    "={{ $json.a * $json.b }}",
    "={{ $json.a / $json.b }}",
    "={{ $json.a % $json.b }}",
    "={{ -$json.a }}",
    "={{ (1 + 2) * 3 - 1.5 }}",
    "={{ !$json.a }}",
    "={{ $json.a === $json.b }}",
    "={{ $json.a !== $json.b }}",
    "={{ $json.a == $json.b }}",
    "={{ $json.a != null }}",
    "={{ $json.a < $json.b }}",
    "={{ $json.a >= $json.b }}",
    "={{ $json.a > 0 && $json.b <= 1 }}",
    "={{ $json.a || $json.b }}",
    "={{ $json.a && $json.b }}",
    "={{ $json.a ? $json.b : 'none' }}",
    "={{ $json.a ? 1 : $json.b ? 2 : 3 }}",
    "={{ $json.a.toUpperCase() }}",
    "={{ $json.a.toLowerCase() + '!' }}",
    "={{ $json.a.trim().length }}",
    "={{ $json.a.includes($json.b) }}",
    "={{ $json.a.startsWith($json.b) || $json.a.endsWith($json.b) }}",
    "={{ $json.a.replace('a', $json.b) }}",
    "={{ $json.a.replace('', 'x') }}",
    "={{ $json.a.replaceAll('', '-') }}",
    "={{ $json.a.replace(/^[a-z]/, '+98') }}",
    "={{ $json.a.replace(/ +/g, '') }}",
    "={{ $json.a.replace(/[^0-9]/g, '') }}",
    "={{ $json.a.replaceAll(/\\d+/g, '#') }}",
    "={{ $json.a.replace(/b$/, '') }}",
    '={{ $json.a.replace( /\\D/ , "" ) }}',
    '={{ { "ok": true } }}',
    '={{ {"b": 1, "a": -2, "n": null, "t": "ә", "": ""} }}',
    "={{ {a: $json.a, b: {c: [$json.b, 1]} } }}",
    "={{ {} }}",
    "={{ [] }}",
    "={{ [$json.a, 'x'] }}",
]
NOT_PLAIN = [
    "={{ $json.a ++ }}",
    "={{ $json.a + +1 }}",
    "={{ $json.a++1 }}",
    "={{ $json.a --1 }}",
    "={{ $json.a() }}",
    "={{ $json.a.b.toString() }}",
    "={{ $json.a.toUpperCase(1) }}",
    "={{ $json.a.toUpperCase }",
    "={{ $jsonx.a }}",
    "={{ $json.constructor }}",
    "={{ $json['constructor'] }}",
    "={{ $json.__proto__ }}",
    "={{ 007 }}",
    "={{ 1n }}",
    "={{ 1e3 }}",
    "={{ 1. }}",
    "={{ 2 ** 3 }}",
    "={{ 1 << 2 }}",
    "={{ 'a\\n' }}",
    "={{ 'a' 'b' }}",
    "={{ 'a' + }}",
    "={{ 1234567890123456 }}",
    "={{ + 1 }}",
    "={{ }}",
    "={{",
    "=",
    "=text",
    "plain",
    "=a \\{{ $json.a }}",
    "={{ $json.a // 'b' }}",
    "={{ $json.a /* b */ }}",
    "={{ $json.a <!-- b }}",
    "={{ 'a' + '}}' }}",
    "={{ $json.a ?? 1 }}",
    "={{ $json.a = 1 }}",
    "={{ $json.a, 1 }}",
    "={{ `a` }}",
    "={{ /a/ }}",
    "={{ $json.a.replace(/(a+)+$/, '') }}",
    "={{ $json.a.replace(/a+b/, '') }}",
    "={{ $json.a.replace(/a|b/, '') }}",
    "={{ $json.a.replace(/./, '') }}",
    "={{ $json.a.replace(/\\s/, '') }}",
    "={{ $json.a.replace(/a/i, '') }}",
    "={{ $json.a.replace(/a*/, '') }}",
    "={{ $json.a.replace(/[z-a]/, '') }}",
    "={{ $json.a.replace(/$/, '') }}",
    '={{ {"ok":true}}}',
    '={{ {"a":{"b":1}} }}',
    '={{ {"2": 1, "1": 2} }}',
    '={{ {"__proto__": 1} }}',
    '={{ {"a": 1, "a": 2} }}',
    '={{ {"a": 1,} }}',
    "={{ {a} }}",
    "={{ {...$json} }}",
    "={{ [1,] }}",
    "={{ $('A').item.json.a }}",
    "={{ $now }}",
    "={{ " + "(" * 13 + "1" + ")" * 13 + " }}",
    "={{ " + " + ".join(["1"] * 200) + " }}",
]


@pytest.fixture
async def sandbox() -> AsyncIterator[ExpressionSandbox]:
    async with ExpressionSandbox() as made:
        yield made


def read(source: str, record: dict[str, Any]) -> tuple[bool, Any]:
    """Whether it was read without a sandbox, and its value."""
    reader = compile_plain(source)
    if reader is None:
        return False, None
    try:
        return True, reader(record)
    except NotPlain:
        return False, None


@pytest.mark.parametrize("source", NOT_PLAIN)
def test_what_is_not_plain_is_left_to_the_sandbox(source: str) -> None:
    assert compile_plain(source) is None


async def test_what_is_plain_gives_what_javascript_gives(sandbox: ExpressionSandbox) -> None:
    compared = 0
    for source in PLAIN:
        others = VALUES if "$json.b" in source else VALUES[:1]
        records = [{"a": a, "b": b, "o": {"a": a, "toString": b}} for a in VALUES for b in others]
        items = [{"json": record} for record in records]
        job = ExpressionJob(scope="s", templates=(source,), items=items, item_indexes=tuple(range(len(items))))
        answer = await sandbox.evaluate(job)
        failed = {failure.item_index for failure in answer.failures}
        for index, record in enumerate(records):
            taken, value = read(source, record)
            if taken:
                wanted = answer.values[index][0]
                assert index not in failed, (source, record)
                assert (type(value), value) == (type(wanted), wanted), (source, record)
                compared += 1
    assert compared > 5000


@given(st.text(alphabet="$json.ab_1 +'\"-*/()[]{}\\\n0x?:!<=&|,", max_size=24))
def test_no_text_breaks_the_reading(inside: str) -> None:
    read("={{" + inside + "}}", {"a": 1, "b": "x"})


@pytest.mark.parametrize("source", ["={{ $json.a }}", "={{ 'x' + $json.a }}"])
def test_a_long_text_costs_no_more_than_its_length(source: str) -> None:
    taken, value = read(source, {"a": "y" * 50_000})
    assert taken
    assert len(value) >= 50_000
    assert read("={{ $json.a + $json.a + $json.a }}", {"a": "y" * 50_000}) == (False, None)
