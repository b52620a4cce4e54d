"""Attack strings seen in the wild, against the expression child and the Code child: none gets anywhere."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.contract.sandbox.conftest import attack_cases

from tapbot.errors import LimitExceeded
from tapbot.sandbox.code_sandbox import CodeSandbox
from tapbot.sandbox.expression_sandbox import ExpressionSandbox
from tapbot.sandbox.types import CodeJob, ExpressionJob

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "canary-5f0c"
LEAKS = ("v20.", "linux", "x64", "/root", "/usr", "/bin", SECRET)
BUILT_INS = {"Number", "Object", "Error", "Function", "__sanitize"}


class Canary:
    """A file, a listening socket and an environment variable that a script must not reach."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "canary.txt"
        self.file.write_text(SECRET)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setblocking(False)
        os.environ["TAPBOT_CANARY"] = SECRET

    def assert_untouched(self) -> None:
        """Nothing was written, nobody connected, nothing was set."""
        assert self.file.read_text() == SECRET
        with pytest.raises(BlockingIOError):
            self.listener.accept()
        assert os.environ["TAPBOT_CANARY"] == SECRET

    def close(self) -> None:
        """Take it away."""
        self.listener.close()
        del os.environ["TAPBOT_CANARY"]


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Canary]:
    made = Canary(tmp_path)
    yield made
    made.close()


def globals_of(case: dict[str, Any]) -> dict[str, Any]:
    """The case's context as extra globals. A function that JavaScript has itself stays JavaScript's."""
    context = {name: value for name, value in case.get("context", {}).items() if name not in BUILT_INS}
    returned = case.get("expected")
    for name, value in context.items():
        if isinstance(value, dict) and value.get("__type") == "function":
            context[name] = {"__type": "function", "returns": returned}
    return context


def is_harmless(value: Any) -> bool:
    """Whether a value tells nothing of the machine and is no function of the host."""
    return not any(leak in str(value) for leak in LEAKS)


async def probe(expressions: ExpressionSandbox) -> list[Any]:
    """What the next evaluation sees of the world; the same for a fresh context."""
    templates = (
        "={{ typeof process.env }}",
        "={{ Object.keys({}).length + [].length + [1, 2].map((x) => x + 1).join() }}",
        "={{ ({}).polluted }}",
        "={{ new Number(5).toString() }}",
        "={{ (() => { try { null.x } catch (error) { return error.message.length > 0 } })() }}",
    )
    return (await expressions.evaluate(ExpressionJob(scope="attacked", templates=templates))).values


CLEAN = [["undefined", "02,3", None, "5", True]]


@pytest.mark.parametrize("case", attack_cases())
async def test_an_attack_string_gives_its_expected_value_or_nothing_of_use(
    case: dict[str, Any], expressions: ExpressionSandbox, canary: Canary
) -> None:
    job = ExpressionJob(
        scope="attacked", templates=(case["expression"],), globals=globals_of(case), typed=True, timeout_seconds=5
    )
    answer = await expressions.evaluate(job)
    if case["kind"] == "value":
        assert answer.failures == ()
        assert answer.values == [[case["expected"]]]
    else:
        assert answer.failures or is_harmless(answer.values)
    canary.assert_untouched()
    assert await probe(expressions) == CLEAN


@pytest.mark.parametrize("case", attack_cases())
async def test_the_same_string_in_a_code_node_reaches_nothing(
    case: dict[str, Any], code: CodeSandbox, canary: Canary
) -> None:
    expression = case["expression"].removeprefix("={{").removesuffix("}}")
    extra = {name: value for name, value in globals_of(case).items() if not isinstance(value, dict)}
    source = f"const found = ({expression});\nreturn {{ kind: typeof found, found: String(found) }};"
    answer = await code.run(CodeJob(scope="attacked", source=source, globals=extra))
    assert is_harmless(answer.items)
    assert "native code" in str(answer.items) or is_harmless(answer.failure)
    canary.assert_untouched()
    after = await code.run(CodeJob(scope="attacked", source="return { n: Object.keys({}).length, p: typeof process }"))
    assert after.items == [{"json": {"n": 0, "p": "undefined"}}]


