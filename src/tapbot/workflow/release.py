"""A workflow made ready to run: node types found, parameters upgraded and taken apart. Once a release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tapbot.errors import InvalidInput, NotFound
from tapbot.storage.types import JsonObject
from tapbot.workflow.expression import Compiled, compile_parameters, texts_of
from tapbot.workflow.mould import Mould, Place
from tapbot.workflow.node import NodeParams, NodeType
from tapbot.workflow.rules import NO_RULES, RunRules, read_rules
from tapbot.workflow.stubs import Stubs
from tapbot.workflow.types import Node, OnError, Workflow

STATIC_DATA = "getWorkflowStaticData"


class Catalogue(Protocol):
    """Finds node types by their name in the file."""

    def find(self, type_name: str) -> NodeType:
        """The node type.

        Raises:
            NotFound: There is none of that name; the hint names the nearest.
        """
        ...


@dataclass(frozen=True, slots=True)
class PreparedNode:
    """A node with its type and its parameters in the newest form."""

    node: Node
    type: NodeType
    parameters: JsonObject
    compiled: Compiled
    constant: list[NodeParams] = field(default_factory=list, compare=False)
    """The parameters as the node's model once they were checked, where they are the same in every run."""
    moulds: list[Mould | None] = field(default_factory=list, compare=False)
    """Of what parameters with expressions are made, once the first were checked; `None` when each must be checked."""
    poured: list[tuple[NodeParams, list[Place]]] = field(default_factory=list, compare=False)
    """One model of the mould, which is filled anew for each item, and where the values go; see `refill.py`."""
    straight: bool = field(init=False)
    """Whether it may be run straight, see `straight.py`."""
    never_waits: bool = field(init=False)
    """Whether it mostly will be: it needs no sandbox but for values that are not plain."""

    def __post_init__(self) -> None:
        """Look, once a release, whether there is anything to wait for or to decide."""
        plain = not (self.node.disabled or self.node.execute_once or self.node.always_output_data)
        stops = self.node.on_error is OnError.STOP
        straight = plain and stops and self.type.runs_straight
        object.__setattr__(self, "straight", straight)
        read = self.compiled.holes is None or self.compiled.plain is not None
        object.__setattr__(self, "never_waits", straight and read)


@dataclass(frozen=True, slots=True)
class PreparedWorkflow:
    """A workflow that can run.

    Args:
        scope_name: Names the sandbox context: one a project, environment and release.
        zone: IANA zone of its dates.
        rules: What its settings say about its runs.
        stubs: What stands in for nodes, in a test of the workflow.
    """

    workflow: Workflow
    nodes: Mapping[str, PreparedNode]
    scope_name: str
    zone: str
    rules: RunRules = NO_RULES
    stubs: Stubs | None = None
    uses_static_data: bool = field(init=False)
    """Whether an enabled node speaks of the workflow's static data, which outlives its runs."""
    never_waits: bool = field(init=False)
    """Whether no node waits for anything, see `straight.execute_straight`."""

    def __post_init__(self) -> None:
        """Look through all texts, once a release."""
        object.__setattr__(self, "never_waits", all(node.never_waits for node in self.nodes.values()))
        enabled = [node.node.parameters for node in self.nodes.values() if not node.node.disabled]
        uses = any(STATIC_DATA in text for parameters in enabled for text in texts_of(parameters))
        object.__setattr__(self, "uses_static_data", uses)

    def required_inputs(self, node: Node) -> int | None:
        """How many inputs a node needs before it may run incomplete."""
        prepared = self.nodes[node.name]
        return prepared.type.required_inputs(prepared.parameters)

    def triggers(self, kind: str) -> list[PreparedNode]:
        """The enabled triggers of a kind, in the order of the file."""
        return [node for node in self.nodes.values() if node.type.trigger == kind and not node.node.disabled]

    @property
    def first_trigger(self) -> PreparedNode | None:
        """Where a run begins when nobody says: the first trigger that is not manual, else the manual one."""
        found = [node for node in self.nodes.values() if node.type.trigger and not node.node.disabled]
        found.sort(key=lambda node: node.type.trigger == "error")
        return next((node for node in found if node.type.trigger != "manual"), found[0] if found else None)

    @property
    def has_effect(self) -> bool:
        """Whether any enabled node may need a row in the journal."""
        return any(node.type.has_effect and not node.node.disabled for node in self.nodes.values())


def prepare_workflow(
    workflow: Workflow,
    catalogue: Catalogue,
    *,
    scope_name: str,
    zone: str,
    place: str,
    project_most: int | None = None,
) -> PreparedWorkflow:
    """Find the node types of a workflow and bring its parameters to their newest form.

    Args:
        zone: Zone of the project; the workflow's own setting goes first.
        place: What to call the workflow in messages.
        project_most: How many runs of the project may run at once.

    Raises:
        NotFound: A node type is unknown.
        InvalidInput: The time zone or a rule is unknown, or a version is newer than ours.
    """
    named_zone = workflow.settings.get("timezone")
    chosen = named_zone if isinstance(named_zone, str) and named_zone not in ("", "DEFAULT") else zone
    try:
        ZoneInfo(chosen)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InvalidInput(f"there is no time zone {chosen!r}.", code="workflow.unknown_zone", place=place) from error
    nodes = {
        node.name: _prepare_node(node, catalogue, place)
        for node in workflow.nodes.values()
        if not node.type.endswith(".stickyNote")
    }
    rules = read_rules(workflow.settings, project_most=project_most, place=place)
    return PreparedWorkflow(workflow, nodes, scope_name, chosen, rules)


def absent_type(node: Node) -> NodeType:
    """What a disabled node of an unknown type is: its items pass through, as those of any disabled node."""
    return NodeType(
        type=node.type, label=node.type, version=node.version, params=NodeParams, shape="batch", run=_never_run
    )


def _never_run(_call: object) -> None:
    raise AssertionError("a disabled node was called")


def _prepare_node(node: Node, catalogue: Catalogue, place: str) -> PreparedNode:
    where = f"{place}, node {node.name!r}"
    try:
        found = catalogue.find(node.type)
    except NotFound as error:
        if node.disabled:
            return PreparedNode(node, absent_type(node), {}, compile_parameters({}, frozenset()))
        raise NotFound(error.message, code="workflow.unknown_node", place=where, hint=error.hint) from error
    if int(node.version) > int(found.version):
        raise InvalidInput(
            f"{node.type} has version {node.version:g}; this tapbot knows it up to {found.version:g}.",
            code="workflow.newer_node",
            place=where,
            hint="Update tapbot, or choose the older version of the node in the editor.",
        )
    try:
        parameters = found.upgrade(node.parameters, node.version)
    except InvalidInput as error:
        inside = f"{where}, {error.place}" if error.place else where
        raise InvalidInput(error.message, code=error.code, place=inside, hint=error.hint) from error
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(
            "the parameters have another shape than expected.", code="node.invalid_parameter", place=where
        ) from error
    compiled = compile_parameters(parameters, found.raw_parameters)
    return PreparedNode(node, found.for_parameters(parameters), parameters, compiled)
