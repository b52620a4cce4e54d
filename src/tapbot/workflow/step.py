"""What a node may use while it runs."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from tapbot.credentials.types import Opened, Signature
from tapbot.credentials.vault import Vault
from tapbot.errors import InvalidInput
from tapbot.sandbox.code_sandbox import CodeSandbox
from tapbot.sandbox.expression_sandbox import ExpressionSandbox
from tapbot.sandbox.types import CodeFailure, CodeJob
from tapbot.storage.types import Scope
from tapbot.upstream import HttpClient
from tapbot.workflow.commands import CommandResult, run_command
from tapbot.workflow.effects import EffectOutsideStep, require_step
from tapbot.workflow.expression import asks_for_runs, named_nodes, previous_node, view_nodes
from tapbot.workflow.files import NO_FILES, FileRoot
from tapbot.workflow.items import item_from_json, item_to_json
from tapbot.workflow.keys import NodeKeys
from tapbot.workflow.node import Language, WebhookReply
from tapbot.workflow.plan import Task
from tapbot.workflow.remembering import change_static, static_of
from tapbot.workflow.types import Item, Node, NodeContext, OnError

if TYPE_CHECKING:
    from tapbot.workflow.execution import Execution

ChildRunner = Callable[["Execution", str, str, Sequence[Item], bool], Awaitable[list[Item]]]
"""Runs another workflow as a child of an execution: (parent, step key, workflow id, items, wait) → its last items."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every node of every run shares; `app.py` binds it.

    Args:
        run_child: Runs another workflow of the same release.
        vars: `$vars` of expressions.
        env: `$env` of expressions: names that the settings allow, never secrets.
        public_url: Address under which people and services reach this installation, without a slash at its end.
        files: The folder that file nodes may reach.
        allow_commands: Whether workflows may run programs of the server.
        vault: Credentials; `None` where there are none, as in tests of a workflow.
    """

    expressions: ExpressionSandbox
    code: CodeSandbox
    http: HttpClient
    http_timeout_seconds: float
    expression_timeout_seconds: float
    code_timeout_seconds: float
    code_memory_bytes: int
    run_child: ChildRunner
    vars: Mapping[str, str]
    env: Mapping[str, str]
    public_url: str = ""
    files: FileRoot = NO_FILES
    allow_commands: bool = False
    vault: Vault | None = None


@dataclass(slots=True)
class NodeStep:
    """The `Step` that a node's function gets."""

    node: Node
    execution: Execution
    task: Task
    item: int | None = None
    """The item that is under way; `None` for all of the node's run."""
    calls: int = 0
    _random: random.Random | None = None

    @property
    def item_key(self) -> str:
        """Key of the step that is under way: the node's run, or an item of it."""
        return self.execution.key(self.task, self.item)

    @property
    def workflow_id(self) -> str:
        """See `Step.workflow_id`."""
        return self.execution.workflow.workflow.id

    @property
    def workflow_name(self) -> str:
        """See `Step.workflow_name`."""
        return self.execution.workflow.workflow.name

    @property
    def run_id(self) -> str:
        """See `Step.run_id`."""
        return self.execution.run.new.run_id

    @property
    def run_index(self) -> int:
        """See `Step.run_index`."""
        return self.task.run_index

    @property
    def scope(self) -> Scope:
        """See `Step.scope`."""
        return self.execution.run.new.scope

    @property
    def now(self) -> datetime:
        """See `Step.now`."""
        return self.execution.now

    @property
    def http(self) -> HttpClient:
        """See `Step.http`."""
        return self.execution.around.http

    @property
    def http_timeout_seconds(self) -> float:
        """See `Step.http_timeout_seconds`."""
        return self.execution.around.http_timeout_seconds

    @property
    def context(self) -> NodeContext:
        """See `Step.context`."""
        return self.execution.plan.contexts.setdefault(self.node.name, NodeContext())

    @property
    def random(self) -> random.Random:
        """See `Step.random`: a replay draws the same numbers. Seeding costs more than most nodes, so it waits."""
        if self._random is None:
            seed = f"{self.execution.run.new.seed}/{self.execution.key(self.task, None)}"
            self._random = random.Random(seed)  # noqa: S311  # no secret: a replay draws the same
        return self._random

    @property
    def connection(self) -> Connection:
        """Refused: the database is for stored steps, which get a `StoredStep`."""
        raise EffectOutsideStep(
            "The database was reached for outside a stored step.",
            place=f"node {self.node.name!r}",
            hint="Declare the node with `kind=StepKind.STORED`: its function gets the transaction of its step.",
        )

    @property
    def files(self) -> FileRoot:
        """See `Step.files`."""
        require_step("A file")
        return self.execution.around.files

    async def run_command(self, line: str) -> CommandResult:
        """See `Step.run_command`."""
        require_step("A command")
        return await run_command(line, allowed=self.execution.around.allow_commands)

    async def credential(self, kind: str) -> Opened:
        """See `Step.credential`."""
        return await self._keys.credential(kind)

    async def sign(self, kind: str, host: str, *, renew: bool = False) -> tuple[Opened, Signature]:
        """See `Step.sign`."""
        return await self._keys.sign(kind, host, renew=renew)

    def renewable(self, kind: str, opened: Opened) -> bool:
        """See `Step.renewable`."""
        return self._keys.renewable(kind, opened)

    @property
    def _keys(self) -> NodeKeys:
        return NodeKeys(self.execution.around.vault, self.scope, self.node)

    def idempotency_key(self) -> str:
        """See `Step.idempotency_key`."""
        return self.execution.run.key_for_service(self.item_key)

    async def run_code(
        self,
        source: str,
        items: Sequence[Item],
        *,
        each: bool,
        language: Language = "javaScript",
    ) -> list[Item]:
        """See `Step.run_code`."""
        execution, scene = self.execution, self.execution.scene(self.task)
        answer = await execution.around.code.run(
            CodeJob(
                scope=execution.workflow.scope_name,
                source=source,
                language=language,
                static=static_of(execution.plan),
                node=self.node.name,
                mode="each" if each else "all",
                keep_going=each and self.node.on_error is not OnError.STOP,
                items=[item_to_json(item) for item in items],
                nodes=view_nodes(named_nodes([source]), self.task, items, scene, all_runs=asks_for_runs([source])),
                run=execution.view(self.task),
                parameters=self.node.parameters,
                previous=previous_node(self.task, scene),
                timeout_seconds=execution.around.code_timeout_seconds,
                memory_bytes=execution.around.code_memory_bytes,
            )
        )
        execution.printed += answer.console
        if answer.static is not None:
            change_static(execution.plan, answer.static)
        if answer.failure is None:
            return [item_from_json(item) for item in answer.items]
        message = answer.failure.message + _place_of(answer.failure)
        if self.node.on_error is OnError.STOP:
            raise InvalidInput(message, code="code.failed", place=f"node {self.node.name!r}")
        return [Item(json={"error": message}, error=message)]

    async def run_workflow(self, workflow_id: str, items: Sequence[Item], *, wait: bool) -> list[Item]:
        """See `Step.run_workflow`. Each call of a node is a child of its own."""
        self.calls += 1
        key = f"{self.item_key}/call{self.calls}"
        return await self.execution.around.run_child(self.execution, key, workflow_id, items, wait)

    def respond(self, reply: WebhookReply) -> None:
        """See `Step.respond`."""
        self.execution.answer(reply)

    def response_expected(self) -> bool:
        """See `Step.response_expected`."""
        return self.execution.reply_expected


def _place_of(failure: CodeFailure) -> str:
    """Where code failed, as n8n writes it: `[line 3, for item 0]`."""
    parts = [] if failure.line is None else [f"line {failure.line}"]
    if failure.item_index is not None:
        parts.append(f"for item {failure.item_index}")
    return f" [{', '.join(parts)}]" if parts else ""
