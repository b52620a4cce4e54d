"""What the nodes of SQL databases share: conditions and orders of their forms, and the values of a query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import Text, read_text
from tapbot.workflow.node import NodeParams
from tapbot.workflow.types import Item

READING = ("select", "show", "values", "table", "describe", "explain")
"""First words of queries that only read."""


class Condition(NodeParams):
    """Which rows are meant."""

    column: Text = ""
    """Column."""
    condition: Literal["equal", "!=", "LIKE", ">", "<", ">=", "<=", "IS NULL", "IS NOT NULL"] = "equal"
    """How it is compared."""
    value: Any = None
    """Value."""


class Conditions(NodeParams):
    """Which rows are meant."""

    values: list[Condition] = Field(default_factory=list)
    """Conditions."""


class SortRule(NodeParams):
    """A column to sort by."""

    column: Text = ""
    """Column."""
    direction: Literal["ASC", "DESC"] = "ASC"
    """Smallest or largest first."""


class Sorting(NodeParams):
    """The order of rows."""

    values: list[SortRule] = Field(default_factory=list)
    """Columns, the most important first."""


def only_reads(query: str) -> bool:
    """Whether a query by its first word changes nothing."""
    return query.lstrip(" \t\r\n(").lower().startswith(READING)


def query_values(given: Any, raw_parameters: Mapping[str, Any], item: Item) -> list[Any]:
    """The query parameters of an item.

    Args:
        given: What `queryReplacement` became: a list, a text with commas, or `fields` of the item.
        raw_parameters: The node's parameters as they stand in the file.

    Raises:
        InvalidInput: A text with commas does not say where one value ends and the next begins.
    """
    if given is None or given == "":
        return []
    if isinstance(given, dict) and "fields" in given:
        return [item.json.get(name) for name in given["fields"]]
    if isinstance(given, list):
        return given
    if not isinstance(given, str):
        return [given]
    options: Any = raw_parameters.get("options") or {}
    raw = read_text(options.get("queryReplacement") if isinstance(options, dict) else "")
    if raw.startswith("=") and given.count(",") != _commas_outside(raw):
        raise InvalidInput(
            "A value of the query parameters holds a comma, so that it is not clear where it ends.",
            code="node.invalid_parameter",
            place="options.queryReplacement",
            hint="Give a list: ={{ [ $json.name, $json.city ] }}.",
        )
    return [part.strip() for part in given.split(",")]


def _commas_outside(template: str) -> int:
    """How many commas stand outside the expressions of a text."""
    return sum(part.rpartition("}}")[2].count(",") for part in template.split("{{"))