REACHING_OUT = [
    "process.env.TAPBOT_CANARY",
    "process.mainModule.require('fs')",
    "require('fs').readFileSync('/etc/passwd', 'utf8')",
    "(function () { return this })().process.binding('fs')",
    "import('fs')",
    "(0, [].constructor.constructor)('return process')()",
    "(() => {}).constructor('return this')()",
    "(async () => {}).constructor('return this')()",
    "(function* () {}).constructor('return this')()",
    "new (class extends (() => {}).__proto__.constructor {})('return this')()",
    "Reflect.construct([].map['cons' + 'tructor'], ['return this'])()",
    "eval('1 + 1')",
    "setTimeout('globalThis.x = 1', 0)",
    "fetch('http://127.0.0.1')",
    "new Worker('x')",
    "std.open('/etc/passwd', 'r')",
    "os.getcwd()",
    "Python.eval('1')",
    "load('/etc/passwd')",
    "read('/etc/passwd')",
    "WebAssembly.compile(new Uint8Array(8))",
]


@pytest.mark.parametrize("attack", REACHING_OUT)
async def test_no_way_to_the_host_leads_out_of_an_expression(
    attack: str, expressions: ExpressionSandbox, canary: Canary
) -> None:
    job = ExpressionJob(scope="attacked", templates=(f"={{{{ String({attack}) }}}}",), typed=True)
    answer = await expressions.evaluate(job)
    assert answer.failures or answer.values in ([[{"__type": "undefined"}]], [["undefined"]])
    canary.assert_untouched()


@pytest.mark.parametrize("attack", REACHING_OUT)
async def test_no_way_to_the_host_leads_out_of_a_code_node(attack: str, code: CodeSandbox, canary: Canary) -> None:
    answer = await code.run(CodeJob(scope="attacked", source=f"return {{ found: String(await ({attack})) }}"))
    assert answer.failure is not None or answer.items == [{"json": {"found": "undefined"}}]
    canary.assert_untouched()


async def test_a_string_from_data_is_never_evaluated(expressions: ExpressionSandbox) -> None:
    evil = "={{ 1 + 1 }} ${1 + 1} {{ $now }}"
    job = ExpressionJob(
        scope="attacked",
        templates=("={{ $json.text }}", "=a {{ $json.text }} b", "={{ `${$json.text}` }}", evil[1:], "{{ 1 + 1 }}"),
        items=[{"json": {"text": evil}}],
    )
    answer = await expressions.evaluate(job)
    assert answer.values == [[evil, f"a {evil} b", evil, evil[1:], "{{ 1 + 1 }}"]]


async def test_the_child_has_no_environment_and_no_descriptor_but_its_pipe(
    expressions: ExpressionSandbox, canary: Canary
) -> None:
    await expressions.start()
    (pid,) = expressions.pool.pids
    environment = Path(f"/proc/{pid}/environ").read_bytes()
    descriptors = {os.readlink(found) for found in Path(f"/proc/{pid}/fd").iterdir()}
    status = Path(f"/proc/{pid}/status").read_text()
    assert environment == b"TZ=UTC\0"
    assert {found.split(":")[0] for found in descriptors} == {"socket", "/dev/null"}
    assert "NoNewPrivs:\t1" in status
    assert os.readlink(f"/proc/{pid}/cwd") == "/"


async def test_a_job_that_is_too_large_is_refused(expressions: ExpressionSandbox) -> None:
    small = ExpressionSandbox(expressions.pool._limits.__class__(request_bytes=1000))
    with pytest.raises(LimitExceeded, match="at most 1000 are allowed") as refused:
        await small.evaluate(ExpressionJob(scope="a", templates=("={{ $json }}",), items=[{"json": {"x": "y" * 2000}}]))
    assert refused.value.code == "sandbox.too_large"
