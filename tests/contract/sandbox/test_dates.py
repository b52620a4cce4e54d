"""Dates and numbers read right in Kazakh, Russian and English, in both engines."""

from __future__ import annotations

import pytest

from tapbot.sandbox.code_sandbox import CodeSandbox
from tapbot.sandbox.expression_sandbox import ExpressionSandbox
from tapbot.sandbox.types import CodeJob, ExpressionJob, RunView

pytestmark = pytest.mark.asyncio(loop_scope="module")

RUN = RunView(now="2026-03-05T10:20:30.123Z", zone="Asia/Almaty")

READS = [
    ("$now.setLocale('kk').toFormat('d MMMM yyyy, cccc')", "5 наурыз 2026, бейсенбі"),
    ("$now.toFormat('d MMMM', { locale: 'kk' })", "5 наурыз"),
    ("$now.setLocale('ru').toFormat('d MMMM yyyy, cccc')", "5 марта 2026, четверг"),
    ("$now.setLocale('ru').toFormat('LLLL')", "март"),
    ("$now.toFormat('d MMMM yyyy, cccc h:mm a')", "5 March 2026, Thursday 3:20 PM"),
    ("$now.setLocale('kk').toLocaleString(DateTime.DATE_FULL)", "2026\u202fж. 5 наурыз"),
    ("$now.setLocale('ru').toLocaleString(DateTime.DATE_SHORT)", "05.03.2026"),
    ("$now.toLocaleString(DateTime.DATETIME_MED)", "Mar 5, 2026, 3:20 PM"),
    ("(1234567.891).toLocaleString('ru-RU')", "1\u00a0234\u00a0567,891"),
    ("(1234567.5).toLocaleString('kk-KZ', { style: 'currency', currency: 'KZT' })", "1\u00a0234\u00a0567,50\u00a0₸"),
    ("(1234.5).toLocaleString()", "1,234.5"),
    ("new Date().toLocaleString('en-US', { timeZone: 'America/New_York' })", "3/5/2026, 5:20:30 AM"),
    ("new Date().toLocaleDateString('ru-RU')", "05.03.2026"),
    ("$now.minus({ days: 3 }).setLocale('ru').toRelative()", "3 дня назад"),
    ("$now.plus({ days: 1 }).setLocale('kk').toRelativeCalendar()", "ертең"),
    ("$now.minus({ hours: 5 }).toRelative()", "5 hours ago"),
    ("DateTime.fromFormat('5 марта 2026', 'd MMMM yyyy', { locale: 'ru' }).toISODate()", "2026-03-05"),
    ("DateTime.fromFormat('5 наурыз 2026', 'd MMMM yyyy', { locale: 'kk' }).toISODate()", "2026-03-05"),
    ("$now.setZone('Asia/Tokyo').toISO()", "2026-03-05T19:20:30.123+09:00"),
    ("$now.setZone('America/New_York').toFormat('ZZZZ')", "EST"),
    ("$now.setZone('Mars/Olympus').isValid", "false"),
    ("DateTime.fromISO('2024-02-29T23:00').plus({ days: 1 }).toISO()", "2024-03-01T23:00:00.000+05:00"),
    ("DateTime.fromISO('2026-03-08T01:30', { zone: 'America/New_York' }).plus({ hours: 1 }).toISO()",
     "2026-03-08T03:30:00.000-04:00"),
    ("DateTime.fromISO('2026-01-31').plus({ months: 1 }).toISODate()", "2026-02-28"),
]  # fmt: skip


@pytest.mark.parametrize(("script", "expected"), READS)
async def test_an_expression_reads_right(script: str, expected: str, expressions: ExpressionSandbox) -> None:
    job = ExpressionJob(scope="dates", templates=(f"={{{{ String({script}) }}}}",), run=RUN)
    assert (await expressions.evaluate(job)).values == [[expected]]


@pytest.mark.parametrize(("script", "expected"), READS)
async def test_a_code_node_reads_the_same(script: str, expected: str, code: CodeSandbox) -> None:
    answer = await code.run(CodeJob(scope="dates", source=f"return {{ text: String({script}) }}", run=RUN))
    assert answer.failure is None
    assert answer.items == [{"json": {"text": expected}}]
