"""Fuzz of expressions and Code nodes: scripts that nobody would write, against the real sandboxes.

Whatever a script is: the parent stays alive and answers, no script sees what belongs to the host or to another
project, and none leaves anything behind for the next.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from tapbot.errors import LimitExceeded
from tapbot.sandbox.code_sandbox import CodeSandbox
from tapbot.sandbox.expression_sandbox import ExpressionSandbox
from tapbot.sandbox.pool import PoolLimits
from tapbot.sandbox.types import CodeJob, ExpressionJob, RunView

HOST_SECRET = "host-7f3a91c2"  # planted where a script must not get to
OTHER_SECRET = "other-project-55e0d1"
MARK = "fuzz_was_here"
"""Name that scripts try to leave behind."""
EXPRESSION_SECONDS = 0.3
CODE_SECONDS = 1.0
CODE_BYTES = 64 * 1024 * 1024
LONGEST_ANSWER_SECONDS = 20.0
"""A limit of its own beyond the sandboxes': an answer that takes longer is a hanging parent."""
BATCH = 25
Kind = Literal["expression", "code", "python"]

NAMES = [
    "$json",
    "$json.n",
    "$json.text",
    "$input",
    "$input.all()",
    "$('Other')",
    "$node",
    "$now",
    "$today",
    "$workflow",
    "$execution",
    "$env",
    "$vars",
    "$items",
    "$jmespath",
    "DateTime",
    "Duration",
    "Interval",
    "Object",
    "Array",
    "Function",
    "Proxy",
    "Reflect",
    "Symbol",
    "Promise",
    "Error",
    "Math",
    "JSON",
    "Intl",
    "Date",
    "this",
    "globalThis",
    "self",
    "window",
    "process",
    "require",
    "module",
    "global",
    "eval",
    "arguments",
    "undefined",
    "null",
    "NaN",
    "console",
    "crypto",
    "WebAssembly",
    "SharedArrayBuffer",
    "Atomics",
    "std",
    "os",
    "bjson",
    "__proto__",
    "item",
    "items",
    "static_data",
    "$getWorkflowStaticData",
]
KEYS = (
    "constructor __proto__ prototype toString valueOf call apply bind caller callee env mainModule length at map "
    f"__defineGetter__ __lookupGetter__ return throw next then stack toJSON isEmpty first hash {MARK}"
).split()
RUNAWAYS = (
    "while (true) {}",
    "for (;;) [].push(1);",
    "const a = []; while (true) a.push(new Array(1e5).fill(a));",
    "(function f() { return f() + f(); })()",
    "'a'.repeat(2 ** 29).repeat(4)",
    "/(a+)+$/.test('a'.repeat(40) + '!')",
    "new Proxy({}, { get: () => { while (true); } }).x",
    "JSON.stringify(Array(1e7).fill('x'))",
    "[...Array(1e6)].map(() => ({ toJSON() { return this; } }))",
    "throw { toString() { while (true); } }",
)
GRABS = (
    f"Object.prototype.{MARK} = 1",
    f"globalThis.{MARK} = 1",
    f"Array.prototype.{MARK} = [].constructor",
    "Array.prototype.map = () => ['owned']",
    "JSON.stringify = () => 'owned'",
    "Object.defineProperty(Object.prototype, 'items', { get: () => [{ json: { owned: 1 } }] })",
    "(() => {}).constructor('return this')()",
    "[][`constructor`][`constructor`]('return process')().env",
    "(async () => {}).constructor('return globalThis')()",
    "Error.prepareStackTrace = (_, frames) => frames[0].getThis()",
    "import('fs')",
    "new Function('return this')()",
    "Reflect.construct(Function, ['return this'])()",
    "({}).__proto__.polluted = 1",
    "class A extends Array { constructor() { super(); return globalThis; } }",
    "Symbol.for('x').constructor.constructor('return 1')()",
)
PYTHON = (
    "__import__('os').environ",
    "().__class__.__bases__[0].__subclasses__()",
    "open('/proc/self/environ').read()",
    "'{0.__class__.__mro__}'.format(1)",
    "eval('1')",
    "exec('x = 1')",
    "globals()",
    "import os",
    "import sys\nsys.modules",
    "while True: pass",
    "x = [1]\nwhile True: x = x + x",
    "def f(n): return f(n + 1)\nf(0)",
    "2 ** 10 ** 8",
    "'a' * 10 ** 10",
    "_items[0]['json'].__class__",
    "raise ValueError(_items)",
    "json.dumps(_items)",
    "re.match('(a+)+$', 'a' * 40 + '!')",
)


