"""SQL of the node's forms. Pure: names are quoted, values stay apart from the text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import read_text
from tapbot.nodes.javascript import stringify
from tapbot.nodes.postgres.params import Columns, PostgresParams
from tapbot.upstream.postgres import Statement, Value
from tapbot.workflow.types import Item

PLACE = re.compile(
    r"(?P<skip>'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|\$(?P<tag>[A-Za-z_]\w*)?\$.*?\$(?P=tag)?\$)"
    r"|\$(?P<number>\d{1,5})(?P<how>:name|:alias|~|:json|:csv|:list|:raw|:value|\^|#)?",
    re.DOTALL,
)
SPLICING = frozenset({":raw", ":value", "^", "#"})


def quote(name: str) -> str:
    """A name as SQL writes it.

    Raises:
        InvalidInput: It is empty, or no name.
    """
    if not name or "\0" in name:
        raise InvalidInput("A name of a table or column is missing.", code="node.invalid_parameter", place="table")
    return '"' + name.replace('"', '""') + '"'


def to_value(given: Any, *, empty_is_null: bool = False, as_json: bool = False) -> Value:
    """A value as the server takes it: its literal, without a type.

    Args:
        as_json: The column holds JSON: a list is JSON, not an array.
    """
    if given is None or (empty_is_null and given == ""):
        return None
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, list) and not as_json:
        return [to_value(entry) for entry in given]
    if isinstance(given, (dict, list)):
        return stringify(given)
    return read_text(given).replace("\0", "")


def table_of(params: PostgresParams) -> str:
    """The table, with its schema."""
    return f"{quote(params.table_schema or 'public')}.{quote(params.table)}"


def values_of(columns: Columns, item: Item) -> dict[str, Any]:
    """What an item writes, by column.

    Raises:
        InvalidInput: It writes nothing.
    """
    if columns.mapping_mode == "autoMapInputData":
        found = dict(item.json)
    elif columns.mapping_mode == "named":
        found = {name: item.json.get(name) for name in columns.names or item.json}
    else:
        found = {name: value for name, value in (columns.value or {}).items()}
    if not found:
        raise InvalidInput(
            "There is no value to write.",
            code="node.invalid_parameter",
            place="columns",
            hint="Map at least one column, or give items with fields.",
        )
    return found


class _Values:
    """Collects values, and gives the places that stand for them."""

    def __init__(self, params: PostgresParams, json_columns: frozenset[str] = frozenset()) -> None:
        self.values: list[Value] = []
        self._empty_is_null = params.options.replace_empty_strings
        self._json = json_columns

    def place(self, given: Any, column: str = "") -> str:
        made = to_value(given, empty_is_null=self._empty_is_null, as_json=column in self._json)
        self.values.append(made)
        return f"${len(self.values)}"


def build(params: PostgresParams, item: Item, json_columns: frozenset[str] = frozenset()) -> Statement:
    """The statement of one item, for every operation but `executeQuery`.

    Args:
        json_columns: Columns of the table that hold JSON.
    """
    values = _Values(params, json_columns)
    if params.operation == "select":
        text = _select(params, values)
    elif params.operation == "deleteTable":
        text = _delete(params, values)
    elif params.operation == "update":
        text = _update(params, item, values)
    else:
        text = _insert(params, item, values)
    return Statement(text, values.values)


def _select(params: PostgresParams, values: _Values) -> str:
    text = f"SELECT {_outputs(params)} FROM {table_of(params)}{_where(params, values)}"  # noqa: S608  # quoted names
    rules = [f"{quote(rule.column)} {rule.direction}" for rule in params.sort.values if rule.column]
    text += f" ORDER BY {', '.join(rules)}" if rules else ""
    return text if params.return_all else f"{text} LIMIT {params.limit}"


def _delete(params: PostgresParams, values: _Values) -> str:
    cascade = " CASCADE" if params.options.cascade else ""
    if params.delete_command == "drop":
        return f"DROP TABLE IF EXISTS {table_of(params)}{cascade}"
    if params.delete_command == "truncate":
        restart = " RESTART IDENTITY" if params.restart_sequences else ""
        return f"TRUNCATE TABLE {table_of(params)}{restart}{cascade}"
    return f"DELETE FROM {table_of(params)}{_where(params, values)}"  # noqa: S608  # quoted names


def _insert(params: PostgresParams, item: Item, values: _Values) -> str:
    given = values_of(params.columns, item)
    names = ", ".join(map(quote, given))
    places = ", ".join(values.place(value, name) for name, value in given.items())
    text = f"INSERT INTO {table_of(params)} ({names}) VALUES ({places})"  # noqa: S608  # quoted names
    if params.operation == "upsert":
        matching = _matching(params, given)
        changed = [f"{quote(name)} = EXCLUDED.{quote(name)}" for name in given if name not in matching]
        what = f"UPDATE SET {', '.join(changed)}" if changed else "NOTHING"
        text += f" ON CONFLICT ({', '.join(map(quote, matching))}) DO {what}"
    elif params.options.skip_on_conflict:
        text += " ON CONFLICT DO NOTHING"
    return f"{text} RETURNING {_outputs(params)}"


def _update(params: PostgresParams, item: Item, values: _Values) -> str:
    given = values_of(params.columns, item)
    matching = _matching(params, given)
    changed = {name: value for name, value in given.items() if name not in matching}
    if not changed:
        raise InvalidInput(
            "There is nothing to change beside the columns that rows are found by.",
            code="node.invalid_parameter",
            place="columns",
        )
    text = ", ".join(f"{quote(name)} = {values.place(value, name)}" for name, value in changed.items())
    found = " AND ".join(f"{quote(name)} = {values.place(given[name])}" for name in matching)
    back = _outputs(params)
    return f"UPDATE {table_of(params)} SET {text} WHERE {found} RETURNING {back}"  # noqa: S608  # quoted names


def _matching(params: PostgresParams, given: Mapping[str, Any]) -> list[str]:
    """The columns by which a row is found: without them every row would be meant."""
    matching = params.columns.matching_columns
    missing = [name for name in matching if given.get(name) is None]
    if not matching or missing:
        told = f"{missing[0]!r} has no value" if missing else "no column is named"
        raise InvalidInput(
            f"The row cannot be found: {told}.",
            code="node.invalid_parameter",
            place="columns.matchingColumns",
            hint="Name a column, and give its value.",
        )
    return matching


def _outputs(params: PostgresParams) -> str:
    names = params.options.output_columns
    return "*" if not names or "*" in names else ", ".join(map(quote, names))


def _where(params: PostgresParams, values: _Values) -> str:
    terms = []
    for one in params.where.values:
        if not one.column:
            continue
        if one.condition in {"IS NULL", "IS NOT NULL"}:
            terms.append(f"{quote(one.column)} {one.condition}")
            continue
        sign = "=" if one.condition == "equal" else one.condition
        column = f"{quote(one.column)}::text" if sign == "LIKE" else quote(one.column)
        terms.append(f"{column} {sign} {values.place(one.value)}")
    return f" WHERE {f' {params.combine_conditions} '.join(terms)}" if terms else ""


def build_query(query: str, given: Sequence[Any], *, written_by_expression: bool) -> Statement:
    """The statement of `executeQuery`: `$1` stays a place, `$1:name` becomes a quoted name.

    Args:
        written_by_expression: The text was made by an expression, so that it may hold words of strangers: it is sent
            as one statement.

    Raises:
        InvalidInput: The text is empty, has no value for a place, or wants one spliced in.
    """
    if not query.strip():
        raise InvalidInput("The query is empty.", code="node.invalid_parameter", place="query")
    values: list[Value] = []
    seen: dict[tuple[int, str], str] = {}

    def fill(found: re.Match[str]) -> str:
        if found["number"] is None:
            return found[0]
        number, how = int(found["number"]), found["how"] or ""
        if (number, how) not in seen:
            seen[number, how] = _filled(number, how, given, values)
        return seen[number, how]

    text = PLACE.sub(fill, query)
    return Statement(text, values, script=not seen and not written_by_expression)


def _filled(number: int, how: str, given: Sequence[Any], values: list[Value]) -> str:
    if not 1 <= number <= len(given):
        raise InvalidInput(
            f"The query has ${number}, and there are {len(given)} query parameters.",
            code="node.invalid_parameter",
            place="options.queryReplacement",
        )
    value = given[number - 1]
    if how in SPLICING:
        raise InvalidInput(
            f"${number}{how} would write a value into the query as SQL.",
            code="node.not_supported",
            place="query",
            hint=f"Write ${number}, or ${number}:name for the name of a table or column.",
        )
    if how in {":name", ":alias", "~"}:
        return ", ".join(quote(read_text(name)) for name in (value if isinstance(value, list) else [value]))
    if how in {":csv", ":list"}:
        entries = value if isinstance(value, list) else [value]
        values += [to_value(entry) for entry in entries]
        return ", ".join(f"${place}" for place in range(len(values) - len(entries) + 1, len(values) + 1)) or "NULL"
    values.append(to_value(value, as_json=how == ":json"))
    return f"${len(values)}"
