"""The contract of a node: one typed parameter model, one function, and its step kind (or pure)."""

from __future__ import annotations

import builtins
import inspect
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, Literal, Protocol, TypeVar, cast

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from sqlalchemy import Connection

from tapbot.credentials.types import Opened, Signature
from tapbot.storage.types import JsonObject, Scope
from tapbot.upstream import HttpClient
from tapbot.workflow.commands import CommandResult
from tapbot.workflow.files import FileRoot
from tapbot.workflow.memory import Memory
from tapbot.workflow.polling import Look, Polled
from tapbot.workflow.types import Item, Node, NodeContext, Outputs, StepKind

STRAIGHT_SHAPES = frozenset({"item", "batch", "trigger"})
Language = Literal["javaScript", "python"]


class NodeParams(BaseModel):
    """Parameters of a node. Names are n8n's (camelCase in the file); attribute docstrings are the form's help."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, alias_generator=to_camel)


P = TypeVar("P", bound=NodeParams)


@dataclass(frozen=True, slots=True)
class WebhookReply:
    """What a webhook's caller gets.

    Args:
        body: Raw bytes.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class Step(Protocol):
    """What a node may use beside its items. Clock and randomness belong to the run, so that a replay is the same."""

    @property
    def node(self) -> Node:
        """The node."""
        ...

    @property
    def workflow_id(self) -> str:
        """Id of the workflow."""
        ...

    @property
    def workflow_name(self) -> str:
        """Its name."""
        ...

    @property
    def run_id(self) -> str:
        """Id of the run."""
        ...

    @property
    def run_index(self) -> int:
        """How often the node ran before in this run."""
        ...

    @property
    def scope(self) -> Scope:
        """Whose run it is."""
        ...

    @property
    def now(self) -> datetime:
        """The run's clock, in the workflow's zone."""
        ...

    @property
    def http(self) -> HttpClient:
        """The door for outgoing calls."""
        ...

    @property
    def http_timeout_seconds(self) -> float:
        """Longest silence of the other side."""
        ...

    @property
    def context(self) -> NodeContext:
        """What this node keeps for its next run in the same run of the workflow: a loop's items."""
        ...

    @property
    def random(self) -> random.Random:
        """Randomness of the run."""
        ...

    @property
    def files(self) -> FileRoot:
        """The folder that file nodes may reach; for nodes with a step kind."""
        ...

    async def run_command(self, line: str) -> CommandResult:
        """Run a line in the server's shell, if the settings allow it; for nodes with a step kind."""
        ...

    async def credential(self, kind: str) -> Opened:
        """The node's credential of a kind, in the open; for nodes with a step kind. Keep it no longer than the call."""
        ...

    async def sign(self, kind: str, host: str, *, renew: bool = False) -> tuple[Opened, Signature]:
        """The node's credential, and what it adds to a request to a host.

        Args:
            renew: The service refused the access token: get a new one.
        """
        ...

    def renewable(self, kind: str, opened: Opened) -> bool:
        """Whether an access token that was refused can be renewed."""
        ...

    def idempotency_key(self) -> str:
        """A key that is the same whenever this step runs again."""
        ...

    async def run_code(
        self,
        source: str,
        items: Sequence[Item],
        *,
        each: bool,
        language: Language = "javaScript",
    ) -> list[Item]:
        """Run the code of a Code node in its sandbox: once for all items, or once for each."""
        ...

    async def run_workflow(self, workflow_id: str, items: Sequence[Item], *, wait: bool) -> list[Item]:
        """Run another workflow of the project from its sub-workflow trigger; its last node's items come back."""
        ...

    def respond(self, reply: WebhookReply) -> None:
        """Answer the webhook that started this run. The first answer counts."""
        ...

    def response_expected(self) -> bool:
        """Whether a webhook waits for `respond`."""
        ...


