"""The expression language: templates, names, null rules, failures."""

from __future__ import annotations

from typing import Any

import pytest

from tapbot.sandbox.expression_sandbox import ExpressionSandbox
from tapbot.sandbox.types import ExpressionJob, NodeView, PreviousNode, RunView

pytestmark = pytest.mark.asyncio(loop_scope="module")

ITEMS: list[dict[str, Any]] = [
    {"json": {"name": "Aigerim", "seats": 2, "none": None, "list": [1, 2]}, "binary": {"f": {"mimeType": "a/b"}}},
    {"json": {"name": "Borat", "seats": 1}},
]
NODES = {
    "Get rides": NodeView(
        items=[{"json": {"id": 1}}, {"json": {"id": 2}}],
        pairs=[1, "Paired item data is unavailable."],
        params={"limit": 5},
        outputs=[[{"json": {"id": 1}}, {"json": {"id": 2}}], [{"json": {"other": True}}]],
    ),
    "Never ran": NodeView(),
}
RUN = RunView(
    run_id="run-1",
    workflow={"id": "w1", "name": "Book", "active": True},
    now="2026-03-05T10:00:00.000Z",
    zone="Asia/Almaty",
    vars={"city": "Taraz"},
    env={"STAGE": "dev"},
    run_index=3,
    resume_url="https://bot.example.com/resume",
)


def job(*templates: str, **changes: Any) -> ExpressionJob:
    fields: dict[str, Any] = {"scope": "language", "items": ITEMS, "nodes": NODES, "run": RUN}
    previous = PreviousNode(name="Get rides", params={"a": 1})
    return ExpressionJob(templates=templates, previous=previous, parameters={"p": 1}, **{**fields, **changes})


VALUES: list[tuple[str, Any]] = [
    ("plain text {{ 1 + 1 }}", "plain text {{ 1 + 1 }}"),
    ("=text", "text"),
    ("=", ""),
    ("={{ 5 }}", 5),
    ("={{ 5 }}{{ 6 }}", "56"),
    ("= {{ 5 }}", " 5"),
    ("={{ true }}", True),
    ("={{ { a: { b: 1 } } }}", {"a": {"b": 1}}),
    ("={{ {a:{b:1}} }}", {"a": {"b": 1}}),
    ("={{ {a:{b:1}}.a.b }}!", "1!"),
    ("={{ '}}' + \"{{\" }}", "}}{{"),
    ("={{ `a${ `b${ 1 }}}` }c` }}", "ab1}}c"),
    ("={{ /[}]}\\/}}/.test('}}/}}') }}", True),
    ("={{ 6 / 2 / 3 }}", 1),
    ("={{ 1 /* }} */ + 1 }}", 2),
    ("={{ 1 + 1 // two }}", 2),
    ("={{ [1, 2].map((x) => { return { x } }) }}", [{"x": 1}, {"x": 2}]),
    ("={{ const a = 2; a * 3 }}", 6),
    ("={{ const a = 2; a * 3; }}", 6),
    ("={{ (() => { let sum = 0; for (const n of [1, 2]) { sum += n } return sum })() }}", 3),
    ("={{ total = 4, total + 1 }}", 5),
    ("={{ $json.missing?.deep?.er }}", None),
    ("={{ $json.seats > 1 ? 'many' : 'one' }}", "many"),
    ("={{ $json.none }}", None),
    ("={{ undefined }}", None),
    ("={{ }}", None),
    ("={{ NaN }}", None),
    ("=a{{ $json.missing }}b{{ null }}c", "abc"),
    ("={{ $json.missing.deep }}", None),
    ("={{ nothing.there }}", None),
    ("={{ (() => { throw new Error('x') })() }}", None),
    ("=[{{ JSON.parse('{') }}]", "[]"),
    ("={{ 1.0 }}", 1),
    ("={{ 0.1 + 0.2 }}", 0.30000000000000004),
    ("={{ '😀'.length }}", 2),
    ("={{ $json.name }} has {{ $json.seats }}", "Aigerim has 2"),
    ("={{ $binary.f.mimeType }}", "a/b"),
    ("={{ $input.all().length }}", 2),
    ("={{ $input.first().json.name + $input.last().json.name + $input.item.json.seats }}", "AigerimBorat2"),
    ("={{ $input.params.a }}", 1),
    ("={{ $items().length }}", 2),
    ("={{ $item(1).$json.name }}", "Borat"),
    ("={{ $('Get rides').item.json.id }}", 2),
    ("={{ $('Get rides').itemMatching(0).json.id }}", 2),
    ("={{ $('Get rides').first().json.id }}", 1),
    ("={{ $('Get rides').last().json.id }}", 2),
    ("={{ $('Get rides').all().map((item) => item.json.id) }}", [1, 2]),
    ("={{ $('Get rides').all(1)[0].json.other }}", True),
    ("={{ $('Get rides').params.limit }}", 5),
    ("={{ $('Get rides').isExecuted && !$('Never ran').isExecuted }}", True),
    ('={{ $node["Get rides"].json.id }}', 1),
    ("={{ $workflow.name + $workflow.id + $workflow.active }}", "Bookw1true"),
    ("={{ $execution.id }}", "run-1"),
    ("={{ $execution.resumeUrl }}", "https://bot.example.com/resume"),
    ("={{ $vars.city + $env.STAGE }}", "Tarazdev"),
    ("={{ [$runIndex, $itemIndex] }}", [3, 0]),
    ("={{ $prevNode.name }}", "Get rides"),
    ("={{ $parameter.p }}", 1),
    ("={{ $now.toISO() }}", "2026-03-05T15:00:00.000+05:00"),
    ("={{ $today }}", "2026-03-05T00:00:00.000+05:00"),
    ("={{ new Date() }}", "2026-03-05T10:00:00.000Z"),
    ("={{ Duration.fromObject({ minutes: 90 }).toFormat('h:mm') }}", "1:30"),
    ("={{ $jmespath([{ a: 1 }, { a: 2 }], '[].a') }}", [1, 2]),
    ("={{ $if(1 > 2, 'a', 'b') + $ifEmpty('', 'c') + $min(3, 2) + $max(3, 2) }}", "bc23"),
    ("={{ 10n ** 20n }}", "100000000000000000000"),
]


