"""Workflows, nodes, connections and items, as n8n's JSON has them. Frozen, no I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import msgspec

from tapbot.storage.types import JsonObject


class StepKind(StrEnum):
    """What may be done with a step that was cut in half (DESIGN.md, "Runs and steps")."""

    PURE = "pure"
    """No effect: not recorded, computed again when a run is resumed."""
    STORED = "stored"
    """The effect is in our own database, in the transaction that records the step: exactly once."""
    SAFE = "safe"
    """May run again."""
    KEYED = "keyed"
    """Runs again with the same idempotency key."""
    NEVER = "never"
    """Does not run again: the run stops in doubt and a person decides."""


class OnError(StrEnum):
    """What a node's error does to its run."""

    STOP = "stopWorkflow"
    CONTINUE = "continueRegularOutput"
    CONTINUE_ERROR = "continueErrorOutput"


class Pair(msgspec.Struct, frozen=True, gc=False):
    """Which input item an item came from."""

    item: int
    input: int = 0
    run: int | None = None
    """Run of the same node whose input it was, for a loop that keeps items; `None`: the run that gave the item."""


SOME_PAIRS = tuple((Pair(index),) for index in range(256))


def pair_with(index: int, slot: int = 0) -> tuple[Pair, ...]:
    """The pair of an item that came from one place of one input."""
    return SOME_PAIRS[index] if slot == 0 and index < len(SOME_PAIRS) else (Pair(index, slot),)


class Item(msgspec.Struct, omit_defaults=True, rename={"paired_item": "pairedItem"}, gc=False):
    """One record flowing between nodes.

    `paired_item` is normalised to a tuple of pairs; `None` means that nobody knows. The collector of cycles does not
    look at items: they hold JSON, which has none.
    """

    json: JsonObject
    binary: dict[str, Any] | None = None
    paired_item: tuple[Pair, ...] | None = None
    error: str | None = None


@dataclass(slots=True)
class NodeContext:
    """What a node keeps from one of its runs to the next, in one run of the workflow.

    Args:
        values: What expressions see as `$('Node').context`.
        items: Items that it keeps, by a name of its own.
    """

    values: JsonObject = field(default_factory=dict)
    items: dict[str, list[Item]] = field(default_factory=dict)


Outputs = list[list[Item]]
"""The items of a node's run, one list an output."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a connection leads."""

    node: str
    input: int


@dataclass(frozen=True, slots=True)
class Node:
    """One box of a workflow."""

    id: str
    name: str
    type: str
    version: float
    position: tuple[float, float]
    parameters: JsonObject
    disabled: bool = False
    execute_once: bool = False
    always_output_data: bool = False
    retry_on_fail: bool = False
    max_tries: int = 3
    wait_between_tries_ms: int = 1000
    on_error: OnError = OnError.STOP
    webhook_id: str | None = None
    credentials: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow that was read and checked. `raw` is the file's JSON, unknown keys included."""

    id: str
    name: str
    active: bool
    nodes: Mapping[str, Node]
    connections: Mapping[str, Sequence[Sequence[Target]]]
    settings: JsonObject
    pin_data: Mapping[str, list[Item]]
    raw: JsonObject
    order: str = field(init=False, default="v0")
    """Execution order: `"v1"`, or `"v0"` where the setting is absent."""
    parents: Mapping[str, Mapping[int, Sequence[tuple[str, int]]]] = field(
        init=False, compare=False, default_factory=dict
    )
    """Who leads to a node, by its name and input: nodes and their outputs."""

    def __post_init__(self) -> None:
        """Turn the connections round, once a release."""
        parents: dict[str, dict[int, list[tuple[str, int]]]] = {}
        for source, outputs in self.connections.items():
            for output, targets in enumerate(outputs):
                for target in targets:
                    parents.setdefault(target.node, {}).setdefault(target.input, []).append((source, output))
        object.__setattr__(self, "parents", parents)
        if self.settings.get("executionOrder") == "v1":
            object.__setattr__(self, "order", "v1")