def scripts() -> st.SearchStrategy[str]:
    """JavaScript expressions, most of them valid."""
    literal = st.one_of(
        st.integers(-(2**53), 2**53).map(str),
        st.text(max_size=12).map(json.dumps),
        st.sampled_from(["1e309", "-0", "0n", "[]", "({})", "`${$json.n}`", "/a/gu", "(() => 1)", "[..._ = 'ab']"]),
    )
    key = st.sampled_from(KEYS)

    def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        pair = st.tuples(inner, inner)
        return st.one_of(
            st.tuples(inner, key).map(lambda two: f"({two[0]}).{two[1]}"),
            st.tuples(inner, key).map(lambda two: f"({two[0]})?.[`{two[1]}`]"),
            pair.map(lambda two: f"({two[0]})[{two[1]}]"),
            pair.map(lambda two: f"({two[0]})({two[1]})"),
            pair.map(lambda two: f"[{two[0]}, ...[{two[1]}]]"),
            pair.map(lambda two: f"({{ a: {two[0]}, [{two[1]}]: 1 }})"),
            pair.map(lambda two: f"(({{ a = {two[0]} }}) => a)({two[1]})"),
            inner.map(lambda one: f"(() => {{ try {{ return {one}; }} catch (e) {{ return e; }} }})()"),
            inner.map(lambda one: f"new ({one})()"),
            inner.map(lambda one: f"JSON.stringify({one})"),
        )

    begins = st.one_of(literal, st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from(GRABS))
    return st.recursive(begins, grow, max_leaves=6)


def statements() -> st.SearchStrategy[str]:
    """Bodies of a Code node."""
    loose = st.one_of(scripts(), scripts(), st.sampled_from(GRABS), st.sampled_from(RUNAWAYS))
    ends = st.one_of(scripts(), st.sampled_from(["$input.all()", "[]", "items", "[{ json: { n: 1 } }]"]))
    return st.tuples(st.lists(loose, max_size=3), ends).map(lambda two: "\n".join([*two[0], f"return {two[1]};"]))


def templates() -> st.SearchStrategy[str]:
    """Parameters: expressions between braces, texts around them, and noise."""
    noise = st.text(max_size=30)
    inside = st.one_of(*[scripts()] * 6, st.one_of(noise, noise, noise, st.sampled_from(RUNAWAYS)))
    return st.tuples(st.text(max_size=5), inside, st.sampled_from(["", " {{ 1 }}", "{{", "}}"])).map(
        lambda three: f"={three[0]}{{{{ {three[1]} }}}}{three[2]}"
    )


def python() -> st.SearchStrategy[str]:
    """Bodies of a Python Code node."""
    return st.lists(st.one_of(st.sampled_from(PYTHON), st.text(max_size=20)), min_size=1, max_size=3).map(
        lambda lines: "\n".join([*lines, "return _items"])
    )


STRATEGIES: dict[Kind, st.SearchStrategy[str]] = {
    "expression": templates(),
    "code": statements(),
    "python": python(),
}


@dataclass(slots=True)
class Fuzzed:
    """What became of the scripts, by kind and outcome, and the slowest answer in seconds."""

    outcomes: Counter[str] = field(default_factory=Counter)
    slowest_seconds: float = 0.0


