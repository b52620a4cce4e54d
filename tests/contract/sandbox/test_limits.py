"""Time, memory, size and death of a child: each ends the job with a clear error, in time, on a busy machine."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import threading
import time
from collections.abc import Awaitable, Iterator

import pytest

from tapbot.errors import LimitExceeded
from tapbot.sandbox.code_sandbox import CodeSandbox
from tapbot.sandbox.expression_sandbox import ExpressionSandbox
from tapbot.sandbox.pool import PoolLimits
from tapbot.sandbox.types import CodeJob, ExpressionJob

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIMIT_SECONDS = 0.5
LATE_SECONDS = 1.5
"""How late the end may come on a machine whose cores are all taken."""


@pytest.fixture(autouse=True, scope="module")
def _busy_machine() -> Iterator[None]:
    """Four threads that never rest; hashing releases the interpreter's lock, so they take real cores."""
    stop = threading.Event()
    block = os.urandom(1 << 20)

    def burn() -> None:
        while not stop.is_set():
            hashlib.sha256(block).digest()

    threads = [threading.Thread(target=burn) for _ in range(4)]
    for thread in threads:
        thread.start()
    yield
    stop.set()
    for thread in threads:
        thread.join()


RUNAWAYS = {
    "endless loop": "(() => { for (;;); })()",
    "endless loop in a catch": "(() => { for (;;) try { throw 1 } catch {} })()",
    "one native call for minutes": 'new Array(4294967295).join("x")',
    "quadratic search": '"a".repeat(4e6).indexOf("a".repeat(2e6) + "b")',
    "regular expression": '/^(a+)+$/.test("a".repeat(40) + "b")',
    "memory by arrays": "(() => { const kept = []; for (;;) kept.push(new Array(10000).fill(kept.length)); })()",
    "memory by buffers": "(() => { const kept = []; for (;;) kept.push(new Uint8Array(1e7).fill(1)); })()",
    "memory by strings": "(() => { let kept = 'x'; for (;;) kept = (kept + kept + kept.length).slice(1); })()",
    "sort that never agrees": "Array.from({ length: 1e7 }, (_, i) => i).sort(() => Math.random() - 0.5).length",
    "deep recursion": "(function down() { return down() + 1 })()",
    "recursion that goes on": "(function down() { try { return down() } catch { return down() } })()",
    "deep JSON": "JSON.parse('['.repeat(1e6))",
    "deep pattern": "new RegExp('('.repeat(1e5)).test('x')",
    "getter loop": "(() => { const a = { get b() { return this.b } }; return a.b })()",
    "big integers": "(() => { let n = 3n; for (;;) n = n * n; })()",
}


STOPS = {"sandbox.time", "sandbox.memory", "sandbox.crashed"}


async def _end_of(job: Awaitable[object]) -> str:
    """How a job ended: "answer" (of an engine that stopped the script itself) or the code of the error."""
    try:
        await job
    except LimitExceeded as error:
        return error.code
    return "answer"


@pytest.mark.parametrize("script", RUNAWAYS.values(), ids=RUNAWAYS.keys())
async def test_a_runaway_expression_ends_in_time_and_the_next_one_works(
    script: str, expressions: ExpressionSandbox
) -> None:
    await expressions.start()
    started = time.monotonic()
    job = ExpressionJob(scope="one", templates=(f"={{{{ {script} }}}}",), timeout_seconds=LIMIT_SECONDS)
    assert await _end_of(expressions.evaluate(job)) in {"answer", *STOPS}
    assert time.monotonic() - started < LIMIT_SECONDS + LATE_SECONDS
    after = await expressions.evaluate(ExpressionJob(scope="one", templates=("={{ 6 * 7 }}",)))
    assert after.values == [[42]]


@pytest.mark.parametrize("script", RUNAWAYS.values(), ids=RUNAWAYS.keys())
async def test_a_runaway_code_node_ends_in_time_and_the_next_one_works(script: str, code: CodeSandbox) -> None:
    await code.run(CodeJob(scope="one", source="return {}"))
    started = time.monotonic()
    source = f"const found = {script}; return {{ found: typeof found }}"
    job = CodeJob(scope="one", source=source, timeout_seconds=LIMIT_SECONDS)
    assert await _end_of(code.run(job)) in {"answer", *STOPS}
    assert time.monotonic() - started < LIMIT_SECONDS + LATE_SECONDS
    after = await code.run(CodeJob(scope="one", source="return { n: 6 * 7 }"))
    assert after.items == [{"json": {"n": 42}}]


