"""What one evaluation does, no other one sees; the answer depends on the job alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tapbot.sandbox.code_sandbox import CodeSandbox
from tapbot.sandbox.expression_sandbox import ExpressionSandbox
from tapbot.sandbox.types import CodeJob, ExpressionJob, RunView

pytestmark = pytest.mark.asyncio(loop_scope="module")

WALKER = (Path(__file__).parent / "walker.js").read_text(encoding="utf-8").split("\n", 1)[1].strip()


async def values(sandbox: ExpressionSandbox, *templates: str, scope: str = "one", **job: Any) -> list[Any]:
    """The values of templates for the first item; a failure fails the test."""
    answer = await sandbox.evaluate(ExpressionJob(scope=scope, templates=templates, **job))
    assert answer.failures == ()
    return answer.values[0]


async def walk_expression(sandbox: ExpressionSandbox, *, attack: bool) -> dict[str, Any]:
    (found,) = await values(sandbox, "={{ " + WALKER.replace("ATTACK", str(attack).lower()) + " }}")
    assert isinstance(found, dict)
    return found


async def walk_code(sandbox: CodeSandbox, *, attack: bool) -> dict[str, Any]:
    walker = WALKER.replace("ATTACK", str(attack).lower())
    answer = await sandbox.run(CodeJob(scope="one", source=f"return {walker}"))
    assert answer.failure is None
    return dict(answer.items[0]["json"])


async def test_a_write_to_every_reachable_intrinsic_is_not_seen_by_the_next_evaluation(
    expressions: ExpressionSandbox,
) -> None:
    before = await walk_expression(expressions, attack=False)
    await walk_expression(expressions, attack=True)
    after = await walk_expression(expressions, attack=False)
    assert before["count"] > 800
    assert before["loose"] == []
    assert after == before
    assert "owned" not in after["print"]


async def test_a_write_to_every_reachable_intrinsic_is_not_seen_by_the_next_code_node(code: CodeSandbox) -> None:
    before = await walk_code(code, attack=False)
    await walk_code(code, attack=True)
    after = await walk_code(code, attack=False)
    assert before["count"] > 900
    assert before["loose"] == []
    assert after == before
    assert "owned" not in after["print"]


SETTERS = [
    "leak = 1",
    "(function () { this.leak = 1; return 1 })()",
    "(function () { return this })()['le' + 'ak'] = 1",
    "(() => { var leak = 1; return leak })()",
    "globalThis.leak = 1",
    "Object.assign((function () { return this })(), { leak: 1 })",
    "Array.prototype".replace("prototype", "from") + "([1], function () { this.leak = 1; return 1 })[0]",
    "(function f() { arguments.callee.leak = 1; return 1 })()",
]


@pytest.mark.parametrize("setter", SETTERS)
async def test_globals_set_in_one_evaluation_are_not_seen_by_the_next(
    setter: str, expressions: ExpressionSandbox
) -> None:
    await expressions.evaluate(ExpressionJob(scope="one", templates=(f"={{{{ {setter} }}}}",)))
    seen = await values(expressions, "={{ typeof leak }}", f"={{{{ {setter} }}}}", "={{ typeof leak }}")
    assert [seen[0], seen[2]] == ["undefined", "undefined"]


@pytest.mark.parametrize("setter", SETTERS)
async def test_globals_set_in_one_code_node_are_not_seen_by_the_next(setter: str, code: CodeSandbox) -> None:
    await code.run(CodeJob(scope="one", source=f"{setter}; return {{}}"))
    answer = await code.run(CodeJob(scope="one", source="return { kind: typeof leak }"))
    assert answer.items == [{"json": {"kind": "undefined"}}]


async def test_settings_of_luxon_do_not_outlive_a_code_node(code: CodeSandbox) -> None:
    meddle = (
        "luxon.DateTime.utc().zone.leak = 1; DateTime.local().loc.leak = 1; return { settings: typeof luxon.Settings }"
    )
    first = await code.run(CodeJob(scope="one", source=meddle))
    again = await code.run(CodeJob(scope="one", source="return { a: luxon.DateTime.utc().zone.leak ?? 'none' }"))
    assert first.items == [{"json": {"settings": "undefined"}}]
    assert again.items == [{"json": {"a": "none"}}]


async def test_two_scopes_never_see_each_other(expressions: ExpressionSandbox) -> None:
    await values(expressions, "={{ $json.secret }}", scope="first", items=[{"json": {"secret": "s3cr3t"}}])
    seen = await values(
        expressions, "={{ $json?.secret }}", "={{ JSON.stringify((function () { return this })()) }}", scope="second"
    )
    assert "s3cr3t" not in str(seen)


async def test_a_template_that_changes_its_data_is_seen_by_nobody(expressions: ExpressionSandbox) -> None:
    seen = await values(
        expressions,
        "={{ $json.list.sort()[0] }}",
        "={{ $json.list.push(9) }}",
        "={{ $json.list.join() }}",
        "={{ $input.first().json.list = 1 }}",
        "={{ $input.all()[0].json.list.join() }}",
        items=[{"json": {"list": [3, 1, 2]}}],
    )
    assert seen == [1, 4, "3,1,2", 1, "3,1,2"]


async def test_promises_cannot_outlive_a_call(expressions: ExpressionSandbox) -> None:
    job = "={{ (async () => { for (let i = 0; i < 1e9; i++) await i; })() && 1 }}"
    assert await values(expressions, job) == [1]
    assert await values(expressions, "={{ typeof Promise + typeof queueMicrotask + typeof FinalizationRegistry }}") == [
        "undefined" * 3
    ]


async def test_timers_and_promises_of_a_code_node_die_with_it(code: CodeSandbox) -> None:
    source = "setInterval(() => { console.log('still here') }, 1); new Promise(() => {}); return {}"
    assert (await code.run(CodeJob(scope="one", source=source))).failure is None
    answer = await code.run(CodeJob(scope="one", source="await new Promise((go) => setTimeout(go, 50)); return {}"))
    assert answer.console == ()


async def test_the_clock_and_the_dice_belong_to_the_run(expressions: ExpressionSandbox, code: CodeSandbox) -> None:
    run = RunView(now="2026-03-05T10:00:00.000Z", zone="Asia/Almaty", seed=7)
    templates = ("={{ Date.now() }}", "={{ new Date().toISOString() }}", "={{ $now.toISO() }}", "={{ Math.random() }}")
    first = await values(expressions, *templates, run=run)
    again = await values(expressions, *templates, run=run)
    other = await values(expressions, *templates, run=RunView(now=run.now, zone=run.zone, seed=8))
    assert first == again
    assert first[:3] == [1772704800000, "2026-03-05T10:00:00.000Z", "2026-03-05T15:00:00.000+05:00"]
    assert first[3] != other[3]
    rolls = [
        (await code.run(CodeJob(scope="one", source="return { roll: Math.random() }", run=run))).items for _ in range(2)
    ]
    assert rolls[0] == rolls[1]


async def test_an_answer_does_not_depend_on_how_items_are_batched(expressions: ExpressionSandbox) -> None:
    items = [{"json": {"n": n}} for n in range(3)]
    together = await expressions.evaluate(
        ExpressionJob(scope="one", templates=("={{ Math.random() }}",), items=items, item_indexes=(0, 1, 2))
    )
    alone = [
        await values(expressions, "={{ Math.random() }}", items=items, item_indexes=(index,)) for index in (2, 1, 0)
    ]
    assert together.values == alone[::-1]
