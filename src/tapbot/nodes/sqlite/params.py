"""Parameters of SQLite."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from tapbot.nodes.fields import EmptyList, FromJson, Text
from tapbot.nodes.sql import Conditions, Sorting, only_reads
from tapbot.workflow.node import NodeParams
from tapbot.workflow.types import StepKind


class SqliteOptions(NodeParams):
    """Less used settings."""

    query_batching: Literal["single", "independently"] = "single"
    """`single`: the items of a run are one transaction, all or nothing; `independently`: each item on its own."""
    timeout_seconds: float = Field(default=30, gt=0, le=300)
    """Longest time for all items of a run."""
    output_columns: Annotated[list[str], EmptyList] = Field(default_factory=lambda: ["*"])
    """Columns that `select` gives; all with `*`."""
    skip_on_conflict: bool = False
    """Leave out rows that are there already, for `insert`."""


class SqliteParams(NodeParams):
    """What is done with which file and table."""

    file: Text = ""
    """The database: a path inside the folder that is open to nodes. The first write makes the file."""
    operation: Literal["executeQuery", "select", "insert", "update", "upsert", "delete"] = "executeQuery"
    """What is done."""
    query: Text = ""
    """SQL, one statement, for `executeQuery`. Give values below (`?1`, `:name`): what an expression writes into the
    text itself is SQL, whoever it came from."""
    values: Annotated[Any, FromJson] = None
    """Values of the query: a list for `?1` and `?`, an object for `:name`."""
    table: Text = ""
    """Table, for the other operations."""
    columns: Annotated[list[str], EmptyList, FromJson] = Field(default_factory=list)
    """Fields of the item that are written into the columns of the same names; all when empty."""
    match: Text = ""
    """Column by which a row is found, for `update` and `upsert`; for `upsert` it is unique in the table."""
    where: Conditions = Field(default_factory=Conditions)
    """Which rows are read or deleted; all when empty."""
    combine_conditions: Literal["AND", "OR"] = "AND"
    """Whether all conditions must hold, or one."""
    sort: Sorting = Field(default_factory=Sorting)
    """The order of rows."""
    return_all: bool = False
    """Read all rows."""
    limit: int = Field(default=50, ge=0)
    """How many rows are read at most."""
    options: SqliteOptions = Field(default_factory=SqliteOptions)
    """Less used settings."""


def only_asks(params: SqliteParams) -> bool:
    """Whether the statement changes nothing."""
    return params.operation == "select" or (params.operation == "executeQuery" and only_reads(params.query))


def step_kind(params: NodeParams) -> StepKind:
    """What only reads, or comes to the same when it is done twice, may run again."""
    assert isinstance(params, SqliteParams)  # noqa: S101  # the declaration names the model
    if only_asks(params) or params.operation in {"update", "upsert", "delete"}:
        return StepKind.SAFE
    return StepKind.NEVER
