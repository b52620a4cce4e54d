"""Python of Code nodes: what it sees, what it may return, and what it cannot do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tapbot.errors import LimitExceeded
from tapbot.sandbox.code_sandbox import CodeSandbox
from tapbot.sandbox.types import CodeAnswer, CodeJob, RunView

pytestmark = pytest.mark.asyncio(loop_scope="module")
TWO = [{"json": {"n": 1}}, {"json": {"n": 2}}]
RUN = RunView(now="2026-03-05T09:30:00+05:00", zone="Asia/Almaty", seed=7)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[CodeSandbox]:
    async with CodeSandbox() as opened:
        yield opened


async def run(sandbox: CodeSandbox, source: str, **settings: Any) -> CodeAnswer:
    settings = {"timeout_seconds": 10, "memory_bytes": 64 << 20, **settings}
    return await sandbox.run(CodeJob(scope="a", source=source, language="python", items=TWO, run=RUN, **settings))


@pytest.mark.parametrize(
    ("source", "records"),
    [
        ("return [{'json': {'n': _items[1]['json']['n']}}]", [{"n": 2}]),
        ("return {'a': (1, 2.5, None, True), 1: 'ә😀'}", [{"a": [1, 2.5, None, True], "1": "ә😀"}]),
        ("return _input.first()", [{"n": 1}]),
        ("text = '''a\n  b\nc'''\nreturn {'t': text}", [{"t": "a\n  b\nc"}]),
        ("async def f():\n    return 3\nreturn {'n': await f()}", [{"n": 3}]),
        ("import datetime\nreturn {'d': datetime.datetime.now().isoformat()}", [{"d": "2026-03-05T09:30:00"}]),
        ("import json, re, math\nreturn {'x': json.loads('[1]'), 'f': math.floor(1.5)}", [{"x": [1], "f": 1}]),
        ("# nothing\nreturn []", []),
    ],
)
async def test_python_gives_items(sandbox: CodeSandbox, source: str, records: list[Any]) -> None:
    answer = await run(sandbox, source)
    assert answer.failure is None, answer.failure
    assert [item["json"] for item in answer.items] == records


@pytest.mark.parametrize(
    ("source", "message", "line"),
    [
        ("a = 1\nraise ValueError('no seats')", "no seats", 2),
        ("return _nothing", "name '_nothing' is not defined", 1),
        ("a = = 1", "SyntaxError", 1),
        ("pass", "add a return", None),
        ("return 'x'", "Code must return a list of items", None),
        ("return [1]", "item 0 is a int", None),
        ("return {'a': {1, 2}}", "A set in the result cannot be turned into JSON", None),
        ("return [{'json': {}, 'extra': 1}]", 'Unknown key "extra"', None),
    ],
)
async def test_a_mistake_is_told_with_its_line(sandbox: CodeSandbox, source: str, message: str, line: int) -> None:
    answer = await run(sandbox, source)
    assert answer.failure is not None
    assert message in answer.failure.message
    assert answer.failure.line == line


@pytest.mark.parametrize(
    "source",
    [
        "return open('/etc/passwd').read()",
        "import os\nreturn {'d': os.listdir('/')}",
        "import os\nreturn {'e': os.environ['PATH']}",
        "import subprocess\nreturn []",
        "import socket\nreturn []",
        "return {'c': ().__class__.__base__.__subclasses__()}",
        "return {'c': '{0.__class__.__init__.__globals__}'.format(_input)}",
        "return eval('open(\"/etc/passwd\").read()')",
        "exec('import os; os.listdir(\"/\")')\nreturn []",
        "return __import__('os').getcwd()",
    ],
)
async def test_python_reaches_no_host(sandbox: CodeSandbox, source: str) -> None:
    answer = await run(sandbox, source)
    assert answer.failure is not None, answer.items


@pytest.mark.parametrize(
    ("source", "limits", "code"),
    [
        ("while True:\n    pass", {"timeout_seconds": 0.5}, "sandbox.time"),
        ("a = []\nwhile True:\n    a.append('x' * 1000)", {"memory_bytes": 16 << 20}, "sandbox.memory"),
        ("return {'x': 'x' * 500_000_000}", {"memory_bytes": 16 << 20}, "sandbox.memory"),
    ],
)
async def test_a_runaway_is_stopped_and_the_next_job_runs(
    sandbox: CodeSandbox, source: str, limits: dict[str, Any], code: str
) -> None:
    with pytest.raises(LimitExceeded) as caught:
        await run(sandbox, source, **limits)
    assert caught.value.code == code
    assert (await run(sandbox, "return {'ok': 1}")).items == [{"json": {"ok": 1}}]


async def test_deep_recursion_is_an_error_of_the_code(sandbox: CodeSandbox) -> None:
    answer = await run(sandbox, "def down():\n    return down()\nreturn down()")
    assert answer.failure is not None
    assert "recursion" in answer.failure.message


async def test_what_it_prints_is_kept_up_to_a_limit(sandbox: CodeSandbox) -> None:
    answer = await run(sandbox, "print('seats', 3)\nfor i in range(500):\n    print(i)\nreturn []")
    assert answer.console[0] == "seats 3"
    assert len(answer.console) == 201


async def test_one_job_leaves_nothing_for_the_next(sandbox: CodeSandbox) -> None:
    assert (await run(sandbox, "global left\nleft = 1\nreturn []")).failure is None
    assert (await run(sandbox, "return {'left': left}")).failure is not None


async def test_the_same_run_draws_the_same_numbers(sandbox: CodeSandbox) -> None:
    source = "import random\nreturn {'r': random.random()}"
    assert (await run(sandbox, source)).items == (await run(sandbox, source)).items


async def test_a_failing_item_becomes_an_item_where_the_run_goes_on(sandbox: CodeSandbox) -> None:
    source = "if _json['n'] == 2:\n    raise ValueError('two')\nreturn _item"
    answer = await run(sandbox, source, mode="each", keep_going=True)
    assert [item["json"] for item in answer.items] == [{"n": 1}, {"error": "two [line 2, for item 1]"}]
    stopped = await run(sandbox, source, mode="each")
    assert stopped.failure is not None
    assert (stopped.failure.message, stopped.failure.item_index) == ("two", 1)
