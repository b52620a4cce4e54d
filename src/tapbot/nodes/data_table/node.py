"""Data Table: reads and writes rows of a collection, in the transaction that records the step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tapbot.data import store
from tapbot.data.types import Condition, Match
from tapbot.errors import InvalidInput
from tapbot.nodes.data_table.params import DataTableParams, upgrade
from tapbot.nodes.data_table.tables import Table, collection_of
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import StoredStep, node
from tapbot.workflow.types import Item, StepKind


@node(
    "n8n-nodes-base.dataTable", DataTableParams, version=1.1, label="Data Table", kind=StepKind.STORED, upgrade=upgrade
)
def use_rows(params: DataTableParams, item: Item, step: StoredStep) -> Item | list[Item]:
    """Read or write rows of a table; each becomes an item, and where there is none there is no item."""
    if params.resource == "table":
        return [Item(json=told) for told in _tables(params, step)]
    rows = _Rows(params, item, step)
    match params.operation:
        case "rowExists":
            return [item] if rows.any() else []
        case "rowNotExists":
            return [] if rows.any() else [item]
        case "insert":
            made = rows.insert()
            return Item(json={"success": True} if params.options.optimize_bulk else made)
        case "get":
            found = list(rows.read())
        case "update":
            found = rows.change()
        case "upsert":
            found = rows.change() or rows.insert_missing()
        case _:
            found = rows.remove()
    return [Item(json=row) for row in found]


class _Rows:
    """The rows that one item asks for."""

    def __init__(self, params: DataTableParams, item: Item, step: StoredStep) -> None:
        self._params, self._item, self._step = params, item, step
        self._name = collection_of(params.data_table_id.name)
        self._table = Table(store.get_collection(step.connection, step.scope, self._name))
        tests = [test for test in params.filters.conditions if test.key_name]
        self._where: list[Condition] = [self._table.condition_of(test) for test in tests]
        self._match: Match = "any" if params.match_type == "anyCondition" else "all"

    def any(self) -> bool:
        """Whether there is one."""
        if not self._where:
            raise InvalidInput("A condition is needed.", code="node.invalid_parameter", place="filters")
        return bool(self._find(limit=1))

    def read(self) -> Iterator[JsonObject]:
        """All that are wanted, page by page."""
        left = None if self._params.return_all else self._params.limit
        offset = 0
        while left is None or left > 0:
            size = min(left or store.MOST_RECORDS, store.MOST_RECORDS)
            found = self._find(limit=size, offset=offset)
            yield from found
            if len(found) < size:
                return
            offset += size
            left = None if left is None else left - size

    def insert(self) -> JsonObject:
        """The item as a new row."""
        made = store.insert(self._step.connection, self._step.scope, self._name, self._values(), now=self._step.now)
        assert made is not None  # noqa: S101  # a conflict is an error here
        return self._table.row(made)

    def insert_missing(self) -> list[JsonObject]:
        """The new row of an upsert that found none."""
        if self._params.options.dry_run:
            return [{**self._named(), "dryRunState": "after"}]
        return [self.insert()]

    def change(self) -> list[JsonObject]:
        """The rows after the change."""
        if self._params.options.dry_run:
            written = self._named()
            return [row for old in self._find(limit=store.MOST_RECORDS) for row in _states(old, {**old, **written})]
        changed = store.update(
            self._step.connection,
            self._step.scope,
            self._name,
            where=self._where,
            match=self._match,
            values=self._values(),
            now=self._step.now,
        )
        return [self._table.row(record) for record in changed]

    def remove(self) -> list[JsonObject]:
        """The rows that are gone."""
        if self._params.options.dry_run:
            return [{**old, "dryRunState": "before"} for old in self._find(limit=store.MOST_RECORDS)]
        gone = store.delete(
            self._step.connection,
            self._step.scope,
            self._name,
            where=self._where,
            match=self._match,
            now=self._step.now,
        )
        return [self._table.row(record) for record in gone]

    def _find(self, *, limit: int, offset: int = 0) -> list[JsonObject]:
        sign = "-" if self._params.order_by_direction == "DESC" else ""
        asked = [sign + self._table.field_of(self._params.order_by_column)] if self._params.order_by else ["created_at"]
        found = store.find(
            self._step.connection,
            self._step.scope,
            self._name,
            where=self._where,
            match=self._match,
            sort=asked,
            limit=limit,
            offset=offset,
        )
        return [self._table.row(record) for record in found]

    def _values(self) -> dict[str, Any]:
        return self._table.stored(self._named())

    def _named(self) -> dict[str, Any]:
        """What is written, by column; what tapbot gives itself is left out of an item."""
        columns = self._params.columns
        given = self._item.json if columns.mapping_mode == "autoMapInputData" else columns.value or {}
        return {column: value for column, value in given.items() if not self._table.is_own(column)}


def _states(before: JsonObject, after: JsonObject) -> list[JsonObject]:
    return [{**before, "dryRunState": "before"}, {**after, "dryRunState": "after"}]


def _tables(params: DataTableParams, step: StoredStep) -> list[JsonObject]:
    """What tables there are, or the one that was to be made and is there."""
    if params.operation == "create":
        wanted = collection_of(params.table_name)
        known = [one.name for one, _count in store.list_collections(step.connection, step.scope)]
        if wanted in known and params.options.create_if_not_exists:
            return [_told(Table(store.get_collection(step.connection, step.scope, wanted)), wanted)]
        raise InvalidInput(
            f"The table {wanted!r} is there already." if wanted in known else "A workflow makes no tables here.",
            code="node.not_supported",
            place="tableName",
            hint="Switch on 'Reuse existing tables'."
            if wanted in known
            else f"Add collections/{wanted}.yaml to the project.",
        )
    listed = store.list_collections(step.connection, step.scope)
    part = params.options.filter_name.lower()
    found = [_told(Table(one), one.name) for one, _count in listed if part in one.name]
    return found if params.return_all else found[: params.limit]


def _told(table: Table, name: str) -> JsonObject:
    return {"id": name, "name": name, "columns": [{"name": column} for column in table.columns]}
