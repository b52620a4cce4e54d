"""The plan of a run: which node runs next, with which items. Pure: the graph and what ran decide, nothing else.

One node runs at a time. Order v1 goes depth first: successors by canvas position, in front of the rest. Order v0 goes
breadth first: successors in the order of their connections, behind the rest (n8n semantics dossier, "Order").

Order v0 also runs what leads to an input that stays empty, with one empty item: as soon as another input has something,
unless what came there comes from the same branch, and once more when nothing else is left to run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from tapbot.errors import LimitExceeded, TapbotError
from tapbot.workflow.types import Item, Node, NodeContext, Outputs, Target, Workflow

MOST_NODE_RUNS = 100_000


class Source(msgspec.Struct, frozen=True):
    """Which output of which run of a node some items came from."""

    node: str
    output: int
    run_index: int


@dataclass(slots=True)
class Task:
    """A node that is ready, with its items by input and where they came from."""

    node: str
    inputs: Outputs
    sources: list[Source | None]
    run_index: int = 0


@dataclass(slots=True)
class NodeRun:
    """What one run of a node did."""

    task: Task
    outputs: Outputs
    error: str | None = None
    problem: TapbotError | None = None
    """The error itself, while it is fresh."""
    started_at: datetime | None = None
    duration_ms: float = 0.0
    console: tuple[str, ...] = ()
    """Lines that the node's code printed."""
    _places: dict[int, dict[int, int]] | None = None

    def place_of(self, output: int, item: Item) -> int | None:
        """The place of an item in an output; an item stays the same object all along its way."""
        if output >= len(self.outputs):
            return None
        if self._places is None:
            self._places = {}
        if output not in self._places:
            self._places[output] = {id(entry): index for index, entry in enumerate(self.outputs[output])}
        return self._places[output].get(id(item))


@dataclass(slots=True)
class Gathering:
    """Items by wired input slot, of a node that waits for the others. `None`: nothing came yet."""

    items: dict[int, list[Item] | None]
    sources: dict[int, Source | None]


