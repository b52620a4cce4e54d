"""Remove Duplicates: of items that are equal, the first stays; or those that no earlier run saw."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import Text, has_expression, read_text
from tapbot.nodes.javascript import is_number, stringify
from tapbot.nodes.lists.duplicates import DuplicateOptions, DuplicateParams, remove_duplicates
from tapbot.storage.types import JsonObject
from tapbot.workflow.memory import Memory
from tapbot.workflow.node import NodeCall, NodeParams, batch_node
from tapbot.workflow.types import Outputs, StepKind

WITHIN, ACROSS, CLEAR = "removeDuplicateInputItems", "removeItemsSeenInPreviousExecutions", "clearDeduplicationHistory"


class HistoryOptions(DuplicateOptions):
    """Less used settings."""

    scope: Literal["node", "workflow"] = "node"
    """Whether the node remembers for itself, or with the others of its workflow that say so."""
    history_size: int = Field(default=10_000, ge=1, le=100_000)
    """How many values are remembered; the oldest go first."""


class RemoveDuplicatesParams(DuplicateParams):
    """Which items count as equal, and to what they are compared."""

    operation: Literal[
        "removeDuplicateInputItems", "removeItemsSeenInPreviousExecutions", "clearDeduplicationHistory"
    ] = "removeDuplicateInputItems"
    """Compare items with each other, with those of earlier runs, or forget those."""
    logic: Literal[
        "removeItemsWithAlreadySeenKeyValues", "removeItemsUpToStoredIncrementalKey", "removeItemsUpToStoredDate"
    ] = "removeItemsWithAlreadySeenKeyValues"
    """Of earlier runs: keep items whose value is new, higher than all before, or a later date."""
    dedupe_value: Any = None
    """The value that must be new."""
    incremental_dedupe_value: Any = None
    """The number that must be higher."""
    date_dedupe_value: Text = ""
    """The date that must be later, in ISO form."""
    options: HistoryOptions = Field(default_factory=HistoryOptions)
    """Less used settings."""


def upgrade(parameters: JsonObject, version: float) -> JsonObject:
    """Version 1 took a field with values of several types for a mistake; version 2 knows other operations.

    Raises:
        InvalidInput: The operation is unknown.
    """
    operation = str(parameters.get("operation") or WITHIN)
    if operation not in {WITHIN, ACROSS, CLEAR} and not has_expression(operation):
        raise InvalidInput(
            f"Remove Duplicates has no operation {operation!r}.", code="node.not_supported", place="operation"
        )
    return {**parameters, "mixedTypes": version >= 1.1}


def step_kind(params: NodeParams) -> StepKind:
    """What earlier runs saw is in our own database."""
    assert isinstance(params, RemoveDuplicatesParams)  # noqa: S101  # the declaration names the model
    return StepKind.PURE if params.operation == WITHIN else StepKind.STORED


def _is_pure(parameters: JsonObject) -> bool:
    return parameters.get("operation", WITHIN) == WITHIN


def _outputs(parameters: JsonObject) -> tuple[str, ...]:
    return ("kept", "discarded") if parameters.get("operation") == ACROSS else ("main",)


@batch_node(
    "n8n-nodes-base.removeDuplicates",
    RemoveDuplicatesParams,
    version=2,
    label="Remove Duplicates",
    kind=step_kind,
    stores=True,
    pure_for=_is_pure,
    outputs=_outputs,
    upgrade=upgrade,
)
def remove(call: NodeCall[RemoveDuplicatesParams]) -> Outputs:
    """Keep the first of all items that are equal, or those that no earlier run saw."""
    if call.stored is None:
        return [remove_duplicates(call.params, call.items)]
    memory = call.stored.memory
    if call.params.operation == CLEAR:
        memory.forget(call.params.options.scope)
        return [call.items]
    each = call.params_each()
    if not each:
        return [[], []]
    kept = _new_ones(memory, each) if call.params.logic.endswith("KeyValues") else _higher_ones(memory, each)
    chosen: Outputs = [[], []]
    for item, is_kept in zip(call.items, kept, strict=True):
        chosen[0 if is_kept else 1].append(item)
    return chosen


def _new_ones(memory: Memory, each: list[RemoveDuplicatesParams]) -> list[bool]:
    """Whether each value is new; of one that comes twice in this run, both are."""
    values = []
    for params in each:
        if params.dedupe_value is None or params.dedupe_value == "":
            raise _no_value("dedupeValue")
        values.append(stringify(params.dedupe_value))
    options = each[0].options
    new = memory.take_new(values, options.scope, most=options.history_size)
    return [value in new for value in values]


def _higher_ones(memory: Memory, each: list[RemoveDuplicatesParams]) -> list[bool]:
    """Whether each value is higher than all of the runs before."""
    if each[0].logic == "removeItemsUpToStoredDate":
        kind: Literal["number", "date"] = "date"
        values = [_seconds(params.date_dedupe_value) for params in each]
    else:
        kind = "number"
        values = [_number(params.incremental_dedupe_value) for params in each]
    before = memory.raise_to(kind, max(values), each[0].options.scope)
    return [before is None or value > before for value in values]


def _number(value: Any) -> float:
    try:
        return float(value) if is_number(value) else float(read_text(value))
    except ValueError:
        raise _no_value("incrementalDedupeValue") from None


def _seconds(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise _no_value("dateDedupeValue") from None
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()


def _no_value(place: str) -> InvalidInput:
    wanted = {"incrementalDedupeValue": "a number", "dateDedupeValue": "a date in ISO form"}.get(place, "a value")
    return InvalidInput(
        f"An item has no value to compare: {wanted} is needed.",
        code="node.invalid_parameter",
        place=place,
        hint="Write an expression, such as ={{ $json.id }}.",
    )
