"""Parameters of MySQL, and older versions of them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import Located, Text, has_expression, split_names
from tapbot.nodes.sql import Conditions, Sorting, only_reads
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeParams
from tapbot.workflow.types import StepKind

OPERATIONS = ("deleteTable", "executeQuery", "insert", "upsert", "select", "update")


class SentValue(NodeParams):
    """A value for a column."""

    column: Text = ""
    """Column."""
    value: Any = None
    """Value."""


class SentValues(NodeParams):
    """What is written."""

    values: list[SentValue] = Field(default_factory=list)
    """Values by column."""


class MysqlOptions(NodeParams):
    """Less used settings."""

    connection_timeout: float = Field(default=30, gt=0, le=300)
    """Longest wait for a connection, in seconds."""
    query_batching: Literal["single", "independently", "transaction"] = "single"
    """`single` and `transaction`: all or nothing; `independently`: each item on its own."""
    query_replacement: Any = None
    """Values for `$1`, `$2` in the query: a list, or a text with commas."""
    output_columns: list[str] = Field(default_factory=lambda: ["*"])
    """Columns that `select` gives; all with `*`."""
    large_numbers_output: Literal["text", "numbers"] = "text"
    """How numbers of `BIGINT` that JavaScript cannot hold, and of `DECIMAL`, are given: a text keeps all digits."""
    decimal_numbers: bool = False
    """Give `DECIMAL` as numbers."""
    priority: Literal["", "LOW_PRIORITY", "HIGH_PRIORITY"] = ""
    """When rows are inserted, beside what others do."""
    replace_empty_strings: bool = False
    """Write NULL in place of empty texts."""
    select_distinct: bool = False
    """Leave out rows that are equal."""
    detailed_output: bool = False
    """Say how many rows were changed, and which number the new row has."""
    skip_on_conflict: bool = False
    """Leave out rows that are there already."""


class MysqlParams(NodeParams):
    """What is done with which table."""

    operation: Literal["deleteTable", "executeQuery", "insert", "upsert", "select", "update"] = "insert"
    """What is done."""
    query: Text = ""
    """SQL, for `executeQuery`. Give values as query parameters (`$1`): what an expression writes into the text itself
    is SQL, whoever it came from."""
    table: Located = ""
    """Table."""
    data_mode: Literal["autoMapInputData", "defineBelow", "named"] = "autoMapInputData"
    """`autoMapInputData`: the item's own fields; `defineBelow`: the values below; `named`: the item's fields of the
    names in `columns` (version 1)."""
    values_to_send: SentValues = Field(default_factory=SentValues)
    """What is written, for `defineBelow`."""
    columns: list[str] = Field(default_factory=list)
    """Names of fields, for `named`."""
    column_to_match_on: Located = ""
    """Column by which a row is found, for `update` and `upsert`."""
    value_to_match_on: Any = None
    """Its value, for `defineBelow`."""
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
    delete_command: Literal["truncate", "delete", "drop"] = "truncate"
    """Empty the table, delete some rows, or remove the table."""
    options: MysqlOptions = Field(default_factory=MysqlOptions)
    """Less used settings."""
    version: float = 2.5
    """Version of the node in the file."""


def step_kind(params: NodeParams) -> StepKind:
    """What only reads, or comes to the same when it is done twice, may run again."""
    assert isinstance(params, MysqlParams)  # noqa: S101  # the declaration names the model
    if params.operation == "executeQuery":
        return StepKind.SAFE if only_reads(params.query) else StepKind.NEVER
    if params.operation == "deleteTable":
        return StepKind.NEVER if params.delete_command == "drop" else StepKind.SAFE
    return StepKind.NEVER if params.operation == "insert" else StepKind.SAFE


def upgrade(parameters: JsonObject, version: float) -> JsonObject:
    """The parameters as version 2 has them.

    Raises:
        InvalidInput: The operation is not built.
    """
    raw: dict[str, Any] = {**parameters, "version": version}
    operation = str(raw.get("operation") or "insert")
    if not has_expression(operation) and operation not in OPERATIONS:
        raise InvalidInput(
            f"MySQL has no operation {operation!r} here.",
            code="node.not_supported",
            place="operation",
            hint=f"It has: {', '.join(OPERATIONS)}.",
        )
    return raw if version >= 2 else _of_version_1(raw)


def _of_version_1(raw: dict[str, Any]) -> dict[str, Any]:
    """Columns were names of the item's fields, and the options were called otherwise."""
    given = raw.get("options") or {}
    options = {"priority": given.get("priority") or "", "skipOnConflict": bool(given.get("ignore"))}
    names = split_names(str(raw.get("columns") or ""))
    match = str(raw.get("updateKey") or "id") if raw.get("operation") == "update" else ""
    return {
        **raw,
        "dataMode": "named",
        "columns": [*dict.fromkeys([*([match] if match else []), *names])],
        "columnToMatchOn": match,
        "options": {**options, "detailedOutput": True},
    }
