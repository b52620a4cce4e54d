"""Tables of an imported workflow are collections here: which one is meant, and what its columns are called. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tapbot.data.fields import find_field_type
from tapbot.data.types import Collection, Condition, Operator
from tapbot.errors import InvalidInput
from tapbot.nodes.data_table.params import RowCondition
from tapbot.nodes.fields import read_text
from tapbot.storage.types import JsonObject

OWN_COLUMNS: Mapping[str, str] = {"id": "id", "created_at": "createdAt", "updated_at": "updatedAt"}
OPERATORS: Mapping[str, Operator] = {
    "eq": "eq",
    "neq": "neq",
    "gt": "gt",
    "gte": "gte",
    "lt": "lt",
    "lte": "lte",
    "isEmpty": "null",
    "isNotEmpty": "nnull",
}


def collection_of(table: str) -> str:
    """The collection that stands for a table: `Guest list` and `guestList` are `guest_list`.

    Raises:
        InvalidInput: No table is named.
    """
    if not table.strip():
        raise InvalidInput("No data table is chosen.", code="node.invalid_parameter", place="dataTableId")
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", table.strip())
    return re.sub(r"\W+|_+", "_", words).strip("_").lower()


class Table:
    """The columns of a collection, by the names that an imported workflow uses."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._column = {name: OWN_COLUMNS.get(name) or field.column or name for name, field in self._fields.items()}
        self._field = {**{name: name for name in self._column}, **{told: name for name, told in self._column.items()}}

    @property
    def _fields(self) -> Mapping[str, Any]:
        return self._collection.all_fields

    @property
    def columns(self) -> list[str]:
        """Names of the columns that a workflow writes."""
        return [column for name, column in self._column.items() if name not in OWN_COLUMNS]

    def field_of(self, column: str) -> str:
        """The field that a column stands for.

        Raises:
            InvalidInput: There is no such column.
        """
        field = self._field.get(column)
        if field is None:
            raise InvalidInput(
                f"The table {self._collection.name!r} has no column {column!r}.",
                code="node.invalid_parameter",
                place="columns",
                hint=f"It has {', '.join(self._column.values())}. A field that is called otherwise says so in"
                f" collections/{self._collection.name}.yaml: `column: {column}`.",
            )
        return field

    def is_own(self, column: str) -> bool:
        """Whether tapbot gives the values of a column itself."""
        return self._field.get(column) in OWN_COLUMNS

    def condition_of(self, test: RowCondition) -> Condition:
        """A condition of the node as one of the collection."""
        field = self.field_of(test.key_name)
        return Condition(field, OPERATORS[test.condition], self._fitting(field, test.key_value))

    def stored(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values by column as values by field."""
        named = {self.field_of(column): value for column, value in values.items()}
        return {field: self._fitting(field, value) for field, value in named.items()}

    def row(self, record: Mapping[str, Any]) -> JsonObject:
        """A record as a row: `id` and the two times first, as in n8n."""
        own = {OWN_COLUMNS[name]: record[name] for name in OWN_COLUMNS}
        return {**own, **{self._column[name]: value for name, value in record.items() if name not in OWN_COLUMNS}}

    def _fitting(self, field: str, value: Any) -> Any:
        """A column of text takes whatever is written into it; an empty text is no value in the others."""
        kind = find_field_type(self._fields[field].type)
        if kind.text:
            return value if value is None else read_text(value)
        return None if isinstance(value, str) and not value.strip() else value
