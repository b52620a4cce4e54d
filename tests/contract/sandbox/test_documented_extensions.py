"""The extension methods, by method, input and value, as n8n's public expression reference shows them."""

from __future__ import annotations

from typing import Any

import pytest

from tapbot.sandbox.expression_sandbox import ExpressionSandbox
from tapbot.sandbox.types import ExpressionJob, RunView

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT: list[tuple[str, Any]] = [
    ("'aGVsbG8='.base64Decode()", "hello"),
    ("'hello'.base64Encode()", "aGVsbG8="),
    ("'hello'.hash('base64')", "aGVsbG8="),
    ("'me@example.com'.extractDomain()", "example.com"),
    ("'http://n8n.io/workflows'.extractDomain()", "n8n.io"),
    ("'My email is me@example.com'.extractEmail()", "me@example.com"),
    ("'Check out http://n8n.io'.extractUrl()", "http://n8n.io"),
    ("'http://n8n.io/workflows'.extractUrlPath()", "/workflows"),
    ("'hello'.hash()", "5d41402abc4b2a76b9719d911017c592"),
    ("['n8n.io', 'http://n8n.io', 'hello'].map((text) => text.isDomain())", [True, False, False]),
    ("['me@example.com', 'It is me@example.com', 'hello'].map((text) => text.isEmail())", [True, False, False]),
    ("['', 'hello'].map((text) => [text.isEmpty(), text.isNotEmpty()])", [[True, False], [False, True]]),
    ("['1.2234', 'hello', '123E23'].map((text) => text.isNumeric())", [True, False, True]),
    ("['https://n8n.io', 'n8n.io', 'hello'].map((text) => text.isUrl())", [True, False, False]),
    ("""'{"name":"Nathan"}'.parseJson()""", {"name": "Nathan"}),
    ("""'Nathan says "hi"'.quote()""", '"Nathan says \\"hi\\""'),
    ("'*bold*, [link]()'.removeMarkdown()", "bold, link"),
    ("'<b>bold</b>, <a>link</a>'.removeTags()", "bold, link"),
    ("'déjà'.replaceSpecialChars()", "deja"),
    ("['true', 'false', '0', 'No', 'hello'].map((text) => text.toBoolean())", [True, False, False, False, True]),
    ("'2024-03-29T18:06:31.798+01:00'.toDateTime().toMillis()", 1711731991798),
    ("'Fri, 29 Mar 2024 18:08:01 +0100'.toDateTime().toMillis()", 1711732081000),
    ("'20240329'.toDateTime().toISODate()", "2024-03-29"),
    ("'say \"hi\"'.toJsonString()", '"say \\"hi\\""'),
    ("'123'.toNumber() + '1.23E10'.toNumber()", 12300000123),
    ("'quick! brown FOX'.toSentenceCase()", "Quick! Brown fox"),
    ("'quick brown $FOX'.toSnakeCase()", "quick_brown_fox"),
    ("'quick a brown FOX'.toTitleCase()", "Quick a Brown Fox"),
    ("'the end of the'.toTitleCase()", "The End of The"),
    ("'name%3DNathan%20Automat'.urlDecode()", "name=Nathan Automat"),
    ("'name%3DNathan%20Automat'.urlDecode(true)", "name%3DNathan Automat"),
    ("'name=Nathan Automat'.urlEncode()", "name%3DNathan%20Automat"),
    ("'name=Nathan Automat'.urlEncode(true)", "name=Nathan%20Automat"),
]
NUMBERS: list[tuple[str, Any]] = [
    ("(-1.7).abs()", 1.7),
    ("[(1.234).ceil(), (1.234).floor()]", [2, 1]),
    ("[(123456.789).format(), (123456.789).format('ru')]", ["123,456.789", "123\u00a0456,789"]),
    ("[(33).isEven(), (33).isOdd(), (4).isInteger(), (4.12).isInteger()]", [False, True, True, False]),
    ("[(1.256).round(), (1.256).round(1), (1.256).round(2), (1e-7).round(2), (1e21).round()]", [1, 1.3, 1.26, 0, 1e21]),
    ("[(12).toBoolean(), (0).toBoolean(), (0).isEmpty()]", [True, False, False]),
    ("(1708695471).toDateTime('s').toUTC().toISO()", "2024-02-23T13:37:51.000Z"),
    ("(45345).toDateTime('excel').toUTC().toISO()", "2024-02-23T00:00:00.000Z"),
    ("[true.toNumber(), false.toNumber(), true.isEmpty()]", [1, 0, False]),
]
LISTS: list[tuple[str, Any]] = [
    ("['forget', 'me'].append('not')", ["forget", "me", "not"]),
    ("[[12, 1, 5].average(), [12, 1, 5].sum(), [12, 1, 5].max(), [12, 1, 5].min()]", [6, 18, 12, 1]),
    ("[1, 2, 3, 4, 5, 6].chunk(2)", [[1, 2], [3, 4], [5, 6]]),
    ("[2, null, 1, ''].compact()", [2, 1]),
    ("[[1, 2, 3].difference([2, 3]), [1, 2].intersection([2, 3]), [1, 2].union([2, 3])]", [[1], [2], [1, 2, 3]]),
    ("[['quick', 'fox'].first(), ['quick', 'fox'].last()]", ["quick", "fox"]),
    ("[{name: 'Nathan', age: 42}, {name: 'Jan', city: 'Berlin'}].pluck('age')", [42]),
    ("['quick', 'brown', 'quick'].removeDuplicates()", ["quick", "brown"]),
    ("[{a: 1, b: 1, c: 1}, {a: 1, b: 1, c: 2}].removeDuplicates('a, b')", [{"a": 1, "b": 1, "c": 1}]),
    ("[{name: 'bob'}, {name: 'meg'}].renameKeys('name', 'x')", [{"x": "bob"}, {"x": "meg"}]),
    ("[{field: 'age', value: 2}, {field: 'city', value: 'Berlin'}].smartJoin('field', 'value')",
     {"age": 2, "city": "Berlin"}),
    ("['quick', 'fox'].toJsonString()", '["quick","fox"]'),
    ("['do', 'not', 'this'].toSpliced(1, 1)", ["do", "this"]),
]  # fmt: skip
RECORDS: list[tuple[str, Any]] = [
    ("({ x: null, y: 2, z: '' }).compact()", {"y": 2}),
    ("[({ name: 1 }).hasField('name'), ({ name: 1 }).hasField('Name')]", [True, False]),
    ("({ name: 'Mr Nathan', city: 'hanoi', age: 42 }).keepFieldsContaining('Nathan')", {"name": "Mr Nathan"}),
    ("({ name: 'Mr Nathan', city: 'hanoi', age: 42 }).removeFieldsContaining('han')", {"age": 42}),
    ("({ a: 1 }).merge({ a: 2, b: 3 })", {"a": 1, "b": 3}),
    ("({ name: 'Nathan', city: 'hanoi' }).removeField('name')", {"city": "hanoi"}),
    ("({ name: 'Mr Nathan', city: 'hanoi' }).urlEncode()", "name=Mr+Nathan&city=hanoi"),
    ("[({ a: 1 }).keys(), ({ a: 1 }).values(), ({}).isEmpty()]", [["a"], [1], True]),
]
DATES: list[tuple[str, Any]] = [
    ("dt.extract('month') + dt.extract('hour')", 21),
    ("dt.format('dd LLL yy') + dt.setLocale('ru').format(' dd MMMM yyyy')", "30 Mar 24 30 марта 2024"),
    ("dt.format(\"HH 'hours and' mm 'minutes'\")", "18 hours and 49 minutes"),
    ("dt.hasSame('2024-03-18'.toDateTime(), 'month')", True),
    ("dt.isBetween('2020-06-01', '2025-06-01')", True),
    ("[dt.minus(7, 'days'), dt.plus(4, 'years')].map((moment) => moment.toISODate())", ["2024-03-23", "2028-03-30"]),
    ("dt.startOf('month').toISO() === '2024-03-01'.toDateTime().toISO()", True),
    ("dt.setLocale('ru').weekdayLong + ' ' + dt.setLocale('kk').weekdayLong", "суббота сенбі"),
    ("[dt.weekday, dt.weekNumber, dt.quarter]", [6, 13, 1]),
    ("dt.setZone('America/Buenos_Aires').zoneName", "America/Buenos_Aires"),
    ("[dt.setLocale('kk').monthLong, dt.setLocale('ru').monthLong]", ["Наурыз", "март"]),
    (
        "[$now.plus(1, 'day').toRelative(), $now.plus(1, 'day').toRelative({ unit: 'hours' })]",
        ["in 1 day", "in 24 hours"],
    ),
]
ROOT: list[tuple[str, Any]] = [
    ("$ifEmpty('', 'there') + $ifEmpty('Nathan', 'there')", "thereNathan"),
    ("[[], {}, null, undefined, 0].map((value) => $ifEmpty(value, 'empty'))", ["empty"] * 4 + [0]),
    ("[$max(1, 5, 3), $min(1, 5, 3)]", [5, 1]),
    ("$jmespath([{ n: 'Bob', age: 20 }, { n: 'Fred', age: 25 }], '[?age > `20`].n | [0]')", "Fred"),
    ("$jmespath([1], '][')", None),
]


async def _answer(expressions: ExpressionSandbox, script: str) -> Any:
    source = script.replace("dt.", "'2024-03-30T18:49'.toDateTime().")
    job = ExpressionJob(
        scope="documented",
        templates=(f"={{{{ {source} }}}}",),
        items=[{"json": {}}],
        run=RunView(now="2026-03-05T04:30:00.000Z", zone="Asia/Almaty"),
    )
    return await expressions.evaluate(job)


@pytest.mark.parametrize(("script", "expected"), [*TEXT, *NUMBERS, *LISTS, *RECORDS, *DATES, *ROOT])
async def test_a_method_gives_what_its_documentation_says(
    script: str, expected: Any, expressions: ExpressionSandbox
) -> None:
    answer = await _answer(expressions, script)
    assert answer.failures == ()
    assert answer.values[0][0] == expected


@pytest.mark.parametrize("script", ["$evaluateExpression('{{ 1 }}')", "$fromAI('name')", "'x'.hash('ripemd160')"])
async def test_what_is_refused_says_so(script: str, expressions: ExpressionSandbox) -> None:
    answer = await _answer(expressions, script)
    assert len(answer.failures) == 1