@dataclass(frozen=True, slots=True)
class Wait:
    """What a run waits for at a node: a time, an event, or whichever comes first.

    Args:
        until: Aware time; `None` leaves it to the event.
        event: Key of the event, unique in its project.
        about: It waits for a request to the run's own address, which `api/resume.py` answers as this says.
    """

    until: datetime | None
    event: str | None = None
    about: JsonObject | None = None
    asking: Asking | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """Somebody is asked before the run leaves memory, and the answer is read from the database, not from the event.

    Each function but `route` runs in the transaction that records its step, so exactly once; what it gives is JSON.

    Args:
        ask: Puts the question; gets the key of the event that tells of the answer.
        remind: What to do, and until when to wait then, when the time came without an answer; `None` ends the wait.
            Gets what `ask` gave.
        close: Nobody may answer any more; gives the answer, if there is one. Gets what `ask` gave.
        route: The items of each output, from what `close` gave.
    """

    ask: Callable[[StoredStep, str], JsonObject]
    remind: Callable[[JsonObject], Reminder | None]
    close: Callable[[StoredStep, JsonObject], JsonObject]
    route: Callable[[JsonObject, list[Item]], Outputs]


@dataclass(frozen=True, slots=True)
class Reminder:
    """Another try to get an answer, and until when to wait after it."""

    until: datetime
    remind: Callable[[StoredStep], JsonObject]


@dataclass(frozen=True, slots=True)
class StoredStep:
    """What a `stored` node gets: the open transaction in which its step is recorded.

    Args:
        connection: Write through this connection only, and do not commit.
        conversation_id: The conversation that this run belongs to, if any.
        public_url: Address under which people reach this installation, without a slash at its end.
    """

    connection: Connection
    scope: Scope
    run_id: str
    step_key: str
    now: datetime
    node: Node
    memory: Memory
    """What the node remembers from run to run."""
    conversation_id: str | None = None
    public_url: str = ""


@dataclass(slots=True)
class NodeCall(Generic[P]):
    """One run of a batch node.

    Args:
        params: Parameters evaluated for the first item.
        inputs: Items by input; an input that nothing reached is an empty list.
        resolve: Gives the parameters for another item of the first input.
        passing: The same, faster: valid until it is asked for the next item's.
        tell: Gives `known`.
        uncut: Items of the first input as they came, where `executeOnce` left one of them.
        stored: The open transaction, where these parameters make the node a `stored` one.
    """

    params: P
    inputs: Outputs
    step: Step
    resolve: Callable[[int], P]
    passing: Callable[[int], P]
    tell: Callable[[], list[JsonObject]]
    uncut: list[Item] | None = None
    stored: StoredStep | None = None

    @property
    def known(self) -> list[JsonObject]:
        """Raw parameters by item, those that could be evaluated."""
        return self.tell()

    @property
    def items(self) -> list[Item]:
        """Items of the first input."""
        return self.inputs[0] if self.inputs else []

    @property
    def seen(self) -> list[Item]:
        """Items of the first input as code sees them: all, also those that `executeOnce` leaves out."""
        return self.items if self.uncut is None else self.uncut

    def params_each(self) -> list[P]:
        """The parameters of each item of the first input."""
        return [self.resolve(index) for index in range(len(self.items))]


Upgrade = Callable[[JsonObject, float], JsonObject]
"""Turns the parameters of an older version into those of the newest one; gets the version in the file."""


