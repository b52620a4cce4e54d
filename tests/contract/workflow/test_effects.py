"""The engine refuses an effect outside a step, and every node says what its effect is."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from tests.contract.nodes.bench import NOW, SCOPE, Bench, open_bench

from tapbot import upstream
from tapbot.nodes import catalogue
from tapbot.upstream import HttpClient
from tapbot.workflow.engine import Engine, Outcome
from tapbot.workflow.load import parse_workflow
from tapbot.workflow.node import NodeCall, NodeParams, NodeType, Step, batch_node, node
from tapbot.workflow.release import prepare_workflow
from tapbot.workflow.step import Surroundings
from tapbot.workflow.types import Item, Outputs, StepKind


class Nothing(NodeParams):
    """No parameters."""


async def ask(step: Step) -> Any:
    return await upstream.call(step.http, "GET", "https://example.com/", service="example", timeout_seconds=5)


def declare(kind: StepKind, act: Callable[[Step], Any]) -> NodeType:
    @node("tests.act", Nothing, version=1, label="Act", kind=kind)
    async def run(_params: Nothing, item: Item, step: Step) -> Item:
        await act(step)
        return item

    return run.declared  # type: ignore[attr-defined, no-any-return]


def declare_batch(kind: StepKind, act: Callable[[Step], Any]) -> NodeType:
    @batch_node("tests.act", Nothing, version=1, label="Act", kind=kind)
    async def run(call: NodeCall[Nothing]) -> Outputs:
        await act(call.step)
        return [call.items]

    return run.declared  # type: ignore[attr-defined, no-any-return]


@dataclass
class OneMore:
    """The catalogue with a node of the test's own."""

    declared: NodeType

    def find(self, type_name: str) -> NodeType:
        return self.declared if type_name == self.declared.type else catalogue.find(type_name)


@dataclass
class World:
    """A workflow around one node, in an engine that counts what reaches the outside."""

    bench: Bench
    asked: list[str] = field(default_factory=list)

    async def run(self, declared: NodeType) -> Outcome:
        raw = {
            "id": "w",
            "nodes": [
                {"name": "Start", "type": "n8n-nodes-base.manualTrigger", "position": [0, 0]},
                {"name": "Act", "type": "tests.act", "position": [1, 0]},
            ],
            "connections": {"Start": {"main": [[{"node": "Act", "type": "main", "index": 0}]]}},
        }
        parsed = parse_workflow(raw, place="w")
        workflow = prepare_workflow(parsed, OneMore(declared), scope_name="s", zone="UTC", place="w")
        engine = Engine(self.bench.database, self.bench, self.surround, clock=lambda: NOW, holder="h", new_id=new_id)
        new = engine.new_run(SCOPE, "r", workflow, workflow.nodes["Start"], [Item(json={})], mode="manual")
        return await engine.execute(await engine.begin(new), workflow)

    def surround(self, run_child: Any) -> Surroundings:
        def answer(request: httpx2.Request) -> httpx2.Response:
            self.asked.append(str(request.url))
            return httpx2.Response(200, json={})

        bench = self.bench
        return Surroundings(
            expressions=bench.expressions,
            code=bench.code,
            http=HttpClient(httpx2.MockTransport(answer)),
            http_timeout_seconds=5,
            expression_timeout_seconds=5,
            code_timeout_seconds=5,
            code_memory_bytes=256_000_000,
            run_child=run_child,
            vars={},
            env={},
        )


def new_id() -> str:
    return str(uuid.uuid4())


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with open_bench() as bench:
        yield World(bench)


async def run_another(step: Step) -> Any:
    return await step.run_workflow("other", [Item(json={})], wait=True)


async def reach_for_the_database(step: Any) -> Any:
    return step.connection


@pytest.mark.parametrize("make", [declare, declare_batch])
@pytest.mark.parametrize(
    ("act", "said"),
    [(ask, "HTTP request"), (run_another, "Another workflow"), (reach_for_the_database, "database")],
)
async def test_a_node_that_says_it_is_pure_has_no_effect(
    world: World, make: Callable[..., NodeType], act: Callable[[Step], Any], said: str
) -> None:
    outcome = await world.run(make(StepKind.PURE, act))
    assert outcome.status == "failed"
    assert outcome.error is not None
    assert outcome.error["code"] == "run.effect_outside_step"
    assert said in str(outcome.error["message"])
    assert world.asked == []


@pytest.mark.parametrize("make", [declare, declare_batch])
@pytest.mark.parametrize("kind", [StepKind.SAFE, StepKind.KEYED, StepKind.NEVER])
async def test_a_node_that_declares_its_kind_may_call(
    world: World, make: Callable[..., NodeType], kind: StepKind
) -> None:
    outcome = await world.run(make(kind, ask))
    assert outcome.status == "succeeded", outcome.error
    assert len(world.asked) == 1


async def test_a_pure_node_of_a_child_is_refused_although_its_parent_is_in_a_step(world: World) -> None:
    pure = declare(StepKind.PURE, ask)
    inner = {
        "id": "other",
        "nodes": [
            {"name": "Told", "type": "n8n-nodes-base.executeWorkflowTrigger", "position": [0, 0]},
            {"name": "Act", "type": "tests.act", "position": [1, 0]},
        ],
        "connections": {"Told": {"main": [[{"node": "Act", "type": "main", "index": 0}]]}},
    }

    parsed = parse_workflow(inner, place="other")
    child = prepare_workflow(parsed, OneMore(pure), scope_name="s", zone="UTC", place="other")
    world.bench.children = {"other": child}
    calling = declare(StepKind.SAFE, run_another)
    outcome = await world.run(calling)
    assert outcome.status == "failed"
    assert outcome.error is not None
    assert "outside a step" in str(outcome.error["message"])
    assert world.asked == []