@dataclass(slots=True)
class Fuzz:
    """Sandboxes under fire."""

    expressions: ExpressionSandbox
    code: CodeSandbox
    fuzzed: Fuzzed = field(default_factory=Fuzzed)

    async def attack(self, kind: Kind, script: str) -> None:
        """Run a script, and look at what it gave and what it left behind."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(LONGEST_ANSWER_SECONDS):
                told = await self._run(kind, script)
            outcome = "answered"
        except LimitExceeded as error:
            told, outcome = error.message, error.code
        self.fuzzed.slowest_seconds = max(self.fuzzed.slowest_seconds, time.monotonic() - began)
        self.fuzzed.outcomes[f"{kind}: {outcome}"] += 1
        assert HOST_SECRET not in told, f"a script saw the host: {script}"
        assert OTHER_SECRET not in told, f"a script saw another project: {script}"

    async def look(self, kind: Kind) -> None:
        """The next evaluation of the same project, and one of another, are as if nothing had been."""
        for scope in ("fuzzed", "other"):
            assert await self._probe(kind, scope) == PROBES[kind][1], f"{kind} in {scope} is not as before"

    async def _probe(self, kind: Kind, scope: str) -> Any:
        source, _wanted = PROBES[kind]
        items = [{"json": {"n": 7, "secret": OTHER_SECRET}}]
        if kind == "expression":
            answer = await self.expressions.evaluate(ExpressionJob(scope=scope, templates=(source,), items=items))
            return answer.values[0][0]
        language: Literal["python", "javaScript"] = "python" if kind == "python" else "javaScript"
        found = await self.code.run(CodeJob(scope=scope, source=source, language=language, items=items))
        assert found.failure is None, found.failure
        return found.items[0]["json"]["is"]

    async def _run(self, kind: Kind, script: str) -> str:
        items = [{"json": {"n": 1, "text": "аб"}}, {"json": {"n": 2}}]
        run = RunView(run_id="r", now="2026-03-05T09:30:00.000+05:00", zone="Asia/Almaty")
        if kind == "expression":
            job = ExpressionJob(
                scope="fuzzed", templates=(script,), items=items, run=run, timeout_seconds=EXPRESSION_SECONDS
            )
            return repr(await self.expressions.evaluate(job))
        language: Literal["python", "javaScript"] = "python" if kind == "python" else "javaScript"
        code = CodeJob(
            scope="fuzzed", source=script, language=language, items=items, run=run,
            timeout_seconds=CODE_SECONDS, memory_bytes=CODE_BYTES,
        )  # fmt: skip
        return repr(await self.code.run(code))


_LOOK = (
    f"[typeof {MARK}, ({{}}).{MARK}, [].{MARK}, ({{}}).polluted, ({{}}).items, [1, 2].map((x) => x + 1), "
    "JSON.stringify({ a: 1 }), $json.n].join('|')"
)
_SEEN = "undefined||||" + "|2,3|" + '{"a":1}|7'
PROBES: dict[Kind, tuple[str, Any]] = {
    "expression": ("={{ " + _LOOK + " }}", _SEEN),
    "code": (f"const $json = $input.first().json; return [{{ json: {{ is: {_LOOK} }} }}];", _SEEN),
    "python": ("return [{'json': {'is': [len(_items), _items[0]['json']['n'], sorted([2, 1])]}}]", [1, 7, [1, 2]]),
}
"""What is asked between two rounds, and what it gives where nothing was left behind."""


@contextmanager
def open_fuzz() -> Iterator[tuple[asyncio.Runner, Fuzz]]:
    """Sandboxes whose children begin with a secret in their parent's environment."""
    os.environ["FUZZ_HOST_SECRET"] = HOST_SECRET
    limits = PoolLimits(children=1, keep=0)
    try:
        with asyncio.Runner() as runner:
            world = Fuzz(ExpressionSandbox(limits), CodeSandbox(limits))
            try:
                yield runner, world
            finally:
                runner.run(_close(world))
    finally:
        del os.environ["FUZZ_HOST_SECRET"]


def fuzz(kind: Kind, *, examples: int | None = None, seconds: float | None = None, seed: int = 0) -> Fuzzed:
    """Run scripts of a kind until so many were tried, or the time is over; the first that gets out fails.

    Args:
        seed: Gives the same scripts again.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    with open_fuzz() as (runner, world):
        runner.run(world.look(kind))
        done = 0
        while done < (examples or BATCH) if deadline is None else time.monotonic() < deadline:
            _round(runner, world, kind, seed + done)
            runner.run(world.look(kind))
            done += BATCH
        return world.fuzzed


def _round(runner: asyncio.Runner, world: Fuzz, kind: Kind, seed: int) -> None:
    """A batch of scripts."""

    @seeded(seed)
    @settings(
        max_examples=BATCH,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(STRATEGIES[kind])
    def batch(script: str) -> None:
        runner.run(world.attack(kind, script))

    batch()


async def _close(world: Fuzz) -> None:
    await world.expressions.close()
    await world.code.close()
