"""SQL of the node's forms. Pure: names are quoted, values stay apart from the text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import read_text
from tapbot.nodes.javascript import stringify
from tapbot.nodes.my_sql.params import MysqlParams
from tapbot.upstream.mysql import Statement, Value
from tapbot.workflow.types import Item

PLACE = re.compile(
    r"(?P<skip>'(?:[^'\\]|''|\\.)*'|\"(?:[^\"\\]|\"\"|\\.)*\"|`(?:[^`]|``)*`|--\s[^\n]*|#[^\n]*|/\*.*?\*/)"
    r"|\$(?P<number>\d{1,5})(?P<name>:name)?",
    re.DOTALL,
)


class _Text:
    """A statement as it grows: its parts, and the values between them."""

    def __init__(self) -> None:
        self._parts = [""]
        self._values: list[Value] = []

    def write(self, text: str) -> None:
        self._parts[-1] += text

    def put(self, value: Value) -> None:
        self._values.append(value)
        self._parts.append("")

    def put_all(self, values: Sequence[Value]) -> None:
        """Values with commas between them."""
        for index, value in enumerate(values):
            self.write(", " if index else "")
            self.put(value)

    def statement(self) -> Statement:
        return Statement(self._parts, self._values)


def quote(name: str) -> str:
    """A name as SQL writes it.

    Raises:
        InvalidInput: It is empty, or no name.
    """
    if not name or "\0" in name:
        raise InvalidInput("A name of a table or column is missing.", code="node.invalid_parameter", place="table")
    return "`" + name.replace("`", "``") + "`"


def to_value(given: Any, *, empty_is_null: bool = False) -> Value:
    """A value as the driver takes it: lists and objects are JSON."""
    if given is None or (empty_is_null and given == ""):
        return None
    if isinstance(given, (bool, int, float)):
        return given
    return stringify(given) if isinstance(given, (dict, list)) else read_text(given)


def build(params: MysqlParams, item: Item) -> Statement:
    """The statement of one item, for every operation but `executeQuery`."""
    text = _Text()
    if params.operation == "select":
        _select(params, text)
    elif params.operation == "deleteTable":
        _delete(params, text)
    elif params.operation == "update":
        _update(params, item, text)
    else:
        _insert(params, item, text)
    return text.statement()


def _select(params: MysqlParams, text: _Text) -> None:
    names = params.options.output_columns
    columns = "*" if not names or "*" in names else ", ".join(map(quote, names))
    distinct = "DISTINCT " if params.options.select_distinct else ""
    text.write(f"SELECT {distinct}{columns} FROM {quote(params.table)}")  # noqa: S608  # quoted names
    _where(params, text)
    rules = [f"{quote(rule.column)} {rule.direction}" for rule in params.sort.values if rule.column]
    text.write(f" ORDER BY {', '.join(rules)}" if rules else "")
    text.write("" if params.return_all else f" LIMIT {params.limit}")


def _delete(params: MysqlParams, text: _Text) -> None:
    table = quote(params.table)
    if params.delete_command == "drop":
        text.write(f"DROP TABLE IF EXISTS {table}")
    elif params.delete_command == "truncate":
        text.write(f"TRUNCATE TABLE {table}")
    else:
        text.write(f"DELETE FROM {table}")  # noqa: S608  # quoted names
        _where(params, text)


def _where(params: MysqlParams, text: _Text) -> None:
    joint = " WHERE "
    for one in params.where.values:
        if not one.column:
            continue
        text.write(f"{joint}{quote(one.column)} ")
        joint = f" {params.combine_conditions} "
        if one.condition in {"IS NULL", "IS NOT NULL"}:
            text.write(one.condition)
            continue
        text.write("= " if one.condition == "equal" else f"{one.condition} ")
        text.put(to_value(one.value))


def _insert(params: MysqlParams, item: Item, text: _Text) -> None:
    given = _values_of(params, item)
    priority = f" {params.options.priority}" if params.options.priority and params.operation == "insert" else ""
    ignore = " IGNORE" if params.options.skip_on_conflict and params.operation == "insert" else ""
    names = ", ".join(map(quote, given))
    text.write(f"INSERT{priority}{ignore} INTO {quote(params.table)} ({names}) VALUES (")
    text.put_all(list(given.values()))
    text.write(")")
    if params.operation == "upsert":
        match = _match(params, given)
        changed = [name for name in given if name != match] or [match]
        text.write(
            f" ON DUPLICATE KEY UPDATE {', '.join(f'{quote(name)} = VALUES({quote(name)})' for name in changed)}"
        )


def _update(params: MysqlParams, item: Item, text: _Text) -> None:
    given = _values_of(params, item)
    match = _match(params, given)
    changed = {name: value for name, value in given.items() if name != match}
    if not changed:
        raise InvalidInput(
            "There is nothing to change beside the column that rows are found by.",
            code="node.invalid_parameter",
            place="valuesToSend",
        )
    text.write(f"UPDATE {quote(params.table)} SET ")  # noqa: S608  # quoted names
    for index, (name, value) in enumerate(changed.items()):
        text.write(f"{', ' if index else ''}{quote(name)} = ")
        text.put(value)
    text.write(f" WHERE {quote(match)} = ")
    text.put(given[match])


def _match(params: MysqlParams, given: Mapping[str, Value]) -> str:
    """The column by which a row is found: without its value every row would be meant."""
    match = params.column_to_match_on
    if not match or given.get(match) is None:
        told = f"{match!r} has no value" if match else "no column is named"
        raise InvalidInput(
            f"The row cannot be found: {told}.",
            code="node.invalid_parameter",
            place="columnToMatchOn",
            hint="Name a column, and give its value.",
        )
    return match


def _values_of(params: MysqlParams, item: Item) -> dict[str, Value]:
    """What an item writes, by column.

    Raises:
        InvalidInput: It writes nothing.
    """
    found: dict[str, Any]
    if params.data_mode == "autoMapInputData":
        found = dict(item.json)
    elif params.data_mode == "named":
        found = {name: item.json.get(name) for name in params.columns or item.json}
    else:
        found = {sent.column: sent.value for sent in params.values_to_send.values if sent.column}
        if found and params.column_to_match_on and params.value_to_match_on is not None:
            found = {params.column_to_match_on: params.value_to_match_on, **found}
    if not found:
        raise InvalidInput(
            "There is no value to write.",
            code="node.invalid_parameter",
            place="valuesToSend",
            hint="Name at least one column, or give items with fields.",
        )
    empty_is_null = params.options.replace_empty_strings
    return {name: to_value(value, empty_is_null=empty_is_null) for name, value in found.items()}


def build_query(query: str, given: Sequence[Any], *, written_by_expression: bool) -> Statement:
    """The statement of `executeQuery`: `$1` is a value, `$1:name` a quoted name; a list is its values with commas.

    Args:
        written_by_expression: The text was made by an expression, so that it may hold words of strangers: it is sent
            as one statement.

    Raises:
        InvalidInput: The text is empty, or has no value for a place.
    """
    if not query.strip():
        raise InvalidInput("The query is empty.", code="node.invalid_parameter", place="query")
    text = _Text()
    end = 0
    for found in PLACE.finditer(query):
        if found["number"] is None:
            continue
        text.write(query[end : found.start()])
        end = found.end()
        value = _given(int(found["number"]), given)
        entries = value if isinstance(value, list) else [value]
        if found["name"]:
            text.write(", ".join(quote(read_text(name)) for name in entries))
        elif entries:
            text.put_all([to_value(entry) for entry in entries])
        else:
            text.write("NULL")
    text.write(query[end:])
    made = text.statement()
    return Statement(made.parts, made.values, script=end == 0 and not written_by_expression)


def _given(number: int, given: Sequence[Any]) -> Any:
    if not 1 <= number <= len(given):
        raise InvalidInput(
            f"The query has ${number}, and there are {len(given)} query parameters.",
            code="node.invalid_parameter",
            place="options.queryReplacement",
        )
    return given[number - 1]