@pytest.mark.parametrize(("template", "expected"), VALUES, ids=[template for template, _ in VALUES])
async def test_a_template_gives_its_value(template: str, expected: Any, expressions: ExpressionSandbox) -> None:
    answer = await expressions.evaluate(job(template))
    assert answer.failures == ()
    assert answer.values == [[expected]]
    assert type(answer.values[0][0]) is type(expected)


FAILURES = [
    ("={{ 1 + }}", "invalid syntax"),
    ("={{ 1) + (1 }}", "invalid syntax"),
    ("={{ 'open }}", "invalid syntax"),
    ("={{ } }}", "invalid syntax"),
    ("={{ await 1 }}", "invalid syntax"),
    ("={{ $('Nobody').first() }}", 'no node "Nobody"'),
    ('={{ $node["Nobody"].json }}', 'no node "Nobody"'),
    ("={{ $('Never ran').first() }}", "has not been executed"),
    ("={{ $('Get rides').itemMatching(1) }}", "Paired item data is unavailable."),
    ("={{ $json.name.constructor }}", '"constructor" is refused'),
    ("={{ ({})['__proto__'] }}", '"__proto__" is refused'),
    ("={{ $json.name.trim }}", "call it with ()"),
    ("={{ (() => { const a = {}; a.a = a; return a })() }}", "cannot be turned into JSON"),
    ("={{ $jmespath('x', 1) }}", "needs an object and a query"),
]


@pytest.mark.parametrize(("template", "message"), FAILURES)
async def test_our_own_errors_and_syntax_errors_are_failures(
    template: str, message: str, expressions: ExpressionSandbox
) -> None:
    answer = await expressions.evaluate(job("={{ 1 }}", template))
    assert answer.values == [[1, None]]
    (failure,) = answer.failures
    assert message in failure.message
    assert (failure.item_index, failure.template_index) == (0, 1)


async def test_one_call_answers_all_templates_for_all_items(expressions: ExpressionSandbox) -> None:
    answer = await expressions.evaluate(
        job("={{ $json.name }}", "={{ $('Get rides').item.json.id }}", item_indexes=(0, 1))
    )
    assert answer.values == [["Aigerim", 2], ["Borat", None]]
    (failure,) = answer.failures
    assert (failure.item_index, failure.template_index, failure.message) == (1, 1, "Paired item data is unavailable.")


async def test_no_item_at_all_gives_no_json(expressions: ExpressionSandbox) -> None:
    answer = await expressions.evaluate(job("={{ $json }}", "={{ $json.a }}", "={{ 1 }}", items=[]))
    assert answer.values == [[None, None, 1]]


TYPED: list[tuple[str, Any]] = [
    ("={{ undefined }}", {"__type": "undefined"}),
    ("={{ NaN }}", {"__type": "NaN"}),
    ("={{ [1 / 0] }}", [{"__type": "Infinity"}]),
    ("={{ $now }}", {"__type": "DateTime", "iso": "2026-03-05T15:00:00.000+05:00", "zone": "Asia/Almaty"}),
    ("={{ { at: new Date(0) } }}", {"at": {"__type": "Date", "iso": "1970-01-01T00:00:00.000Z"}}),
    ("={{ new TypeError('x') }}", {"__type": "Error", "name": "TypeError", "message": "x"}),
    ("={{ (x) => x }}", {"__type": "function", "name": ""}),
]


@pytest.mark.parametrize(("template", "expected"), TYPED)
async def test_typed_answers_mark_what_json_lacks(template: str, expected: Any, expressions: ExpressionSandbox) -> None:
    answer = await expressions.evaluate(job(template, typed=True))
    assert answer.values == [[expected]]


async def test_extra_globals_are_names_of_their_own(expressions: ExpressionSandbox) -> None:
    extra = {"$response": {"body": 1}, "$pageCount": 2, "$json": {"over": True}}
    answer = await expressions.evaluate(job("={{ [$response.body, $pageCount, $json.over] }}", globals=extra))
    assert answer.values == [[[1, 2, True]]]
    assert (await expressions.evaluate(job("={{ typeof $response }}"))).values == [["undefined"]]
