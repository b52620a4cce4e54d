"""Code nodes: modes, results, errors with their line, console."""

from __future__ import annotations

from typing import Any

import pytest

from tapbot.sandbox.code_sandbox import CodeSandbox
from tapbot.sandbox.types import CodeJob, NodeView

pytestmark = pytest.mark.asyncio(loop_scope="module")

ITEMS = [{"json": {"n": 1}}, {"json": {"n": 2}}]
NODES = {"Before": NodeView(items=[{"json": {"b": 1}}, {"json": {"b": 2}}], pairs=[0, 1])}


def job(source: str, **changes: Any) -> CodeJob:
    return CodeJob(scope="code", source=source, items=ITEMS, nodes=NODES, **changes)


ALL: list[tuple[str, list[dict[str, Any]]]] = [
    ("return [{ json: { a: 1 } }]", [{"json": {"a": 1}}]),
    ("return [{ a: 1 }, { a: 2 }]", [{"json": {"a": 1}}, {"json": {"a": 2}}]),
    ("return { a: 1 }", [{"json": {"a": 1}}]),
    ("return []", []),
    ("return items", ITEMS),
    ("return $input.all()", ITEMS),
    ("for (const item of $input.all()) item.json.twice = item.json.n * 2;\nreturn $input.all()",
     [{"json": {"n": 1, "twice": 2}}, {"json": {"n": 2, "twice": 4}}]),
    ("return [{ json: { a: 1 }, pairedItem: { item: 1 }, binary: {} }]",
     [{"json": {"a": 1}, "pairedItem": {"item": 1}, "binary": {}}]),
    ("return { b: $('Before').all().length, first: $('Before').first().json.b }", [{"json": {"b": 2, "first": 1}}]),
    ("return { at: DateTime.fromMillis(0).toUTC(), same: luxon.DateTime === DateTime }",
     [{"json": {"at": "1970-01-01T00:00:00.000Z", "same": True}}]),
    ("return { x: await Promise.resolve(5) }", [{"json": {"x": 5}}]),
    ("return Promise.all([1, 2]).then((found) => ({ found }))", [{"json": {"found": [1, 2]}}]),
    ("await new Promise((go) => setTimeout(go, 60000)); return { done: true }", [{"json": {"done": True}}]),
    ("const order = []; setTimeout(() => order.push(2), 20); setTimeout(() => order.push(1), 10);"
     "await new Promise((go) => setTimeout(go, 30)); return { order }", [{"json": {"order": [1, 2]}}]),
    ("total = 0; for (const item of items) total += item.json.n; return { total }", [{"json": {"total": 3}}]),
    ("class Oops extends Error { constructor() { super('x'); this.name = 'Oops' } }\nreturn { name: new Oops().name }",
     [{"json": {"name": "Oops"}}]),
    ("const it = { toString: 1 }; it.toString = 2; it.constructor = 3; return { it }",
     [{"json": {"it": {"toString": 2, "constructor": 3}}}]),
    ("return { q: $jmespath({ a: [1] }, 'a[0]') }", [{"json": {"q": 1}}]),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), ALL)
async def test_code_runs_once_for_all_items(source: str, expected: list[Any], code: CodeSandbox) -> None:
    answer = await code.run(job(source))
    assert answer.failure is None
    assert answer.items == expected


async def test_code_runs_once_for_each_item_and_pairs_them(code: CodeSandbox) -> None:
    source = "return { n: $json.n * 10, at: $itemIndex, item: item.json.n, before: $('Before').item.json.b }"
    answer = await code.run(job(source, mode="each"))
    assert answer.items == [
        {"pairedItem": {"item": 0}, "json": {"n": 10, "at": 0, "item": 1, "before": 1}},
        {"pairedItem": {"item": 1}, "json": {"n": 20, "at": 1, "item": 2, "before": 2}},
    ]


async def test_an_item_for_which_nothing_is_returned_is_dropped(code: CodeSandbox) -> None:
    answer = await code.run(job("if ($json.n > 1) return { kept: true }", mode="each"))
    assert answer.items == [{"pairedItem": {"item": 1}, "json": {"kept": True}}]


FAILURES = [
    ("const a = 1;\nconst b = null;\nreturn b.x", "Cannot read properties of null", 3),
    ("const a = 1;\nconst b = ;", "SyntaxError: Unexpected token ';'", 2),
    ("return (", "SyntaxError", None),
    ("})(); globalThis.leak = 1; (function () {", "SyntaxError", None),
    ("function down() { down() }\ndown()", "Maximum call stack size exceeded", 1),
    ("\nthrow new Error('no seats')", "no seats", 2),
    ("\n\nawait Promise.reject(new Error('late'))", "late", 3),
    ("throw 'text'", "The code threw text.", None),
    ("return 1", "must return an array of items", None),
    ("const a = 1", "must return an array of items", None),
    ("return [1]", "item 0 is a number", None),
    ("return [{ json: 1 }]", '"json" of item 0 must be an object', None),
    ("return [{ json: {}, jsno: 1 }]", 'Unknown key "jsno"', None),
    ("await new Promise(() => {}); return {}", "awaits a promise that nothing settles", None),
    ("const fs = require('fs')", "require() is not available", 1),
    ("await fetch('https://example.com')", "Use the HTTP Request node", 1),
    ("$helpers.httpRequest({})", "$helpers.httpRequest is not available", 1),
    ("return { a: Buffer.from('x') }", "Buffer is not defined (a Code node has no host objects)", 1),
    ("return $('Nobody').all()", 'no node "Nobody"', None),
    ("const a = {}; a.a = a; return { a }", "cannot be turned into JSON", None),
]


@pytest.mark.parametrize(("source", "message", "line"), FAILURES)
async def test_a_failure_says_what_and_in_which_line(
    source: str, message: str, line: int | None, code: CodeSandbox
) -> None:
    answer = await code.run(job(source))
    assert answer.items == []
    assert answer.failure is not None
    assert message in answer.failure.message
    assert line is None or answer.failure.line == line


async def test_a_failure_in_the_mode_for_each_item_names_the_item(code: CodeSandbox) -> None:
    answer = await code.run(job("if ($itemIndex === 1) throw new Error('two'); return {}", mode="each"))
    assert answer.failure is not None
    assert (answer.failure.message, answer.failure.item_index) == ("two", 1)


async def test_console_lines_are_kept_and_bounded(code: CodeSandbox) -> None:
    answer = await code.run(job("console.log('n', 1, { a: [2] }, null); console.error('bad'); return {}"))
    assert answer.console == ('n 1 {"a":[2]} null', "bad")
    many = await code.run(job("for (let i = 0; i < 1e4; i++) console.log('x'.repeat(1e4)); return {}"))
    assert len(many.console) == 201
    assert many.console[-1] == "(more lines were left out)"
    assert max(map(len, many.console)) == 2001
