"""Record: reads and writes records of a collection, in the transaction that records the step."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from tapbot.data import store
from tapbot.data.types import Condition, Operator
from tapbot.errors import InvalidInput
from tapbot.nodes.fields import EmptyList, EmptyObject, FromJson, Text
from tapbot.workflow.node import NodeParams, StoredStep, node
from tapbot.workflow.types import Item, StepKind


class RecordCondition(NodeParams):
    """One test of a record."""

    field: str
    """Name of the field."""
    op: Operator = "eq"
    """Question: `eq`, `neq`, `lt`, `lte`, `gt`, `gte`, `in`, `nin`, `null`, `nnull` or `contains`."""
    value: Any = None
    """Value to compare with."""


class RecordParams(NodeParams):
    """What to do, in which collection, with which records."""

    operation: Literal["get", "find", "insert", "update"] = "find"
    """`get`: one record by its id. `find`: all that fit. `insert`: a new one. `update`: change all that fit."""
    collection: Text = ""
    """Name of the collection."""
    id: Text = ""
    """Id of the record, for `get` and `update`."""
    where: Annotated[list[RecordCondition], EmptyList, FromJson] = Field(default_factory=list)
    """Conditions, all of which must hold, for `find` and `update`."""
    sort: Annotated[list[str], EmptyList, FromJson] = Field(default_factory=list)
    """Fields to sort by, for `find`; a leading `-` turns the order round."""
    limit: int = Field(default=100, ge=1, le=store.MOST_RECORDS)
    """Most records to give, for `find`."""
    offset: int = Field(default=0, ge=0)
    """How many to leave out first, for `find`."""
    values: Annotated[dict[str, Any], EmptyObject, FromJson] = Field(default_factory=dict)
    """Values by field, for `insert` and `update`."""
    increment: Annotated[dict[str, float], EmptyObject, FromJson] = Field(default_factory=dict)
    """What to add to number fields, for `update`: conditions and sum are one act, so no seat is sold twice."""
    on_conflict: Literal["error", "ignore"] = "error"
    """What happens when a unique value is taken, for `insert`: an error, or nothing, and no item."""


@node("tapbot.record", RecordParams, version=1, label="Record", kind=StepKind.STORED)
def use_records(params: RecordParams, _item: Item, step: StoredStep) -> list[Item]:
    """Read or write records; each becomes an item, and where there is none there is no item."""
    if not params.collection:
        raise InvalidInput("No collection is named.", code="node.invalid_parameter", place="collection")
    match params.operation:
        case "get":
            found = store.get(step.connection, step.scope, params.collection, _required_id(params))
            records = [found] if found else []
        case "find":
            records = store.find(
                step.connection,
                step.scope,
                params.collection,
                where=_conditions(params),
                sort=params.sort,
                limit=params.limit,
                offset=params.offset,
            )
        case "insert":
            made = store.insert(
                step.connection,
                step.scope,
                params.collection,
                params.values,
                now=step.now,
                on_conflict=params.on_conflict,
            )
            records = [made] if made else []
        case "update":
            records = store.update(
                step.connection,
                step.scope,
                params.collection,
                where=_conditions(params),
                values=params.values,
                increment={name: _whole(amount) for name, amount in params.increment.items()},
                now=step.now,
            )
    return [Item(json=record) for record in records]


def _required_id(params: RecordParams) -> str:
    if not params.id:
        raise InvalidInput(
            "Getting a record needs its id.",
            code="node.invalid_parameter",
            place="id",
            hint="Use the operation `find` to look for records by their fields.",
        )
    return params.id


def _conditions(params: RecordParams) -> list[Condition]:
    asked = [Condition(field=entry.field, op=entry.op, value=entry.value) for entry in params.where]
    return [Condition(field="id", op="eq", value=params.id), *asked] if params.id else asked


def _whole(amount: float) -> int | float:
    """A whole number without a fraction: whole number fields refuse 1.0."""
    return int(amount) if amount.is_integer() else amount
