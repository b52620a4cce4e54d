"""Parameters of Postgres, and older versions of them."""

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


class Columns(NodeParams):
    """Which values are written to which columns."""

    mapping_mode: Literal["autoMapInputData", "defineBelow", "named"] = "defineBelow"
    """`autoMapInputData`: the item's own fields; `defineBelow`: the values below; `named`: the item's fields of these
    names (version 1)."""
    value: dict[str, Any] | None = None
    """Values by column."""
    matching_columns: list[str] = Field(default_factory=list)
    """Columns by which a row is found."""
    names: list[str] = Field(default_factory=list)
    """Columns, for `named`."""


class PostgresOptions(NodeParams):
    """Less used settings."""

    connection_timeout: float = Field(default=30, gt=0, le=300)
    """Longest wait for a connection, in seconds."""
    query_batching: Literal["single", "independently", "transaction"] = "single"
    """`single` and `transaction`: all or nothing; `independently`: each item on its own."""
    query_replacement: Any = None
    """Values for `$1`, `$2` in the query: a list, or a text with commas."""
    output_columns: list[str] = Field(default_factory=lambda: ["*"])
    """Columns that are given; all with `*`."""
    large_numbers_output: Literal["text", "numbers"] = "text"
    """How `BIGINT` and `NUMERIC` are given: a text keeps all digits."""
    skip_on_conflict: bool = False
    """Leave out rows that are there already."""
    replace_empty_strings: bool = False
    """Write NULL in place of empty texts."""
    cascade: bool = False
    """Empty or remove what depends on the table, too."""


class PostgresParams(NodeParams):
    """What is done with which table."""

    operation: Literal["deleteTable", "executeQuery", "insert", "upsert", "select", "update"] = "insert"
    """What is done."""
    query: Text = ""
    """SQL, for `executeQuery`. Give values as query parameters (`$1`): what an expression writes into the text itself
    is SQL, whoever it came from."""
    table_schema: Located = Field(default="public", alias="schema")
    """Schema of the table."""
    table: Located = ""
    """Table."""
    columns: Columns = Field(default_factory=Columns)
    """What is written."""
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
    restart_sequences: bool = False
    """Count anew from the beginning when the table is emptied."""
    options: PostgresOptions = Field(default_factory=PostgresOptions)
    """Less used settings."""
    version: float = 2.6
    """Version of the node in the file."""


def step_kind(params: NodeParams) -> StepKind:
    """What only reads, or comes to the same when it is done twice, may run again."""
    assert isinstance(params, PostgresParams)  # noqa: S101  # the declaration names the model
    if params.operation == "executeQuery":
        return StepKind.SAFE if only_reads(params.query) else StepKind.NEVER
    if params.operation == "deleteTable":
        return StepKind.NEVER if params.delete_command == "drop" else StepKind.SAFE
    return StepKind.NEVER if params.operation == "insert" else StepKind.SAFE


def upgrade(parameters: JsonObject, version: float) -> JsonObject:
    """The parameters as version 2.6 has them.

    Raises:
        InvalidInput: The operation is not built.
    """
    raw: dict[str, Any] = {**parameters, "version": version}
    operation = str(raw.get("operation") or "insert")
    if not has_expression(operation) and operation not in OPERATIONS:
        raise InvalidInput(
            f"Postgres has no operation {operation!r} here.",
            code="node.not_supported",
            place="operation",
            hint=f"It has: {', '.join(OPERATIONS)}.",
        )
    if version < 2:
        return _of_version_1(raw)
    if "columns" not in raw and ("dataMode" in raw or "valuesToSend" in raw):
        raw["columns"] = _columns_of_2_1(raw)
    return raw


def _of_version_1(raw: dict[str, Any]) -> dict[str, Any]:
    """Columns and query parameters were names of the item's fields."""
    more = dict(raw.get("additionalFields") or {})
    modes = {"multiple": "single", "independently": "independently", "transaction": "transaction"}
    options: dict[str, Any] = {"queryBatching": modes.get(str(more.get("mode", "multiple")), "single")}
    if more.get("largeNumbersOutput"):
        options["largeNumbersOutput"] = more["largeNumbersOutput"]
    if more.get("queryParams"):
        options["queryReplacement"] = {"fields": split_names(str(more["queryParams"]))}
    if raw.get("returnFields") and raw["returnFields"] != "*":
        options["outputColumns"] = split_names(str(raw["returnFields"]))
    names = [name.partition(":")[0] for name in split_names(str(raw.get("columns") or ""))]
    match = split_names(str(raw.get("updateKey") or "id")) if raw.get("operation") == "update" else []
    columns = {"mappingMode": "named", "names": [*dict.fromkeys([*match, *names])], "matchingColumns": match}
    return {**raw, "columns": columns, "options": options}


def _columns_of_2_1(raw: dict[str, Any]) -> dict[str, Any]:
    """Versions 2.0 and 2.1 listed columns and values."""
    entries = (raw.get("valuesToSend") or {}).get("values") or []
    value = {entry.get("column"): entry.get("value") for entry in entries if entry.get("column")}
    match = raw.get("columnToMatchOn")
    match = match.get("value") if isinstance(match, dict) else match
    auto = raw.get("dataMode", "defineBelow") == "autoMapInputData"
    if match and not auto and "valueToMatchOn" in raw:
        value[match] = raw["valueToMatchOn"]
    mode = "autoMapInputData" if auto else "defineBelow"
    return {"mappingMode": mode, "value": value, "matchingColumns": [match] if match else []}
