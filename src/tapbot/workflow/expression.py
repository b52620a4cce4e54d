"""Parameters with expressions: finding them, evaluating all for all items in one call, and putting the values back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from tapbot.errors import InvalidInput
from tapbot.sandbox.expression_sandbox import ExpressionSandbox
from tapbot.sandbox.types import ExpressionJob, NodeView, PreviousNode, RunView
from tapbot.storage.types import JsonObject, JsonValue
from tapbot.workflow.items import item_to_json
from tapbot.workflow.pairing import Origin, find_origins
from tapbot.workflow.plain import NOTHING, NotPlain, Read, compile_plain, is_constant
from tapbot.workflow.plan import NodeRun, Task, matching_run
from tapbot.workflow.types import Item, Node, NodeContext

NAMED_NODE = re.compile(
    r"""\$(?:\(|node\s*\[|items\s*\()\s*(?P<quote>["'`])(?P<name>(?:\\.|(?!(?P=quote)).)*)(?P=quote)"""
)
DOTTED_NODE = re.compile(r"\$node\.(?P<name>[A-Za-z_$][\w$]*)")
NUMBERED_RUN = re.compile(r"(?:\.(?:all|first|last)|\$items)\s*\([^()]*,")
ANY_NODE = re.compile(r"\$(?:\(|node\b|items\s*\()")
SYNTAX_HINT = "Mend what stands between {{ and }}; `tapbot workflow check FILE` names all such places."


@dataclass(frozen=True, slots=True)
class Template:
    """An expression and where it stands in the parameters."""

    path: tuple[str | int, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Compiled:
    """A node's parameters, taken apart once a release."""

    parameters: JsonObject
    templates: tuple[Template, ...]
    nodes: frozenset[str] | None
    """Names of the nodes that the expressions speak of; `None` when that is only known at run time."""
    all_runs: bool
    """Whether the expressions may ask for a node's run by its number."""
    plain: tuple[Read, ...] | None
    """How to read the expressions without a sandbox; `None` when one of them needs JavaScript."""
    holes: Holes | None
    """Where they stand; `None` when there are none, or `parameters` has the values that they always give."""


def compile_parameters(parameters: JsonObject, raw_names: frozenset[str]) -> Compiled:
    """Find every expression: a string that begins with `=`.

    Args:
        raw_names: Top-level parameters that the node wants as they are.
    """
    templates = tuple(
        template
        for name, value in parameters.items()
        if name not in raw_names
        for template in _find_templates(value, (name,))
    )
    folded = _fold(parameters, templates)
    if folded is not None:
        return Compiled(folded, templates, frozenset(), all_runs=False, plain=(), holes=None)
    sources = [template.source for template in templates]
    readers = [_read_once(source, compile_plain(source)) for source in sources]
    plain = tuple(reader for reader in readers if reader is not None)
    read = plain if len(plain) == len(templates) else None
    holes = _find_holes(parameters, templates)
    return Compiled(parameters, templates, named_nodes(sources), asks_for_runs(sources), read, holes)


def _fold(parameters: JsonObject, templates: Sequence[Template]) -> JsonObject | None:
    """The parameters with the values of their expressions, where each gives the same for every item; else `None`."""
    readers = [compile_plain(template.source) for template in templates if is_constant(template.source)]
    plain = [reader for reader in readers if reader is not None]
    holes = _find_holes(parameters, templates)
    if holes is None or len(plain) < len(templates):
        return None
    try:
        return cast(JsonObject, filled(holes, [read(NOTHING) for read in plain]))
    except NotPlain:
        return None


def _read_once(source: str, read: Read | None) -> Read | None:
    """The reader of an expression that always gives the same text or number, without its work."""
    if read is None or not is_constant(source):
        return read
    try:
        value = read(NOTHING)
    except NotPlain:
        return read
    return read if isinstance(value, (dict, list)) else lambda _record: value


def asks_for_runs(sources: Sequence[str]) -> bool:
    """Whether expressions or code may ask for a node's run by its number: `$('Node').all(0, 2)`."""
    return any(NUMBERED_RUN.search(source) for source in sources)


def named_nodes(sources: Sequence[str]) -> frozenset[str] | None:
    """The nodes that expressions or code speak of by name; `None` when a name is computed."""
    names: set[str] = set()
    for source in sources:
        found = [match["name"] for match in NAMED_NODE.finditer(source)]
        dotted = [match["name"] for match in DOTTED_NODE.finditer(source)]
        if len(ANY_NODE.findall(source)) > len(found) + len(dotted):
            return None
        names.update(re.sub(r"\\(.)", r"\1", name) for name in found)
        names.update(dotted)
    return frozenset(names)


def _find_templates(value: JsonValue, path: tuple[str | int, ...]) -> list[Template]:
    if isinstance(value, str):
        return [Template(path, value)] if value.startswith("=") else []
    if isinstance(value, dict):
        return [found for key, entry in value.items() for found in _find_templates(entry, (*path, key))]
    if isinstance(value, list):
        return [found for index, entry in enumerate(value) for found in _find_templates(entry, (*path, index))]
    return []


def texts_of(value: object) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts_of(part)


def put_values(compiled: Compiled, values: Sequence[JsonValue]) -> JsonObject:
    """The parameters with each expression replaced by its value."""
    if compiled.holes is None:
        return compiled.parameters
    return cast(JsonObject, filled(compiled.holes, values))


@dataclass(frozen=True, slots=True)
class Holes:
    """A list or object of the parameters with expressions somewhere in it.

    Args:
        places: Keys, each with the number of the expression that stands there, or with what has one inside.
    """

    around: Any
    places: tuple[tuple[str | int, int | Holes], ...]


def _find_holes(parameters: JsonObject, templates: Sequence[Template]) -> Holes | None:
    """Where the expressions stand, so that putting values there copies nothing else."""
    numbered = [(template.path, number) for number, template in enumerate(templates)]
    return _holes_in(parameters, numbered) if numbered else None


def _holes_in(around: Any, numbered: Sequence[tuple[tuple[str | int, ...], int]]) -> Holes:
    inside: dict[str | int, list[tuple[tuple[str | int, ...], int]]] = {}
    for path, number in numbered:
        inside.setdefault(path[0], []).append((path[1:], number))
    places = [(key, rest[0][1] if not rest[0][0] else _holes_in(around[key], rest)) for key, rest in inside.items()]
    return Holes(around, tuple(places))


def filled(holes: Holes, values: Sequence[JsonValue]) -> Any:
    """A copy of what has expressions in it, with their values; what has none is shared."""
    made = holes.around.copy()
    for key, inside in holes.places:
        made[key] = values[inside] if isinstance(inside, int) else filled(inside, values)
    return made


class Known(Protocol):
    """A node of the workflow, as its file has it."""

    @property
    def node(self) -> Node:
        """The node."""
        ...


@dataclass(frozen=True, slots=True)
class Scene:
    """Where the expressions of a node run are evaluated.

    Args:
        runs: What ran so far.
        known: All nodes of the workflow.
        contexts: What nodes keep between their runs, for example where a loop is.
        scope: Which project and release; a sandbox context serves one.
        timeout_seconds: Wall-clock time for all items together.
    """

    runs: Mapping[str, list[NodeRun]]
    known: Mapping[str, Known]
    contexts: Mapping[str, NodeContext]
    sandbox: ExpressionSandbox
    scope: str
    view: RunView
    timeout_seconds: float


def read_values(compiled: Compiled, items: Sequence[Item]) -> list[list[JsonValue]] | None:
    """What the expressions give for each item, where that needs no sandbox; else `None`."""
    if compiled.holes is None:
        return [[]] * max(1, len(items))
    if compiled.plain is None or not items:
        return None
    try:
        return [[read(item.json) for read in compiled.plain] for item in items]
    except NotPlain:
        return None


async def evaluate_values(
    compiled: Compiled, node: Node, task: Task, count: int, scene: Scene
) -> list[list[JsonValue] | InvalidInput]:
    """What the expressions give for each of the first `count` items, all evaluated in one call to the sandbox.

    An item whose expression failed gets the error instead; its `place` names the node and the parameter.

    Args:
        task: The node's run, with the items as they arrived: expressions see all of them, also with `executeOnce`.
    """
    count = max(1, count)
    items = next((given for given in task.inputs if given), [])
    answer = await scene.sandbox.evaluate(
        ExpressionJob(
            scope=scene.scope,
            templates=tuple(template.source for template in compiled.templates),
            items=[item_to_json(item) for item in items],
            item_indexes=tuple(range(count)),
            nodes=view_nodes(compiled.nodes, task, items, scene, all_runs=compiled.all_runs),
            run=scene.view,
            parameters=compiled.parameters,
            previous=previous_node(task, scene),
            timeout_seconds=scene.timeout_seconds,
        )
    )
    resolved: list[list[JsonValue] | InvalidInput] = [*answer.values]
    for failure in reversed(answer.failures):
        template = compiled.templates[failure.template_index]
        where = f"node {node.name!r}, parameter {'.'.join(map(str, template.path))}, item {failure.item_index}"
        hint = SYNTAX_HINT if failure.message.startswith("invalid syntax") else None
        resolved[failure.item_index] = InvalidInput(failure.message, code="expression.failed", place=where, hint=hint)
    return resolved


def previous_node(task: Task, scene: Scene) -> PreviousNode | None:
    """Where the first items of a node came from."""
    source = next((source for source in task.sources if source is not None), None)
    if source is None:
        return None
    return PreviousNode(
        name=source.node,
        output_index=source.output,
        run_index=source.run_index,
        params=scene.known[source.node].node.parameters,
        context=_context_of(source.node, scene),
    )


def view_nodes(
    names: frozenset[str] | None, task: Task, items: Sequence[Item], scene: Scene, *, all_runs: bool
) -> dict[str, NodeView]:
    """What expressions see of other nodes: the items of the matching run, and which item each current one came from.

    Args:
        names: The nodes that they speak of; `None` for all. One that did not run is shown as such.
        all_runs: Whether they may ask for a run by its number.
    """
    views = {}
    for name in scene.known if names is None else names.intersection(scene.known):
        run = matching_run(scene.runs, name, task.run_index)
        if run is None:
            views[name] = NodeView(params=scene.known[name].node.parameters)
        else:
            views[name] = _view_node(name, run, task, items, scene, all_runs=all_runs)
    return views


def _context_of(name: str, scene: Scene) -> JsonObject:
    context = scene.contexts.get(name)
    return {} if context is None else context.values


def _view_node(name: str, run: NodeRun, task: Task, items: Sequence[Item], scene: Scene, *, all_runs: bool) -> NodeView:
    input_index = next((index for index, given in enumerate(task.inputs) if given), 0)
    arrived = task.inputs[input_index] if task.inputs else []
    found = [find_origins(scene.runs, task, input_index, item, name) for item in arrived[: max(1, len(items))]]
    sure = [origins[0] for origins in found if len(origins) == 1]
    places = {(origin.run_index, origin.output) for origin in sure}
    output = _output_towards(name, task, scene)
    if len(places) == 1:
        run, output = scene.runs[name][sure[0].run_index], sure[0].output
    outputs = _show_run(run)
    partners = None if len(places) <= 1 else [_partner(scene.runs[name], origin) for origin in sure]
    numbers = iter(range(len(sure)))
    return NodeView(
        items=outputs[output] if output < len(outputs) else [],
        pairs=[
            _pairing_problem(name, len(origins))
            if len(origins) != 1
            else origins[0].item
            if partners is None
            else next(numbers)
            for origins in found
        ],
        partners=partners,
        params=scene.known[name].node.parameters,
        run_index=run.task.run_index,
        outputs=outputs,
        runs=[_show_run(made) for made in scene.runs[name]] if all_runs else [],
        context=_context_of(name, scene),
    )


def _output_towards(name: str, task: Task, scene: Scene) -> int:
    """The output of a node by which what it gave came to a task: the one that `.all()` means; else the first."""
    seen: set[tuple[str, int]] = set()
    reached = [task]
    for at in reached:
        for source in at.sources:
            if source is None or (source.node, source.run_index) in seen:
                continue
            if source.node == name:
                return source.output
            seen.add((source.node, source.run_index))
            reached.append(scene.runs[source.node][source.run_index].task)
    return 0


def _show_run(run: NodeRun) -> list[list[dict[str, Any]]]:
    return [[item_to_json(item) for item in given] for given in run.outputs]


def _partner(runs: Sequence[NodeRun], origin: Origin) -> dict[str, Any]:
    return item_to_json(runs[origin.run_index].outputs[origin.output][origin.item])


def _pairing_problem(name: str, count: int) -> str:
    if count == 0:
        return f"Paired item data for item from node '{name}' is unavailable: which of its items is meant is not known."
    return f"Multiple matching items for node '{name}': use .first(), .last() or .all() instead of .item."
