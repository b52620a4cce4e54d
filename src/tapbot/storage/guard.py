"""Keeps a scoped transaction on SQLite inside its scope: what is not limited to it is refused before it runs.

PostgreSQL does the same by row-level security (`roles.py`); SQLite has none, so statements are read instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Alias, Connection, Delete, Insert, Select, Table, TextClause, Update, event
from sqlalchemy.engine import Engine
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, BooleanClauseList, ColumnElement, False_, Grouping
from sqlalchemy.sql.selectable import FromClause, Join

from tapbot.errors import TapbotError
from tapbot.storage.types import Scope

SCOPE = "scope"
"""Key in a connection's `info`: the scope of the running transaction; absent when it crosses projects."""
COLUMNS = frozenset({"project_id", "environment"})


class OutOfScope(TapbotError):
    """A statement is not limited to the project and environment that it was run for: our bug, caught in time."""

    default_code = "storage.out_of_scope"


def guard(engine: Engine) -> None:
    """Look at each statement of a scoped transaction."""
    event.listen(engine, "before_execute", _check)


@contextmanager
def limited_to(db: Connection, scope: Scope | None) -> Iterator[None]:
    """Run what is inside for one scope; without one nothing is looked at."""
    if scope is None:
        yield
        return
    db.info[SCOPE] = scope
    try:
        yield
    finally:
        del db.info[SCOPE]


def _check(db: Connection, statement: Any, many: Any, single: Any, _options: Any) -> None:
    scope: Scope | None = db.info.get(SCOPE)
    if scope is not None:
        rows = list(many) if many else [single or {}]
        check_statement(statement, scope, rows)


def check_statement(statement: Any, scope: Scope, rows: Sequence[Mapping[str, Any]]) -> None:
    """Refuse what reads or writes rows of another scope, or may do so.

    Args:
        rows: Parameters that the statement is run with.

    Raises:
        OutOfScope: It is refused.
    """
    if isinstance(statement, TextClause):
        raise OutOfScope("a statement in plain SQL cannot be limited to a project.")
    wanted = {"project_id": scope.project_id, "environment": scope.environment}
    parts = list(visitors.iterate(statement))
    plain = _is_plain(parts)
    for part in parts:
        if isinstance(part, Table):
            _check_table(part, scope)
        if isinstance(part, Select) and not (plain and _limits_all(part, parts, wanted, rows)):
            froms = part.get_final_froms()
            for source in _sources(froms):
                _demand(source, [*_joined_on(froms), part.whereclause], wanted, rows)
        elif isinstance(part, Update | Delete):
            _demand(part.table, [part.whereclause], wanted, rows)
        elif isinstance(part, TextClause):
            raise OutOfScope("a statement with plain SQL inside cannot be limited to a project.")
    if isinstance(statement, Insert | Update):
        _check_values(statement, wanted, rows)


def _is_plain(parts: Sequence[Any]) -> bool:
    """Whether a statement is one query over tables by their own names."""
    named = all(isinstance(part, Table) for part in parts if isinstance(part, FromClause))
    return named and sum(isinstance(part, Select) for part in parts) == 1


def _limits_all(
    query: Select[Any], parts: Sequence[Any], wanted: Mapping[str, str], rows: Sequence[Mapping[str, Any]]
) -> bool:
    """Whether a query's condition limits every table that it could read: then it need not be compiled to be sure.

    Measured reason: to say what a query reads (`get_final_froms`), SQLAlchemy compiles it, each time.
    """
    tables = {part for part in parts if isinstance(part, Table)}
    return all(_is_limited(table, [query.whereclause], wanted, rows) for table in tables)


def _check_table(table: Table, scope: Scope) -> None:
    """The table of a collection belongs to one scope as a whole."""
    owner = table.info.get(SCOPE)
    if owner is not None and owner != scope:
        raise OutOfScope("a collection of another project.", place=table.name)


def _sources(froms: Sequence[FromClause]) -> Iterator[FromClause]:
    """The tables that a query reads; queries inside it are looked at by themselves."""
    for source in froms:
        if isinstance(source, Join):
            yield from _sources([source.left, source.right])
        elif isinstance(source, Table | Alias):
            yield source


def _joined_on(froms: Sequence[FromClause]) -> Iterator[ColumnElement[bool] | None]:
    for source in froms:
        if isinstance(source, Join):
            yield source.onclause
            yield from _joined_on([source.left, source.right])


def _demand(
    source: Any,
    clauses: Sequence[ColumnElement[bool] | None],
    wanted: Mapping[str, str],
    rows: Sequence[Mapping[str, Any]],
) -> None:
    if not _is_limited(source, clauses, wanted, rows):
        raise OutOfScope("a statement is not limited to its project and environment.", place=str(source.name))


def _is_limited(
    source: Any,
    clauses: Sequence[ColumnElement[bool] | None],
    wanted: Mapping[str, str],
    rows: Sequence[Mapping[str, Any]],
) -> bool:
    """Whether conditions tie a table to the scope; one that belongs to no project needs none."""
    if not set(source.c.keys()) >= COLUMNS:
        return True
    limited: set[str] = set()
    for clause in clauses:
        limited |= _limits(clause, source, wanted, rows)
    return limited == COLUMNS


def _limits(clause: Any, source: Any, wanted: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """Which of the two columns a condition ties to the scope."""
    if isinstance(clause, Grouping):
        return _limits(clause.element, source, wanted, rows)
    if isinstance(clause, BooleanClauseList):
        arms = [_limits(arm, source, wanted, rows) for arm in clause.clauses if not isinstance(arm, False_)]
        if clause.operator is operators.and_:
            return set().union(*arms)
        return set.intersection(*arms) if arms else set()
    if isinstance(clause, BinaryExpression) and clause.operator is operators.eq:
        column, value = clause.left, clause.right
        name = getattr(column, "name", "")
        mine = name in COLUMNS and source.c.get(name) is column
        if mine and isinstance(value, BindParameter) and all(_value(value, row) == wanted[name] for row in rows):
            return {name}
    return set()


def _value(bound: BindParameter[Any], row: Mapping[str, Any]) -> Any:
    return row.get(bound.key, bound.effective_value)


def _check_values(statement: Any, wanted: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> None:
    """A new row is the scope's own, and a change leaves it there."""
    if not set(statement.table.c.keys()) >= COLUMNS:
        return
    if isinstance(statement, Insert) and (statement.select is not None or statement._multi_values):
        raise OutOfScope("rows are inserted one by one, so that each can be looked at.", place=statement.table.name)
    fixed = {str(getattr(column, "name", column)): value for column, value in (statement._values or {}).items()}
    for row in rows:
        for name, value in wanted.items():
            given = fixed.get(name, row.get(name))
            if isinstance(given, BindParameter):
                given = _value(given, row)
            left_alone = isinstance(statement, Update) and given is None
            if given != value and not left_alone:
                raise OutOfScope("a row of another project is written.", place=statement.table.name)