@dataclass(frozen=True, slots=True)
class NodeType:
    """A kind of node.

    Args:
        type: Name in the workflow file.
        shape: `"item"`: called once per item; `"batch"`: once per run; `"trigger"`: starts runs, passes its items on;
            `"wait"`: says what the run waits for; `"note"`: a drawing that never runs.
        kind: Step kind, or a function from the parameters to it.
        inputs: Number of inputs that the drawing has.
        outputs: Names of the outputs, or a function from the raw parameters to them.
        required_inputs: How many inputs must have data before an incomplete node may run (None: one is enough).
        raw_parameters: Names of parameters whose expressions are not evaluated before the call.
        asks: It waits for somebody's answer, see `Asking`.
        stores: Some parameters make it a `stored` node; `pure_for`: some raw ones make it pure.
        poll: How a trigger of the kind `"poll"` looks for news; its parameters have the `rule` of a schedule.
    """

    type: str
    label: str
    version: float
    params: builtins.type[NodeParams]
    shape: str
    run: Callable[..., Any]
    kind: StepKind | Callable[[Any], StepKind] = StepKind.PURE
    inputs: int = 1
    outputs: tuple[str, ...] | Callable[[JsonObject], tuple[str, ...]] = ("main",)
    required_inputs: Callable[[JsonObject], int | None] = field(default=lambda _parameters: None)
    upgrade: Upgrade = field(default=lambda parameters, _version: parameters)
    trigger: str | None = None
    raw_parameters: frozenset[str] = frozenset()
    icon: str = ""
    asks: bool = False
    stores: bool = False
    pure_for: Callable[[JsonObject], bool] = field(default=lambda _parameters: False)
    poll: Callable[[Look], Awaitable[Polled]] | None = None

    def for_parameters(self, parameters: JsonObject) -> NodeType:
        """The node type as it is with these parameters: some make it pure."""
        return replace(self, kind=StepKind.PURE) if self.pure_for(parameters) else self

    def output_names(self, parameters: JsonObject) -> tuple[str, ...]:
        """Names of the outputs for these parameters."""
        return self.outputs(parameters) if callable(self.outputs) else self.outputs

    def kind_for(self, params: NodeParams) -> StepKind:
        """The step kind for these parameters."""
        return self.kind(params) if callable(self.kind) else self.kind

    @property
    def has_effect(self) -> bool:
        """Whether any of its calls may need a row in the journal."""
        return callable(self.kind) or self.kind is not StepKind.PURE

    @property
    def runs_straight(self) -> bool:
        """Whether its function is a plain one without an effect."""
        plain = self.shape in STRAIGHT_SHAPES and not inspect.iscoroutinefunction(self.run)
        return plain and self.kind is StepKind.PURE


ItemFunction = Callable[[P, Item, Step], "Item | list[Item] | Awaitable[Item | list[Item]]"]
StoredFunction = Callable[[P, Item, StoredStep], "Item | list[Item]"]
BatchFunction = Callable[["NodeCall[P]"], "Outputs | Awaitable[Outputs]"]
F = TypeVar("F", bound=Callable[..., Any])


def node(type_name: str, params: type[NodeParams], *, version: float, label: str, **options: Any) -> Callable[[F], F]:
    """Declare a node whose function is called once per item: `(params, item, step) -> Item | list[Item]`.

    A `stored` one gets a `StoredStep` and is a plain function; others may be async. Pairing and errors by item
    (`onError`) are the engine's. The declaration is kept on the function as `declared`.

    Args:
        type_name: Name in the workflow file, for example `"n8n-nodes-base.set"`.
        params: Model of the parameters.
        version: Newest `typeVersion` of the file that this function implements.
        label: Name that people read.
        options: The other fields of `NodeType`.
    """
    return _declare(type_name, params, version, label, {"shape": "item", **options})


def batch_node(
    type_name: str, params: type[NodeParams], *, version: float, label: str, **options: Any
) -> Callable[[F], F]:
    """Declare a node whose function sees all items at once: `(call: NodeCall) -> Outputs`. See `node`."""
    return _declare(type_name, params, version, label, {"shape": "batch", **options})


def wait_node(
    type_name: str, params: type[NodeParams], *, version: float, label: str, **options: Any
) -> Callable[[F], F]:
    """Declare a node at which a run waits: `(call: NodeCall, now: datetime) -> Wait`. The run leaves memory meanwhile.
    With `None` it goes on at once; whether it does follows from the parameters alone.

    `now` is the wall clock in the workflow's zone when the run comes there first. Its items pass on when the time has
    come; an event's payload takes their place. See `node`.
    """
    return _declare(type_name, params, version, label, {"shape": "wait", "kind": StepKind.STORED, **options})


def trigger_node(
    type_name: str, params: type[NodeParams], *, version: float, label: str, trigger: str, **options: Any
) -> Callable[[F], F]:
    """Declare a node that starts runs. Its function turns the items that started the run into its output.

    Args:
        trigger: What fires it: `"manual"`, `"webhook"`, `"schedule"`, `"data"`, `"poll"`, `"telegram"`,
            `"whatsapp"` or `"workflow"`.
    """
    return _declare(type_name, params, version, label, {"shape": "trigger", "trigger": trigger, **options})


def _declare(
    type_name: str, params: type[NodeParams], version: float, label: str, options: dict[str, Any]
) -> Callable[[F], F]:
    def keep(function: F) -> F:
        declared = NodeType(type=type_name, label=label, version=version, params=params, run=function, **options)
        cast(Any, function).declared = declared
        return function

    return keep
