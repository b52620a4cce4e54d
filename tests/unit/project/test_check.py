"""`tapbot check` finds what can be found without running anything."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from tests.architecture.tree import PACKAGE
from tests.unit.project.folders import node, project_of, workflow

from tapbot.project.bot_check import DAY_TEXTS, FIXED_TEXTS
from tapbot.project.check import check_project
from tapbot.project.types import Problem
from tapbot.sandbox.expression_sandbox import ExpressionSandbox

START = node("Start", "n8n-nodes-base.manualTrigger")
RIDES = "name: rides\nfields: [{name: seats, type: integer}]"


@pytest.fixture
async def sandbox() -> AsyncIterator[ExpressionSandbox]:
    async with ExpressionSandbox() as made:
        yield made


async def check(sandbox: ExpressionSandbox, *nodes: dict[str, object], **files: str) -> list[Problem]:
    contents: dict[str, bytes | str] = {"workflows/w.json": workflow(START, *nodes), "collections/rides.yaml": RIDES}
    return await check_project(
        project_of(contents | {path.replace("__", "/"): text for path, text in files.items()}), sandbox
    )


async def test_a_sound_project_has_no_problems(sandbox: ExpressionSandbox) -> None:
    good = node("Find", "tapbot.record", collection="rides", where=[{"field": "seats", "value": "={{ $json.seats }}"}])
    assert await check(sandbox, good) == []


async def test_an_unknown_node_type_names_the_nearest(sandbox: ExpressionSandbox) -> None:
    (problem,) = await check(sandbox, node("A", "n8n-nodes-base.sett"))
    assert problem.place == "workflows/w.json, node 'A'"
    assert "n8n-nodes-base.set" in str(problem.hint)


async def test_an_expression_with_a_syntax_error_names_node_and_parameter(sandbox: ExpressionSandbox) -> None:
    (problem,) = await check(sandbox, node("A", "tapbot.record", collection="rides", values={"seats": "={{ 1 + }}"}))
    assert problem.place == "workflows/w.json, node 'A', parameter values.seats"
    assert "invalid syntax" in problem.message


async def test_an_expression_that_only_needs_data_is_no_problem(sandbox: ExpressionSandbox) -> None:
    values = {"seats": "={{ $('Start').item.json.a.b.c }}"}
    assert await check(sandbox, node("A", "tapbot.record", collection="rides", values=values)) == []


async def test_an_endless_expression_is_named(sandbox: ExpressionSandbox) -> None:
    values = {"seats": "={{ (() => { while (true) {} })() }}"}
    (problem,) = await check(sandbox, node("A", "tapbot.record", collection="rides", values=values))
    assert problem.code == "expression.endless"


async def test_a_wrong_parameter_is_named(sandbox: ExpressionSandbox) -> None:
    (problem,) = await check(sandbox, node("A", "tapbot.record", collection="rides", operation="explode"))
    assert problem.place.endswith("parameter operation")


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"collection": "ridess"}, "ridess"),
        ({"collection": "rides", "values": {"seat": 1}}, "seat"),
        ({"collection": "rides", "where": [{"field": "sets", "value": 1}]}, "sets"),
    ],
)
async def test_collections_and_fields_that_are_not_there_are_named(
    sandbox: ExpressionSandbox, parameters: dict[str, object], named: str
) -> None:
    (problem,) = await check(sandbox, node("A", "tapbot.record", **parameters))
    assert repr(named) in problem.message
    assert "Did you mean" in str(problem.hint)


async def test_a_sub_workflow_that_is_not_there_is_named(sandbox: ExpressionSandbox) -> None:
    (problem,) = await check(
        sandbox, node("A", "n8n-nodes-base.executeWorkflow", 1.2, workflowId={"value": "gone", "__rl": True})
    )
    assert "'gone'" in problem.message


async def test_a_bot_s_missing_tools_documents_and_model_are_named(sandbox: ExpressionSandbox) -> None:
    front = "---\ntitle: B\ntools: [gone]\nknowledge: knowledge\nmodel: big\n---\nHello"
    messages = [problem.message for problem in await check(sandbox, bots__b_md=front, **{"bots__b.md": front})]
    assert any("'gone'" in message for message in messages)
    assert any("no documents" in message for message in messages)
    assert any("'big'" in message for message in messages)


async def test_an_active_workflow_that_nothing_starts_is_named(sandbox: ExpressionSandbox) -> None:
    project = project_of({"workflows/w.json": workflow(node("A", "n8n-nodes-base.noOp"), active=True)})
    assert [problem.code for problem in await check_project(project, sandbox)] == ["workflow.no_trigger"]


def test_the_list_of_fixed_texts_is_what_the_guided_answerer_says() -> None:
    said = set()
    for path in (PACKAGE / "bots/guided").glob("*.py"):
        source = path.read_text("utf-8")
        said |= set(re.findall(r"""(?:say|text|ask_edit|Problem)\((?:[^"()]*?)"([a-z_]+\.[a-z_]+)\"""", source))
        said |= set(re.findall(r'\("(day\.[a-z]+)", \d\)', source))
    assert said - {"change.what", "bad.place"} <= FIXED_TEXTS | DAY_TEXTS
