"""SQL of the node's forms. Pure: names are quoted, values stay apart from the text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import read_text
from tapbot.nodes.javascript import stringify
from tapbot.nodes.sqlite.params import SqliteParams
from tapbot.workflow.file_database import FileStatement, Value
from tapbot.workflow.types import Item

LARGEST_INTEGER = 2**63 - 1


def to_value(given: Any) -> Value:
    """A value as SQLite keeps it: yes and no are 1 and 0, lists and objects are JSON."""
    if given is None or isinstance(given, float):
        return given
    if isinstance(given, int):
        return int(given) if abs(given) <= LARGEST_INTEGER else float(given)
    return stringify(given) if isinstance(given, (dict, list)) else read_text(given)


def quote(name: str) -> str:
    """A name as SQL writes it.

    Raises:
        InvalidInput: It is empty, or no name.
    """
    if not name or "\0" in name:
        raise InvalidInput("A name of a table or column is missing.", code="node.invalid_parameter", place="table")
    return '"' + name.replace('"', '""') + '"'


def build(params: SqliteParams, item: Item) -> FileStatement:
    """The statement of one item."""
    if params.operation == "executeQuery":
        return _query(params)
    if params.operation == "select":
        return _select(params)
    if params.operation == "delete":
        where, values = _where(params)
        return FileStatement(f"DELETE FROM {quote(params.table)}{where}", values)  # noqa: S608  # quoted names
    given = _written(params, item)
    return _update(params, given) if params.operation == "update" else _insert(params, given)


def _query(params: SqliteParams) -> FileStatement:
    if not params.query.strip():
        raise InvalidInput("There is no SQL to run.", code="node.invalid_parameter", place="query")
    given = params.values
    if given is None:
        return FileStatement(params.query)
    if isinstance(given, dict):
        return FileStatement(params.query, {name.lstrip(":$@"): to_value(value) for name, value in given.items()})
    listed = given if isinstance(given, list) else [given]
    return FileStatement(params.query, [to_value(value) for value in listed])


def _select(params: SqliteParams) -> FileStatement:
    names = params.options.output_columns
    columns = "*" if not names or "*" in names else ", ".join(map(quote, names))
    where, values = _where(params)
    rules = [f"{quote(rule.column)} {rule.direction}" for rule in params.sort.values if rule.column]
    order = f" ORDER BY {', '.join(rules)}" if rules else ""
    limit = "" if params.return_all else f" LIMIT {params.limit}"
    return FileStatement(f"SELECT {columns} FROM {quote(params.table)}{where}{order}{limit}", values)  # noqa: S608


def _where(params: SqliteParams) -> tuple[str, list[Value]]:
    tests: list[str] = []
    values: list[Value] = []
    for one in params.where.values:
        if not one.column:
            continue
        if one.condition in {"IS NULL", "IS NOT NULL"}:
            tests.append(f"{quote(one.column)} {one.condition}")
            continue
        sign = "=" if one.condition == "equal" else one.condition
        tests.append(f"{quote(one.column)} {sign} ?")
        values.append(to_value(one.value))
    joined = f" {params.combine_conditions} ".join(tests)
    return (f" WHERE {joined}" if tests else ""), values


def _written(params: SqliteParams, item: Item) -> dict[str, Value]:
    """What an item writes, by column.

    Raises:
        InvalidInput: It writes nothing.
    """
    names = [*params.columns, *([params.match] if params.columns and params.match else [])]
    found = {name: item.json.get(name) for name in names} if names else dict(item.json)
    if not found:
        raise InvalidInput(
            "There is no value to write.",
            code="node.invalid_parameter",
            place="columns",
            hint="Give items with fields.",
        )
    return {name: to_value(value) for name, value in found.items()}


def _insert(params: SqliteParams, given: Mapping[str, Value]) -> FileStatement:
    columns, places = ", ".join(map(quote, given)), ", ".join("?" * len(given))
    skip = " OR IGNORE" if params.operation == "insert" and params.options.skip_on_conflict else ""
    sql = f"INSERT{skip} INTO {quote(params.table)} ({columns}) VALUES ({places})"
    if params.operation == "upsert":
        match = _match(params, given)
        changed = [f"{quote(name)} = excluded.{quote(name)}" for name in given if name != match]
        sql += f" ON CONFLICT ({quote(match)}) DO " + (f"UPDATE SET {', '.join(changed)}" if changed else "NOTHING")
    return FileStatement(sql, [*given.values()])


def _update(params: SqliteParams, given: Mapping[str, Value]) -> FileStatement:
    match = _match(params, given)
    changed = {name: value for name, value in given.items() if name != match}
    if not changed:
        raise InvalidInput(
            "There is nothing to change beside the column that rows are found by.",
            code="node.invalid_parameter",
            place="columns",
        )
    sets = ", ".join(f"{quote(name)} = ?" for name in changed)
    sql = f"UPDATE {quote(params.table)} SET {sets} WHERE {quote(match)} = ?"  # noqa: S608  # quoted names
    return FileStatement(sql, [*changed.values(), given[match]])


def _match(params: SqliteParams, given: Mapping[str, Value]) -> str:
    """The column by which a row is found: without its value every row would be meant."""
    if not params.match or given.get(params.match) is None:
        told = f"{params.match!r} has no value" if params.match else "no column is named"
        raise InvalidInput(
            f"The row cannot be found: {told}.",
            code="node.invalid_parameter",
            place="match",
            hint="Name a column, and give its value.",
        )
    return params.match
