"""Code jobs that go to a child together: each gets its own answer, and its own failure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tapbot.errors import LimitExceeded
from tapbot.sandbox.code_sandbox import CodeSandbox
from tapbot.sandbox.pool import PoolLimits
from tapbot.sandbox.types import CodeAnswer, CodeJob

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUICK = "console.log('line\\n' + $json.n); return { n: $json.n }"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[CodeSandbox]:
    async with CodeSandbox(PoolLimits(children=1, keep=1)) as made:
        yield made


def job(source: str, n: int, scope: str = "together", **changes: Any) -> CodeJob:
    return CodeJob(scope=scope, source=source, items=[{"json": {"n": n}}], timeout_seconds=3, **changes)


async def ask(sandbox: CodeSandbox, *jobs: CodeJob) -> tuple[list[CodeAnswer | BaseException], list[int]]:
    """Answers in order, and how many jobs each request had."""
    for _ in range(3):  # until the line is known to be quick
        await sandbox.run(job(QUICK, 0, jobs[0].scope))
    sizes: list[int] = []
    ask_pool = sandbox.pool.ask

    async def counting(scope: str, text: bytes, **limits: Any) -> bytes:
        sizes.append(text.count(b"\n") + 1)
        return await ask_pool(scope, text, **limits)

    sandbox.pool.ask = counting  # type: ignore[method-assign]  # the real one is called
    try:
        return await asyncio.gather(*(sandbox.run(one) for one in jobs), return_exceptions=True), sizes
    finally:
        sandbox.pool.ask = ask_pool  # type: ignore[method-assign]  # as it was


def values(answers: list[Any]) -> list[Any]:
    return [one.items[0]["json"] if isinstance(one, CodeAnswer) and one.items else one for one in answers]


async def test_jobs_that_wait_share_requests_and_get_their_own_answers(sandbox: CodeSandbox) -> None:
    answers, sizes = await ask(sandbox, *(job(QUICK, n) for n in range(20)))
    assert values(answers) == [{"n": n} for n in range(20)]
    assert [one.console for one in answers if isinstance(one, CodeAnswer)] == [(f"line\n{n}",) for n in range(20)]
    assert sum(sizes) == 20
    assert max(sizes) == 8


async def test_of_jobs_together_each_fails_for_itself(sandbox: CodeSandbox) -> None:
    sources = [
        QUICK,
        "throw new Error('mine')",
        "return {",
        "return { n: await Promise.resolve($json.n) }",
        QUICK,
        QUICK,
    ]
    answers, sizes = await ask(sandbox, *(job(source, n) for n, source in enumerate(sources)))
    assert max(sizes) > 1
    failures = [one.failure.message if isinstance(one, CodeAnswer) and one.failure else None for one in answers]
    assert failures[:2] == [None, "mine"]
    assert str(failures[2]).startswith("SyntaxError")
    assert [value["n"] for value in (values(answers)[n] for n in (0, 3, 4, 5))] == [0, 3, 4, 5]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("while (true) {}", "sandbox.time"),
        ("const kept = []; while (true) kept.push(new Array(1000000).fill(7))", "sandbox.memory"),
    ],
)
async def test_a_runaway_among_them_takes_nobody_along(sandbox: CodeSandbox, source: str, code: str) -> None:
    sources = [QUICK, QUICK, source, QUICK, QUICK]
    answers, _ = await ask(sandbox, *(job(one, n) for n, one in enumerate(sources)))
    assert [value for n, value in enumerate(values(answers)) if n != 2] == [{"n": n} for n in (0, 1, 3, 4)]
    failed = answers[2]
    assert isinstance(failed, LimitExceeded)
    assert failed.code in {code, "sandbox.crashed"}
    assert values([await sandbox.run(job(QUICK, 9))]) == [{"n": 9}]


async def test_projects_and_large_jobs_do_not_share_a_request(sandbox: CodeSandbox) -> None:
    large = CodeJob(scope="together", source=QUICK, items=[{"json": {"n": 1, "x": "x" * 300_000}}], timeout_seconds=3)
    jobs = [job(QUICK, 1), job(QUICK, 2, "another"), large, job(QUICK, 3, "another"), job(QUICK, 4)]
    answers, sizes = await ask(sandbox, *jobs)
    assert [value["n"] for value in values(answers)] == [1, 2, 1, 3, 4]
    assert max(sizes) == 1 or sum(sizes) == 5


async def test_the_end_of_the_sandbox_is_told_to_those_who_wait() -> None:
    async with CodeSandbox(PoolLimits(children=1, keep=1)) as made:
        for _ in range(3):
            await made.run(job(QUICK, 0))
        slow = [asyncio.create_task(made.run(job("while (true) {}", 1))) for _ in range(3)]
        await asyncio.sleep(0.1)
    ended = await asyncio.gather(*slow, return_exceptions=True)
    assert all(isinstance(one, LimitExceeded) for one in ended)