@pytest.mark.parametrize("name", ["memory by arrays", "memory by buffers"])
async def test_a_full_heap_is_named_as_such(name: str) -> None:
    async with ExpressionSandbox(PoolLimits(children=1), memory_bytes=32 << 20) as sandbox:
        job = ExpressionJob(scope="one", templates=(f"={{{{ {RUNAWAYS[name]} }}}}",), timeout_seconds=20)
        with pytest.raises(LimitExceeded, match="more than 32 MB of memory") as ended:
            await sandbox.evaluate(job)
        assert ended.value.code == "sandbox.memory"
        assert (await sandbox.evaluate(ExpressionJob(scope="one", templates=("={{ 1 }}",)))).values == [[1]]


async def test_endless_promises_of_a_code_node_end_in_time(code: CodeSandbox) -> None:
    await code.run(CodeJob(scope="one", source="return {}"))
    started = time.monotonic()
    with pytest.raises(LimitExceeded) as ended:
        await code.run(CodeJob(scope="one", source="for (;;) await null;", timeout_seconds=LIMIT_SECONDS))
    assert ended.value.code == "sandbox.time"
    assert time.monotonic() - started < LIMIT_SECONDS + LATE_SECONDS


async def test_a_child_that_is_killed_in_mid_job_fails_that_job_and_is_replaced(
    expressions: ExpressionSandbox,
) -> None:
    await expressions.start()
    endless = ExpressionJob(scope="one", templates=("={{ (() => { for (;;); })() }}",), timeout_seconds=10)
    job = asyncio.ensure_future(expressions.evaluate(endless))
    await asyncio.sleep(0.1)
    (victim,) = expressions.pool.pids
    os.kill(victim, signal.SIGKILL)
    with pytest.raises(LimitExceeded, match="SIGKILL") as ended:
        await job
    assert ended.value.code == "sandbox.crashed"
    after = await expressions.evaluate(ExpressionJob(scope="one", templates=("={{ 1 }}",)))
    assert after.values == [[1]]
    assert expressions.pool.pids != [victim]


async def test_a_child_that_dies_while_idle_is_not_used(expressions: ExpressionSandbox) -> None:
    await expressions.start()
    (victim,) = expressions.pool.pids
    os.kill(victim, signal.SIGSEGV)
    await asyncio.sleep(0.2)
    after = await expressions.evaluate(ExpressionJob(scope="one", templates=("={{ 1 }}",)))
    assert after.values == [[1]]


async def test_a_cancelled_job_leaves_no_child_at_work(expressions: ExpressionSandbox) -> None:
    await expressions.start()
    endless = ExpressionJob(scope="one", templates=("={{ (() => { for (;;); })() }}",), timeout_seconds=10)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await expressions.evaluate(endless)
    assert expressions.pool.pids == []
    assert (await expressions.evaluate(ExpressionJob(scope="one", templates=("={{ 1 }}",)))).values == [[1]]


async def test_a_result_that_is_too_large_is_refused() -> None:
    async with ExpressionSandbox(PoolLimits(children=1, reply_bytes=10_000)) as sandbox:
        with pytest.raises(LimitExceeded, match="at most 10000 are allowed") as refused:
            await sandbox.evaluate(ExpressionJob(scope="one", templates=('={{ "x".repeat(20000) }}',)))
        assert refused.value.code == "sandbox.too_large"
        after = await sandbox.evaluate(ExpressionJob(scope="one", templates=("={{ 1 }}",)))
        assert after.values == [[1]]


async def test_jobs_wait_for_a_free_child_and_say_so_when_none_comes() -> None:
    async with ExpressionSandbox(PoolLimits(children=1, queue_seconds=0.2)) as sandbox:
        await sandbox.start()
        loops = ExpressionJob(scope="one", templates=("={{ (() => { for (;;); })() }}",), timeout_seconds=1)
        first = asyncio.ensure_future(sandbox.evaluate(loops))
        await asyncio.sleep(0)
        with pytest.raises(LimitExceeded) as busy:
            await sandbox.evaluate(loops)
        assert busy.value.code == "sandbox.busy"
        with pytest.raises(LimitExceeded):
            await first


async def test_idle_children_end_and_come_back() -> None:
    async with CodeSandbox(PoolLimits(children=1, keep=0, idle_seconds=0.2)) as sandbox:
        assert (await sandbox.run(CodeJob(scope="one", source="return {}"))).items == [{"json": {}}]
        assert len(sandbox.pool.pids) == 1
        async with asyncio.timeout(10):
            while sandbox.pool.pids:
                await asyncio.sleep(0.05)
        assert (await sandbox.run(CodeJob(scope="one", source="return {}"))).items == [{"json": {}}]
