"""Parameters of Data Table."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import Text, has_expression
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeParams

ROWS = ("deleteRows", "get", "insert", "rowExists", "rowNotExists", "update", "upsert")
TABLES = ("create", "list")


class TableName(NodeParams):
    """Which table; a chosen one is known by the name that the editor kept."""

    mode: str = "list"
    """How it is named: from a list, by name or by id."""
    value: Text = ""
    """Name or id."""
    cached_result_name: Text = ""
    """Name of the table that was chosen from a list."""

    @model_validator(mode="before")
    @classmethod
    def _read_plain(cls, given: Any) -> Any:
        return given if isinstance(given, dict) else {"mode": "name", "value": given}

    @property
    def name(self) -> str:
        """What people call the table."""
        return self.value if self.mode == "name" else self.cached_result_name or self.value


class RowCondition(NodeParams):
    """One test of a row."""

    key_name: Text = ""
    """Column."""
    condition: Literal["eq", "neq", "gt", "gte", "lt", "lte", "isEmpty", "isNotEmpty"] = "eq"
    """How it is compared."""
    key_value: Any = None
    """Value to compare with."""


class RowConditions(NodeParams):
    """Which rows are meant."""

    conditions: list[RowCondition] = Field(default_factory=list)
    """Conditions."""


class Columns(NodeParams):
    """What is written to which columns."""

    mapping_mode: Literal["autoMapInputData", "defineBelow"] = "defineBelow"
    """`autoMapInputData`: the item's own fields; `defineBelow`: the values below."""
    value: dict[str, Any] | None = None
    """Values by column."""


class DataTableOptions(NodeParams):
    """Less used settings."""

    optimize_bulk: bool = False
    """Do not give back what was inserted."""
    dry_run: bool = False
    """Change nothing: give the rows as they are and as they would be."""
    create_if_not_exists: bool = False
    """Creating a table that is there already gives that one."""
    filter_name: Text = ""
    """Only tables whose names contain this text."""


class DataTableParams(NodeParams):
    """What is done with which rows."""

    resource: Literal["row", "table"] = "row"
    """Rows, or the tables themselves."""
    operation: Literal[
        "deleteRows", "get", "insert", "rowExists", "rowNotExists", "update", "upsert", "create", "list"
    ] = "insert"
    """What is done. `rowExists` and `rowNotExists` pass the item on, or nothing."""
    data_table_id: TableName = Field(default_factory=TableName)
    """Table: a collection whose name is the table's in lower case, with `_` between the words."""
    match_type: Literal["anyCondition", "allConditions"] = "anyCondition"
    """Whether one condition is enough, or all must hold."""
    filters: RowConditions = Field(default_factory=RowConditions)
    """Which rows are meant; `get` without a condition reads all."""
    columns: Columns = Field(default_factory=Columns)
    """What is written."""
    return_all: bool = False
    """Read all rows."""
    limit: int = Field(default=50, ge=1)
    """How many rows are read at most."""
    order_by: bool = False
    """Read rows in an order; otherwise the oldest first."""
    order_by_column: Text = "createdAt"
    """Column to sort by."""
    order_by_direction: Literal["ASC", "DESC"] = "DESC"
    """Smallest or largest first."""
    table_name: Text = ""
    """Name of a new table."""
    options: DataTableOptions = Field(default_factory=DataTableOptions)
    """Less used settings."""


def upgrade(parameters: JsonObject, _version: float) -> JsonObject:
    """Refuse what is done to tables elsewhere: in files of the project.

    Raises:
        InvalidInput: The operation is not built.
    """
    of_tables = parameters.get("resource") == "table"
    operation = str(parameters.get("operation") or "insert")
    if has_expression(operation) or operation in (TABLES if of_tables else ROWS):
        return parameters
    raise InvalidInput(
        f"Data Table has no operation {operation!r} here.",
        code="node.not_supported",
        place="operation",
        hint="Tables are files `collections/*.yaml` of the project: change or remove the file."
        if of_tables
        else f"It has: {', '.join(ROWS)}.",
    )