@dataclass(slots=True)
class Plan:
    """The state of one run of a workflow.

    Args:
        workflow: The graph.
        required_inputs: By node, how many inputs must have data before it may run incomplete (`None`: one).
    """

    workflow: Workflow
    required_inputs: Callable[[Node], int | None] = field(default=lambda _node: None)
    runs: dict[str, list[NodeRun]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    contexts: dict[str, NodeContext] = field(default_factory=dict)
    ready: deque[Task] = field(default_factory=deque)
    waiting: dict[str, list[Gathering]] = field(default_factory=dict)

    def start(self, node: str, items: list[Item]) -> None:
        """Begin at a node, with the items that the trigger gives it."""
        self.ready.append(Task(node, [items], [None]))

    def next_task(self) -> Task | None:
        """The node that runs now; `None` when the run is over."""
        if not self.ready:
            self._release_waiting()
        if not self.ready:
            return None
        task = self.ready.popleft()
        task.run_index = len(self.runs.get(task.node, ()))
        if len(self.order) >= MOST_NODE_RUNS:
            raise LimitExceeded(
                f"More than {MOST_NODE_RUNS} node runs: this looks like an endless loop.",
                code="run.too_many_steps",
                place=task.node,
            )
        return task

    def put_back(self, task: Task) -> None:
        """A task did not come to its end: it is the next one again."""
        self.ready.appendleft(task)

    def record(self, run: NodeRun) -> None:
        """Take in what a node did, and make ready or fill what follows from it."""
        name = run.task.node
        self.runs.setdefault(name, []).append(run)
        self.order.append(name)
        if run.error is not None and not run.outputs:
            return
        connections = self.workflow.connections.get(name)
        if not connections:
            return
        first_order = self.workflow.order == "v1"
        following: list[tuple[Target, Source, list[Item]]] = []
        for output, items in enumerate(run.outputs[: len(connections)]):
            targets = connections[output]
            if targets and (items or not first_order):
                source = Source(name, output, run.task.run_index)
                following += [(target, source, items) for target in targets if items or target.input > 0]
        if first_order and len(following) > 1:
            following.sort(key=lambda entry: self._canvas_key(entry[0].node))
            # Each goes to the front, so the last one in canvas order is placed first.
            following.reverse()
        for target, source, items in following:
            self._arrive(target.node, target.input, items, source)

    def has_run(self, node: str) -> bool:
        """Whether a node ran at least once."""
        return node in self.runs

    def _canvas_key(self, node: str) -> tuple[float, float]:
        x, y = self.workflow.nodes[node].position
        return y, x

    def _arrive(self, node: str, slot: int, items: list[Item], source: Source) -> None:
        """Items reach an input. A node with several wired inputs waits until each has some."""
        slots = self.workflow.parents.get(node, {})
        if len(slots) <= 1:
            if slot == 0:
                self._make_ready(Task(node, [items], [source]))
                return
            if self.workflow.order == "v0":
                return  # it needs something in its first input, to which nothing leads
            inputs: Outputs = [[] for _ in range(slot)] + [items]
            sources: list[Source | None] = [*([None] * slot), source]
            self._make_ready(Task(node, inputs, sources))
            return
        entries = self.waiting.setdefault(node, [])
        entry = next((entry for entry in entries if entry.items.get(slot) is None), None)
        if entry is None:
            entry = Gathering(dict.fromkeys(slots), dict.fromkeys(slots))
            entries.append(entry)
        entry.items[slot] = items
        entry.sources[slot] = source
        if all(found is not None for found in entry.items.values()):
            self._leave_waiting(node, entry)
        elif self.workflow.order == "v0":
            self._force_parents(node, entry, source.node)

    def _leave_waiting(self, node: str, entry: Gathering) -> None:
        """The entry becomes a task; what never came is an empty input."""
        self._drop_waiting(node, entry)
        width = max(entry.items) + 1
        inputs = [list(entry.items.get(slot) or []) for slot in range(width)]
        self._make_ready(Task(node, inputs, [entry.sources.get(slot) for slot in range(width)]))

    def _drop_waiting(self, node: str, entry: Gathering) -> None:
        self.waiting[node].remove(entry)
        if not self.waiting[node]:
            del self.waiting[node]

    def _make_ready(self, task: Task) -> None:
        if self.workflow.order == "v1":
            self.ready.appendleft(task)
        else:
            self.ready.append(task)

    def _release_waiting(self) -> None:
        """Nothing can run: let the first waiting node run with what it has, if none of its ancestors waits too."""
        while self.waiting and not self.ready:
            node = self._first_without_waiting_ancestor()
            entry = self.waiting[node][0]
            if not any(entry.items.values()):
                self._drop_waiting(node, entry)
                continue
            if self.workflow.order == "v0" and self._force_parents(node, entry):
                return
            if self._may_run_incomplete(node, entry):
                self._leave_waiting(node, entry)
            else:
                self._drop_waiting(node, entry)

    def _first_without_waiting_ancestor(self) -> str:
        for node in self.waiting:
            if not (self._ancestors(node) - {node}) & self.waiting.keys():
                return node
        return next(iter(self.waiting))

    def _may_run_incomplete(self, node: str, entry: Gathering) -> bool:
        """As many inputs have items as the node's type asks for; in order v0 the first one is among them."""
        if self.workflow.order == "v0":
            return bool(entry.items.get(0))
        required = self.required_inputs(self.workflow.nodes[node])
        return required is None or sum(1 for items in entry.items.values() if items) >= required

    def _force_parents(self, node: str, entry: Gathering, came_from: str | None = None) -> bool:
        """Order v0: run what leads to a missing input and never ran, with one empty item.

        Args:
            came_from: The node whose items came just now: what follows from it, or from what is ready, may still come.
        """
        forced = False
        coming = {task.node for task in self.ready} | ({came_from} if came_from else set())
        for slot, items in entry.items.items():
            for parent, _output in () if items is not None else self.workflow.parents[node][slot]:
                if parent in self.runs or coming & {parent, *self._ancestors(parent)}:
                    continue
                start = self._unrun_before(parent)[-1]
                self.ready.append(Task(start, [[Item(json={})]], [None]))
                coming.add(start)
                forced = True
        return forced

    def _unrun_before(self, node: str) -> list[str]:
        """A node that never ran and what leads to it and never ran either, the nearest first."""
        found, place = [node], 0
        while place < len(found):
            for leads in self.workflow.parents.get(found[place], {}).values():
                found += [parent for parent, _ in leads if parent not in self.runs and parent not in found]
            place += 1
        return found

    def _ancestors(self, node: str) -> set[str]:
        found: set[str] = set()
        stack = [node]
        while stack:
            for leads in self.workflow.parents.get(stack.pop(), {}).values():
                for parent, _output in leads:
                    if parent not in found:
                        found.add(parent)
                        stack.append(parent)
        return found


def matching_run(runs: Mapping[str, list[NodeRun]], node: str, run_index: int) -> NodeRun | None:
    """The run of a node that belongs to another node's run: the same index, or the last one before it."""
    found = runs.get(node)
    if not found:
        return None
    return found[min(run_index, len(found) - 1)]
